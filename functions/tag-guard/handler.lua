--- Reports new instances and volumes without the tags that rules.lua requires, and stops such instances when
-- their time to be corrected is over. README.md has the rules.

local aws = require "aws"
local calls = require "calls"
local decide = require "decide"
local event_time = require "lambda.event_time"
local fleet = require "fleet"
local json = require "json"
local log = require "lambda.log"
local message = require "message"
local metrics = require "lambda.metrics"
local read_settings = require "settings"
local rulebook = require "rulebook"
local subject_of = require "subject"

local DONE = { warn = "warned", report = "reported", stop = "stopped", release = "released" }
local LEVELS = { error = "error", none = "debug", wait = "debug", exempt = "debug" }

local function fail(step, what, err)
  step.action, step.reason = "error", ("%s (%s): %s"):format(what, step.reason, tostring(err))
end

local function chosen(steps, actions)
  local list = {}
  for _, step in ipairs(steps) do
    if actions[step.action] then list[#list + 1] = step end
  end
  return list
end

local function each(steps, call, ec2, what)
  local outcomes = fleet.each(steps, function(step) return call(ec2, step) end, {
    id = function(step) return step.resource.id end, name = "resource",
  })
  for i, outcome in ipairs(outcomes.items) do
    if not outcome.ok then fail(steps[i], what, outcome.error) end
  end
end

-- All news in one message. News that nobody was told change no tag, and so are news to the next run.
local function tell(news, topic, place)
  if not topic or #news == 0 then return end
  local told, err = calls.tell(aws.client "sns", topic, message(news, place))
  for _, step in ipairs(told and {} or news) do fail(step, "cannot be told", err) end
end

local function act(steps, ec2, topic, place)
  each(chosen(steps, { stop = true }), calls.stop, ec2, "cannot stop it")
  tell(chosen(steps, DONE), topic, place)
  each(chosen(steps, DONE), calls.mark, ec2, "cannot tag it")
  for _, step in ipairs(steps) do step.action = DONE[step.action] or step.action end
end

local function only_say(steps)
  for _, step in ipairs(steps) do
    if DONE[step.action] then step.action = "would-" .. step.action end
  end
end

local function report(steps, function_name)
  local counts = { warned = 0, reported = 0, stopped = 0, released = 0, error = 0 }
  local outcomes = json.array()
  for i, step in ipairs(steps) do
    local kind, id, action, reason = step.resource.kind, step.resource.id, step.action, step.reason
    counts[action] = (counts[action] or 0) + 1
    log[LEVELS[action] or "info"](("%s: %s: %s"):format(id, action, reason),
      { action = action, kind = kind, resource = id })
    outcomes[i] = { kind = kind, id = id, action = action, reason = reason }
  end
  metrics.put {
    namespace = "tag-guard",
    dimensions = { FunctionName = function_name },
    values = {
      Warned = counts.warned, Reported = counts.reported, Stopped = counts.stopped,
      Released = counts.released, Errors = counts.error,
    },
  }
  return counts, outcomes
end

--- @tparam table event of EventBridge: a new instance or volume, changed tags, or the schedule
-- @tparam table context the invocation's
-- @tparam[opt] table world for specs: `{ getenv = function, rules = table }`
-- @treturn table `{ time, dry_run, counts, outcomes }`, an outcome being `{ kind, id, action, reason }`
return function(event, context, world)
  local getenv = world and world.getenv or os.getenv
  local now = assert(event_time(type(event) == "table" and event.time))
  local subject = assert(subject_of(event))
  local settings = assert(read_settings(getenv))
  local book = assert(rulebook.new(world and world.rules or require "rules"))
  local region, account = context.function_arn:match("^arn:[^:]+:lambda:([^:]+):(%d+):")

  local ec2, steps = aws.client "ec2", {}
  for i, resource in ipairs(calls.find(ec2, subject, account)) do
    steps[i] = decide.step(resource, book, now)
  end
  if settings.dry_run then
    only_say(steps)
  else
    act(steps, ec2, settings.topic, account .. ", " .. region)
  end
  local counts, outcomes = report(steps, context.function_name)
  return { time = event.time, dry_run = settings.dry_run, counts = counts, outcomes = outcomes }
end
