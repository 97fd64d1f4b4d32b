--- What will happen to a resource, found by asking the code that acts what it would do.
--
-- Triggers are a period apart, the first at the beginning. Only those are asked that may bring something
-- new: the first one after a moment of the schedule, after a change of the clock and after an override. What
-- a trigger does is carried along, as though each start and stop were done at once.

local calendar = require "schedule.calendar"
local clock = require "schedule.clock"
local misspelt = require "misspelt"
local outcome_of = require "outcome"
local read_policy = require("policy").read
local wanted_at = require("wanted").at
local zones = require "schedule.zone"

local M = {}

local UTC = zones.load "UTC"
local HUGE = math.huge
local BECOMES = { start = "running", stop = "stopped" }

-- ---- which triggers are asked ----

-- When the shortest times of a schedule may be measured differently. They are measured on the face of the
-- clock, which passes a moment twice when it is set back.
local function next_on_face(times, t)
  local offset, _, _, till = times.zone:offset_at(t)
  local face = times.at:next(t + offset, UTC)
  return math.min(face and face - offset or HUGE, till)
end

-- The next time at which a policy may want something else.
local function next_change(policy, wanted, t)
  if wanted and wanted.ends then return wanted.ends end
  local soonest = HUGE
  for _, action in ipairs { "start", "stop" } do
    local times = policy[action]
    if times then soonest = math.min(soonest, times:next_of_all(t) or HUGE, next_on_face(times, t)) end
  end
  return soonest
end

local function first_trigger(window, t)
  return window.from + math.ceil((t - window.from) / window.period) * window.period
end

-- ---- what is noted ----

