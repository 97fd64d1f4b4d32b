--- Starts and stops what carries the tags, as they say. README.md has the tags.

local event_time = require "lambda.event_time"
local new_place = require "fleet.place"
local paces = require "pace"
local read_settings = require "settings"
local report = require "report"
local serve = require "serve"
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

-- Where there is work, and which accounts refuse to say so.
local function places_of(settings, home, context, world)
  if not settings.regions and not settings.roles then return { home }, {} end
  return require("fleet.places").list {
    home = home,
    regions = settings.regions,
    roles = settings.roles,
    external_id = settings.external_id,
    session_name = context.function_name,
    new = world.new_place,
  }
end

-- What the places share.
local function new_run(now, settings, home, places, context, world)
  local left = context.remaining_ms() / 1000
  return {
    now = now,
    settings = settings,
    calendars = sources.calendars(settings, home.clients),
    pace = paces.new(left, world.clock or task, #places),
    deadline = left < math.huge and task.now() + left * PLACE_SHARE or nil,
  }
end

--- @tparam table event what EventBridge sends: its `time` is when the trigger came
-- @tparam table context the invocation's
-- @tparam[opt] table world for specs: `{ place = { region, account, clients }, getenv, clock = { now, sleep
--   }, new_place }`, the last as `fleet.place`
-- @treturn table `{ time, dry_run, counts, resources, omitted }`, a row for each resource:
--   `{ kind, id, name, region, account, state, action, reason }`
return function(event, context, world)
  world = world or {}
  local getenv = world.getenv or os.getenv
  local now = assert(event_time(type(event) == "table" and event.time))
  local settings = assert(read_settings(getenv))
  local home = world.place or home_of(settings, context, getenv)
  settings.schedules = sources.schedules(settings, home.clients)

  local places, refusals = places_of(settings, home, context, world)
  local run = new_run(now, settings, home, places, context, world)
  local outcomes, failure = serve.places(places, refusals, run)
  if failure then error(failure, 0) end
  local bus = not settings.dry_run and settings.event_bus or nil
  local counts, rows, omitted = report.all(outcomes, {
    function_name = context.function_name,
    time = event.time,
    event_bus = bus,
    events = bus and home.clients.events,
  })
  return {
    time = event.time, dry_run = settings.dry_run, counts = counts, resources = rows, omitted = omitted,
  }
end
