--- Serves places: finds what has the tags, decides, acts, and tells what came of each resource.

local change = require "change"
local fleet = require "fleet"
local kinds = require "kinds"
local outcome_of = require "outcome"

local M = {}

local PAUSE = 125 -- per cent of the live heap at which the collector begins anew; LuaJIT's own is 200
local WOULD = { start = "would-start", stop = "would-stop" }

local function decide_each(resources, now, settings)
  local summary = fleet.each(resources, function(resource)
    return outcome_of(resource, now, settings)
  end, { name = "resource" })
  local outcomes = {}
  for i, item in ipairs(summary.items) do
    outcomes[i] = item.result or { action = "error", reason = kinds.words(item.error) }
    outcomes[i].resource = resources[i]
  end
  return outcomes
end

local function only_say(outcomes)
  for _, outcome in ipairs(outcomes) do outcome.action = WOULD[outcome.action] or outcome.action end
end

local function refusal(kind, id, reason, err)
  return { action = "error", reason = reason .. kinds.words(err), resource = { kind = kind, id = id } }
end

--- Serves one place.
-- @tparam table place `{ region, account, clients }`
-- @tparam table run see @{places}
-- @treturn {table,...} an outcome for each resource and for each kind that could not be listed:
--   `{ resource, action, reason, place, … }`
-- @treturn ?error why, where no kind could be listed
function M.place(place, run)
  local settings = run.settings
  local resources, refusals = kinds.find(place.clients, settings.targets, run.pace)
  settings.calendars = run.calendars(resources)
  local outcomes = decide_each(resources, run.now, settings)
  if settings.dry_run then
    only_say(outcomes)
  else
    change.all(place.clients, outcomes, run.pace)
  end
  for _, each in ipairs(refusals) do
    outcomes[#outcomes + 1] = refusal(each.kind, nil, "cannot be listed: ", each.error)
  end
  for _, outcome in ipairs(outcomes) do outcome.place = place end
  return outcomes, #refusals == #settings.targets and refusals[1].error or nil
end

--- What is to be told of accounts that refuse.
-- @tparam {table,...} refusals `{ name, account, error }`
-- @treturn {table,...} outcomes
function M.refused(refusals)
  local outcomes = {}
  for i, each in ipairs(refusals) do
    outcomes[i] = refusal("account", each.name, "cannot be served: ", each.error)
    outcomes[i].place = { account = each.account }
  end
  return outcomes
end

local function name_of(place)
  return place.account and place.region .. " " .. place.account or place.region
end

--- What is to be told of a place that is not served.
-- @tparam table place
-- @tparam string reason before the error's words
-- @param err
-- @treturn table an outcome
function M.unserved(place, reason, err)
  local outcome = refusal("place", name_of(place), reason, err)
  outcome.place = place
  return outcome
end

-- Serves all places side by side: for each `{ outcomes, failure }`.
local function serve_each(places, run)
  local summary = fleet.each(places, function(place)
    local outcomes, failure = M.place(place, run)
    return { outcomes = outcomes, failure = failure }
  end, { concurrency = math.max(1, #places), deadline = run.deadline, name = "place", id = name_of })
  local served = {}
  for i, item in ipairs(summary.items) do
    served[i] = item.result
    if not item.ok then
      local outcome = M.unserved(places[i], "was not served: ", item.error)
      served[i] = { outcomes = { outcome }, failure = item.error }
    end
  end
  return served
end

--- Serves places side by side, in the time of the slowest. One that refuses is its own error.
-- @tparam {table,...} places
-- @tparam {table,...} refusals of accounts whose places are not known: `{ name, account, error }`
-- @tparam table run `{ now, settings, calendars, pace, deadline }`: the trigger's time; a reader of
--   `sources.calendars`; until when a place has time, if not for the whole invocation
-- @treturn {table,...} the outcomes of all
-- @treturn ?error why, where every place refuses
function M.places(places, refusals, run)
  -- Many places may hold a large part of the memory: then there is no room for the heap to double.
  if #places > 1 then collectgarbage("setpause", PAUSE) end
  local outcomes, failures = M.refused(refusals), {}
  for i, each in ipairs(refusals) do failures[i] = each.error end
  for _, served in ipairs(serve_each(places, run)) do
    for _, outcome in ipairs(served.outcomes) do outcomes[#outcomes + 1] = outcome end
    failures[#failures + 1] = served.failure
  end
  return outcomes, #failures == #places + #refusals and failures[1] or nil
end

return M