-- Adds a stretch to a list, or makes the last one longer; stretches with the same word are one.
local function extend(list, from, to, word)
  local last = list[#list]
  if last and last.to == from and last.word == word then
    last.to = to
  elseif to > from then
    list[#list + 1] = { from = from, to = to, word = word }
  end
end

local function note_holiday(row, policy, holiday, window)
  local zone = policy[holiday.action].zone
  local day = math.floor((holiday.at + zone:offset_at(holiday.at)) / calendar.DAY)
  local from = math.max(zone:first_time(day * calendar.DAY), window.from)
  local to = math.min(zone:first_time((day + 1) * calendar.DAY), window.to)
  local last = row.holidays[#row.holidays]
  if to > from and not (last and last.from == from) then extend(row.holidays, from, to, holiday.name) end
end

local function add_conflict(row, text)
  for _, known in ipairs(row.conflicts) do
    if known == text then return end
  end
  row.conflicts[#row.conflicts + 1] = text
end

-- What an override holds up: the first time that would have brought the other state.
local function note_override(row, policy, wanted, t, window)
  extend(row.overrides, t, math.min(wanted.ends, window.to), wanted.state)
  local action = wanted.state == "running" and "stop" or "start"
  local times = policy[action]
  local held_up = times and times:next(t)
  if held_up and held_up <= wanted.ends then
    add_conflict(row, ("start-stop:keep holds up the %s at %s: it has it %s until %s"):format(action,
      clock.text(held_up, times.zone), wanted.state, clock.text(wanted.ends, policy.zone)))
  end
end

local function note_collision(row, policy, t, window)
  local start, stop = policy.start and policy.start:previous(t), policy.stop and policy.stop:previous(t)
  if start and start == stop and start > window.from - window.period then
    add_conflict(row, ("a start and a stop come at once, at %s: the stop counts"):format(
      clock.text(start, policy.start.zone)))
  end
end

local function note_wanted(row, policy, wanted, t, window)
  if wanted.ends then
    note_override(row, policy, wanted, t, window)
  else
    if wanted.holiday then note_holiday(row, policy, wanted.holiday, window) end
    note_collision(row, policy, t, window)
  end
end

-- What a trigger says is worth a line the first time, when it acts, and when it is an error that is new.
local function note_outcome(row, outcome, t)
  local last = row.events[#row.events]
  local acts = BECOMES[outcome.action] ~= nil
  local news = last and outcome.action ~= "none"
    and not (outcome.action == last.action and outcome.reason == last.reason)
  if acts or news or not last then
    row.events[#row.events + 1] = { at = t, action = outcome.action, reason = outcome.reason }
  end
end

-- ---- the walk ----

-- A resource whose state and tags can be changed, leaving the one that was given as it is.
local function copy_of(resource)
  local tags = {}
  for i, tag in ipairs(resource.tags or {}) do tags[i] = tag end
  return setmetatable({ state = resource.state, tags = tags }, { __index = resource })
end

local function write_tags(resource, values)
  for i, tag in ipairs(resource.tags) do
    if values[tag.Key] then resource.tags[i] = { Key = tag.Key, Value = values[tag.Key] } end
  end
end

-- The changes of the clock within the window.
local function clock_changes(zone, window)
  local list, t = {}, window.from
  while true do
    local before, _, _, till = zone:offset_at(t)
    if till >= window.to then return list end
    list[#list + 1] = { at = till, by = zone:offset_at(till) - before }
    t = till
  end
end

-- A policy by which anything may change in time; nil where there is none.
local function moving_policy(resource, settings)
  local policy = not resource.skip and read_policy(resource, settings)
  return policy and not policy.disabled and not policy.ignored and policy or nil
end

local function is_settled(state)
  return state == "running" or state == "stopped"
end

-- Asks the trigger at t; gives the next one to be asked, or nil.
local function ask(row, copy, t, window, settings)
  local outcome = outcome_of(copy, t, settings)
  note_outcome(row, outcome, t)
  local policy = moving_policy(copy, settings)
  local wanted = policy and is_settled(copy.state) and wanted_at(policy, t, settings) or nil
  if wanted then note_wanted(row, policy, wanted, t, window) end
  if outcome.remember then write_tags(copy, outcome.remember) end
  copy.state = BECOMES[outcome.action] or copy.state

  local change = policy and is_settled(copy.state) and next_change(policy, wanted, t) or HUGE
  local following = change < window.to and math.max(first_trigger(window, change), t + window.period) or HUGE
  if not is_settled(copy.state) and copy.becoming then following = t + window.period end
  local till = math.min(following, window.to)
  extend(row.states, t, till, copy.state)
  if outcome.action == "error" then extend(row.errors, t, till, outcome.reason) end
  if not is_settled(copy.state) and copy.becoming then copy.state = copy.becoming end
  return till < window.to and till or nil
end

local function seconds_of(states, word)
  local sum = 0
  for _, span in ipairs(states) do
    if span.word == word then sum = sum + span.to - span.from end
  end
  return sum
end

--- Foresees.
-- @tparam table resource as `targets.ec2` finds it; left as it is
-- @tparam table window `from` and `to`, seconds since 1970 UTC, and `period`, seconds from one trigger to the
--   next, the first being at `from`
-- @tparam table settings as `settings` reads them, with `schedules` and `calendars`
-- @treturn table `resource`; `zone`, the resource's own; `events`, in order, `{ at, action, reason }`;
--   stretches `{ from, to, word }` in order: `states`, without gaps, `overrides` and `holidays`, and `errors`
--   with their reasons; `clock_changes`, `{ at, by }`; `conflicts`, a list of texts; `running`, seconds
function M.of(resource, window, settings)
  local copy = copy_of(resource)
  local policy = moving_policy(copy, settings)
  local zone = policy and policy.zone or settings.zone
  local row = {
    resource = resource, zone = zone, clock_changes = clock_changes(zone, window),
    events = {}, states = {}, overrides = {}, holidays = {}, errors = {}, conflicts = {},
  }
  local warning = misspelt(copy.tags)
  if warning then add_conflict(row, warning) end
  if resource.skip then add_conflict(row, "its tags have no effect: " .. resource.skip) end
  local t = window.from
  while t do t = ask(row, copy, t, window, settings) end
  row.running = seconds_of(row.states, "running")
  return row
end

return M
