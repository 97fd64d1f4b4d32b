--- Starts and stops EC2 instances as their tags say. README.md has the tags.

local aws = require "aws"
local decide = require "decide"
local event_time = require "lambda.event_time"
local fleet = require "fleet"
local json = require "json"
local log = require "lambda.log"
local metrics = require "lambda.metrics"
local read_settings = require "settings"

local DONE = { start = "started", stop = "stopped" }
local WOULD = { start = "would-start", stop = "would-stop" }

-- Every instance with either tag, page by page.
local function find(ec2)
  local filter = { Name = "tag-key", Values = { "start-stop:start", "start-stop:stop" } }
  local instances = {}
  for reservation in ec2:each("describe_instances", { Filters = { filter }, MaxResults = 1000 }) do
    for _, instance in ipairs(reservation.Instances) do instances[#instances + 1] = instance end
  end
  return instances
end

local function decide_each(instances, now, settings)
  local summary = fleet.each(instances, function(instance)
    local resource = { id = instance.InstanceId, state = instance.State.Name, tags = instance.Tags }
    local outcome = decide(resource, now, settings)
    outcome.state = instance.State.Name
    return outcome
  end, { id = "InstanceId", name = "instance" })

  local outcomes = json.array()
  for i, item in ipairs(summary.items) do
    local outcome = item.result or { action = "error", reason = tostring(item.error) }
    outcome.instance = item.id
    outcomes[i] = outcome
  end
  return outcomes
end

-- Starts or stops what was decided so, with `call`, and turns the decisions into what came of them.
local function act(outcomes, action, call)
  local ids = {}
  for _, outcome in ipairs(outcomes) do
    if outcome.action == action then ids[#ids + 1] = outcome.instance end
  end
  local result = fleet.batch(ids, call)
  for _, outcome in ipairs(outcomes) do
    local err = result.failed[outcome.instance]
    if outcome.action == action then
      outcome.action = err and "error" or DONE[action]
      if err then outcome.reason = ("cannot %s it (%s): %s"):format(action, outcome.reason, tostring(err)) end
    end
  end
end

local function only_say(outcomes)
  for _, outcome in ipairs(outcomes) do outcome.action = WOULD[outcome.action] or outcome.action end
end

local function report(outcomes, function_name)
  local counts = { error = 0, started = 0, stopped = 0 }
  for _, outcome in ipairs(outcomes) do
    counts[outcome.action] = (counts[outcome.action] or 0) + 1
    local line = ("%s: %s: %s"):format(outcome.instance, outcome.action, outcome.reason)
    local fields = { instance = outcome.instance, state = outcome.state, action = outcome.action }
    log[outcome.action == "error" and "error" or "info"](line, fields)
  end
  metrics.put {
    namespace = "auto-start-stop",
    dimensions = { FunctionName = function_name },
    values = { Errors = counts.error, Started = counts.started, Stopped = counts.stopped },
  }
  return counts
end

--- @tparam table event what EventBridge sends: its `time` is when the trigger came
-- @tparam table context the invocation's
-- @tparam[opt] table world for specs: `{ ec2 = client, getenv = function }`
-- @treturn table `{ time, dry_run, counts, instances }`, an outcome for each instance:
--   `{ instance, state, action, reason }`
return function(event, context, world)
  world = world or {}
  local now = assert(event_time(type(event) == "table" and event.time))
  local settings = assert(read_settings(world.getenv or os.getenv))
  local ec2 = world.ec2 or aws.client("ec2")

  local outcomes = decide_each(find(ec2), now, settings)
  if settings.dry_run then
    only_say(outcomes)
  else
    act(outcomes, "start", function(ids) return ec2:start_instances { InstanceIds = ids } end)
    act(outcomes, "stop", function(ids) return ec2:stop_instances { InstanceIds = ids } end)
  end
  local counts = report(outcomes, context.function_name)
  return { time = event.time, dry_run = settings.dry_run, counts = counts, instances = outcomes }
end
