--- Starts and stops what carries the tags, as they say. README.md has the tags.

local aws = require "aws"
local change = require "change"
local decide = require "decide"
local event_time = require "lambda.event_time"
local fleet = require "fleet"
local paces = require "pace"
local read_settings = require "settings"
local report = require "report"
local kinds = require "kinds"
local sources = require "sources"
local task = require "task"

local WOULD = { start = "would-start", stop = "would-stop" }

-- Where there is something to do: a region, an account, and clients by service, each made when it is first
-- asked for.
local function here(getenv)
  return {
    region = getenv "AWS_REGION",
    clients = setmetatable({}, {
      __index = function(clients, service)
        clients[service] = aws.client(service)
        return rawget(clients, service)
      end,
    }),
  }
end

local function outcome_of(resource, now, settings)
  if resource.skip then return { action = "none", reason = resource.skip } end
  local outcome = decide(resource, now, settings)
  local acts = WOULD[outcome.action] ~= nil
  if acts and resource.wrong then return { action = "error", reason = resource.wrong } end
  if resource.trouble then outcome.reason = outcome.reason .. "; " .. resource.trouble end
  outcome.fell_back = outcome.action == "start" and resource.trouble ~= nil
  return outcome
end

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

-- Serves one place. Gives an outcome for each resource and for each kind that could not be listed; and,
-- where none could, why.
local function run_in(place, now, settings, pace)
  local resources, refusals = kinds.find(place.clients, settings.targets)
  settings.calendars = sources.calendars(settings, resources, place.clients)
  local outcomes = decide_each(resources, now, settings)
  if settings.dry_run then
    only_say(outcomes)
  else
    change.all(place.clients, outcomes, pace)
  end
  for _, refusal in ipairs(refusals) do
    local reason = "cannot be listed: " .. kinds.words(refusal.error)
    outcomes[#outcomes + 1] = { action = "error", reason = reason, resource = { kind = refusal.kind } }
  end
  for _, outcome in ipairs(outcomes) do outcome.place = place end
  return outcomes, #refusals == #settings.targets and refusals[1].error or nil
end

--- @tparam table event what EventBridge sends: its `time` is when the trigger came
-- @tparam table context the invocation's
-- @tparam[opt] table world for specs: `{ place = { region, account, clients }, getenv, clock = { now, sleep
--   } }`
-- @treturn table `{ time, dry_run, counts, resources }`, a row for each resource:
--   `{ kind, id, name, region, account, state, action, reason }`
return function(event, context, world)
  world = world or {}
  local getenv = world.getenv or os.getenv
  local now = assert(event_time(type(event) == "table" and event.time))
  local settings = assert(read_settings(getenv))
  local place = world.place or here(getenv)
  settings.schedules = sources.schedules(settings, place.clients)
  local pace = paces.new(context.remaining_ms() / 1000, world.clock or task)

  local outcomes, failure = run_in(place, now, settings, pace)
  if failure then error(failure, 0) end
  local bus = not settings.dry_run and settings.event_bus or nil
  local counts, rows = report.all(outcomes, {
    function_name = context.function_name,
    time = event.time,
    event_bus = bus,
    events = bus and place.clients.events,
  })
  return { time = event.time, dry_run = settings.dry_run, counts = counts, resources = rows }
end
