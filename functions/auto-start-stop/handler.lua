--- Starts and stops what carries the tags, as they say. README.md has the tags.

local event_time = require "lambda.event_time"
local new_place = require "fleet.place"
local paces = require "pace"
local read_settings = require "settings"
local report = require "report"
local serve = require "serve"
local shards = require "lazy" "shards"
local sources = require "sources"
local task = require "task"

local PLACE_SHARE = 0.9 -- of the time that is left; the rest is for the report

-- Where the function runs. The account is told only where there are others.
local function home_of(settings, context, getenv)
  local arn = context.function_arn or ""
  local partition, account = arn:match "^arn:([%w-]+):lambda:[%w-]+:(%d+):"
  local home = new_place { region = getenv "AWS_REGION", account = settings.roles and account }
  home.partition = partition
  return home
end

-- What an invocation has, whatever it serves.
local function new_invocation(context, world)
  local getenv = world.getenv or os.getenv
  local settings = assert(read_settings(getenv))
  local home = world.place or home_of(settings, context, getenv)
  return {
    settings = settings,
    home = home,
    context = context,
    clock = world.clock or task,
    calendars = sources.calendars(settings, home.clients),
    wanted = {
      home = home,
      regions = settings.regions,
      roles = settings.roles,
      external_id = settings.external_id,
      session_name = context.function_name,
      new = world.new_place,
    },
  }
end

-- Where there is work, and which accounts refuse to say so.
local function places_of(invocation)
  local settings = invocation.settings
  if not settings.regions and not settings.roles then return { invocation.home }, {} end
  return require("fleet.places").list(invocation.wanted)
end

-- What the places share of an invocation that serves so many.
local function new_run(invocation, now, settings, count)
  local left = invocation.context.remaining_ms() / 1000
  return {
    now = now,
    settings = settings,
    calendars = invocation.calendars,
    pace = paces.new(left, invocation.clock, count),
    deadline = left < math.huge and task.now() + left * PLACE_SHARE or nil,
  }
end

-- Reports outcomes. Gives the invocation's result.
local function tell(invocation, outcomes, time)
  local settings = invocation.settings
  local bus = not settings.dry_run and settings.event_bus or nil
  local counts, rows, omitted = report.all(outcomes, {
    function_name = invocation.context.function_name,
    time = time,
    event_bus = bus,
    events = bus and invocation.home.clients.events,
  })
  return { time = time, dry_run = settings.dry_run, counts = counts, resources = rows, omitted = omitted }
end

local function read_schedules(invocation)
  invocation.settings.schedules = sources.schedules(invocation.settings, invocation.home.clients)
end

-- Serves all places at once.
local function serve_places(invocation, now, time)
  read_schedules(invocation)
  local places, refusals = places_of(invocation)
  local run = new_run(invocation, now, invocation.settings, #places)
  local outcomes, failure = serve.places(places, refusals, run)
  if failure then error(failure, 0) end
  return tell(invocation, outcomes, time)
end

-- Leaves each place to another invocation.
local function plan_places(invocation, time)
  local places, refusals = places_of(invocation)
  local queue, sqs = invocation.settings.queue, invocation.home.clients.sqs
  local sent, unsent, failure = shards.plan(places, { time = time, queue = queue, sqs = sqs })
  local outcomes = serve.refused(refusals)
  for _, outcome in ipairs(unsent) do outcomes[#outcomes + 1] = outcome end
  if sent == 0 and #outcomes > 0 then error(failure or refusals[1].error, 0) end
  local result = tell(invocation, outcomes, time)
  result.counts.queued = sent
  return result
end

-- Serves the places that a planner left to this invocation.
local function serve_shards(invocation, event)
  read_schedules(invocation)
  return shards.work(event, {
    settings = invocation.settings,
    wanted = invocation.wanted,
    now = invocation.clock.now,
    serve = function(place, now, settings, time)
      local run = new_run(invocation, now, settings, #event.Records)
      local outcomes, failure = serve.places({ place }, {}, run)
      tell(invocation, outcomes, time)
      if failure then error(failure, 0) end
    end,
    drop = function(outcome, time) tell(invocation, { outcome }, time) end,
  })
end

--- @tparam table event what EventBridge sends: its `time` is when the trigger came; or what a queue delivers
--   of such a one's shards
-- @tparam table context the invocation's
-- @tparam[opt] table world for specs: `{ place = { region, account, clients }, getenv, clock = { now, sleep
--   }, new_place }`, the last as `fleet.place`
-- @treturn table `{ time, dry_run, counts, resources, omitted }`, a row for each resource:
--   `{ kind, id, name, region, account, state, action, reason }`; of a queue, the messages that failed
return function(event, context, world)
  if type(event) == "table" and type(event.Records) == "table" then
    return serve_shards(new_invocation(context, world or {}), event)
  end
  local time = type(event) == "table" and event.time
  local now = assert(event_time(time))
  local invocation = new_invocation(context, world or {})
  if invocation.settings.queue then return plan_places(invocation, time) end
  return serve_places(invocation, now, time)
end
