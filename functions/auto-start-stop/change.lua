--- Starts and stops what was decided so, follows it until it has its state, and turns the decisions into
-- what came of them: `started`, `starting` (not there yet), `failed` (it fell back), `error` (AWS refused),
-- `waiting` (for what comes before it in its order), and the same for stops.

local attempt = require "fleet.attempt"
local fleet = require "fleet"
local kinds = require "kinds"

local M = {}

local GOAL = { start = "running", stop = "stopped" }
local DOING = { start = "starting", stop = "stopping" }
local DONE = { start = "started", stop = "stopped" }
local FIRST_PAUSE, LONGEST_PAUSE = 1, 15 -- seconds, between two looks

local function add(outcome, note)
  if type(note) == "string" then outcome.reason = outcome.reason .. "; " .. note end
end

local function where(outcomes, holds)
  local list = {}
  for _, outcome in ipairs(outcomes) do
    if holds(outcome) then list[#list + 1] = outcome end
  end
  return list
end

-- Calls a function for the outcomes of each kind, the kinds side by side.
local function each_kind(outcomes, fn)
  local lists, by_kind = {}, {}
  for _, outcome in ipairs(outcomes) do
    local kind = outcome.resource.kind
    if not by_kind[kind] then
      by_kind[kind] = { kind = kind, outcomes = {}, resources = {} }
      lists[#lists + 1] = by_kind[kind]
    end
    table.insert(by_kind[kind].outcomes, outcome)
    table.insert(by_kind[kind].resources, outcome.resource)
  end
  fleet.each(lists, function(of)
    fn(kinds.of(of.kind), of.outcomes, of.resources)
    return true
  end, { id = "kind" })
end

-- ---- before and after ----

-- Tags that the decision wants kept, such as the end of an override that began now.
local function remember(clients, outcomes)
  local list = where(outcomes, function(outcome) return outcome.remember ~= nil end)
  fleet.each(list, function(outcome)
    local tags = {}
    for key, value in pairs(outcome.remember) do tags[#tags + 1] = { Key = key, Value = value } end
    local ok, err = attempt(kinds.of(outcome.resource.kind).tag, clients, outcome.resource, tags)
    if not ok then
      outcome.reason = ("cannot write its tags (%s): %s"):format(outcome.reason, tostring(err))
      outcome.action = "error"
    end
    return true
  end)
end

-- What an adapter has left to do now that a resource is in a state.
local function settle(clients, outcome, state)
  local adapter = kinds.of(outcome.resource.kind)
  if not adapter.settle or not adapter.is_unsettled(outcome.resource, state) then return end
  local ok, result = attempt(adapter.settle, clients, outcome.resource)
  if ok then return add(outcome, result) end
  outcome.action = "error"
  add(outcome, "what is left to be done failed: " .. tostring(result))
end

-- Those found in the state in which an earlier invocation left something to be done.
local function settle_found(clients, outcomes)
  local list = where(outcomes, function(outcome)
    return outcome.action == "none" and not outcome.resource.skip
  end)
  fleet.each(list, function(outcome)
    settle(clients, outcome, outcome.resource.state)
    return true
  end)
end

-- ---- the call, and the looks after it ----

local function act(clients, outcomes, action, pace)
  each_kind(outcomes, function(adapter, of_kind, resources)
    for _, resource in ipairs(resources) do resource.begun = pace:now() end
    local ok, result = attempt(adapter[action], clients, resources, pace)
    for _, outcome in ipairs(of_kind) do
      local err = not ok and result or ok and result.failed[outcome.resource.id]
      if err then
        outcome.reason = ("cannot %s it (%s): %s"):format(action, outcome.reason, kinds.words(err))
      else
        add(outcome, result.notes[outcome.resource.id])
      end
      outcome.action = err and "error" or DOING[action]
    end
  end)
end

-- Whether an outcome is known now. A failure counts when it is seen twice: for a moment after a start, AWS
-- may still show that of the start before.
local function judge(clients, outcome, action, seen)
  if not seen then return false end
  if seen.state == GOAL[action] then
    if outcome.action ~= "none" then outcome.action = DONE[action] end
    settle(clients, outcome, seen.state)
    return true
  end
  local failure = action == "start" and seen.failure
  if failure and outcome.doubt then
    outcome.action = "failed"
    add(outcome, "but it fell back: " .. failure)
    return true
  end
  outcome.doubt = failure
  return false
end

local function look(clients, outcomes, action, pace)
  local left = {}
  each_kind(outcomes, function(adapter, of_kind, resources)
    local ok, found = attempt(adapter.look, clients, resources, pace)
    for _, outcome in ipairs(of_kind) do
      outcome.unseen = not ok and kinds.words(found) or nil
      local known = judge(clients, outcome, action, ok and found[outcome.resource.id])
      if not known then left[#left + 1] = outcome end
    end
  end)
  return left
end

-- Looks until each outcome is known or the time is up; gives those that are not known.
local function follow(clients, outcomes, action, pace)
  local left, pause = outcomes, FIRST_PAUSE
  while #left > 0 do
    left = look(clients, left, action, pace)
    if #left > 0 and not pace:sleep(pause) then break end
    pause = math.min(pause * 2, LONGEST_PAUSE)
  end
  for _, outcome in ipairs(left) do
    if outcome.unseen then add(outcome, "it could not be looked at: " .. outcome.unseen) end
  end
  return left
end

-- ---- orders ----

local function order_of(outcome)
  return outcome.resource.options.order
end

-- The groups of what is to be started, or stopped, in their order. What is on its way already is in its
-- group too: those behind it wait for it.
local function groups_of(outcomes, action)
  local groups, by_order = {}, {}
  for _, outcome in ipairs(outcomes) do
    local order = order_of(outcome)
    local comes = outcome.action == action
      or outcome.action == "none" and not outcome.resource.skip and outcome.resource.becoming == GOAL[action]
    if comes and order then
      if not by_order[order] then
        by_order[order] = { order = order }
        groups[#groups + 1] = by_order[order]
      end
      table.insert(by_order[order], outcome)
    end
  end
  table.sort(groups, function(a, b)
    if action == "stop" then a, b = b, a end
    return a.order < b.order
  end)
  return groups
end

local function is_due(action)
  return function(outcome) return outcome.action == action end
end

local function hold(outcomes, awaited, action)
  for _, outcome in ipairs(where(outcomes, is_due(action))) do
    outcome.action = "waiting"
    local of = awaited.resource
    add(outcome, ("waits for %s %s, of order %d, which is %s")
      :format(of.kind, of.id, of.options.order, DOING[action]))
  end
end

local function last_due(groups, action)
  for at = #groups, 1, -1 do
    if #where(groups[at], is_due(action)) > 0 then return at end
  end
  return 0
end

-- One group after the other; when one is not where it should be in time, those behind it wait for a later
-- trigger.
local function in_order(clients, groups, action, pace)
  local awaited
  for at = 1, last_due(groups, action) do
    local group = groups[at]
    if awaited then
      hold(group, awaited, action)
    else
      act(clients, where(group, is_due(action)), action, pace)
      local under_way = where(group, function(outcome)
        return outcome.action == DOING[action] or outcome.action == "none"
      end)
      awaited = follow(clients, under_way, action, pace)[1]
    end
  end
end

local function at_once(clients, outcomes, action, pace)
  act(clients, outcomes, action, pace)
  follow(clients, where(outcomes, is_due(DOING[action])), action, pace)
end

--- Acts.
-- @tparam table clients by service
-- @tparam {table,...} outcomes `{ resource, action, reason, remember }`; they are changed
-- @tparam pace pace
function M.all(clients, outcomes, pace)
  remember(clients, outcomes)
  settle_found(clients, outcomes)
  local lines = {}
  for _, action in ipairs { "start", "stop" } do
    local groups = groups_of(outcomes, action)
    local free = where(outcomes, function(outcome)
      return outcome.action == action and not order_of(outcome)
    end)
    lines[#lines + 1] = function() at_once(clients, free, action, pace) end
    lines[#lines + 1] = function() in_order(clients, groups, action, pace) end
  end
  fleet.each(lines, function(line)
    line()
    return true
  end, { name = "line", concurrency = #lines })
  for _, outcome in ipairs(outcomes) do
    if GOAL[outcome.action] then
      outcome.reason = ("did not come to %s it (%s)"):format(outcome.action, outcome.reason)
      outcome.action = "error"
    end
  end
end

return M
