--- Takes snapshots of volumes and instances as their tags say, copies them to another region, and expires
-- those that have had their time. README.md has the tags.

local attempt = require "fleet.attempt"
local aws = require "aws"
local calls = require "calls"
local event_time = require "lambda.event_time"
local fleet = require "fleet"
local json = require "json"
local log = require "lambda.log"
local metrics = require "lambda.metrics"
local plan = require "plan"
local read_settings = require "settings"
local survey = require "survey"

local DONE = { take = "taken", copy = "copied", expire = "expired", discard = "failed" }
local IS_ERROR = { error = true, failed = true }

-- No error: an image has come to use it, or AWS copies no more at once and the next run goes on.
local PUT_OFF = { ["InvalidSnapshot.InUse"] = "kept", ResourceLimitExceeded = "waiting" }

local function client(region) return aws.client("ec2", { region = region }) end

local function append(list, more)
  for _, each in ipairs(more) do list[#list + 1] = each end
end

-- A snapshot that an image uses stays. Images are asked for only where something is to be expired.
local function keep_used(steps, region)
  local images, problem
  for _, step in ipairs(steps) do
    if step.action == "expire" and step.region == region.name then
      if not images and not problem then
        local ok, result = attempt(calls.images, region.ec2)
        if ok then images = result else problem = tostring(result) end
      end
      local image = images and images[step.snapshot]
      if problem then
        step.action, step.reason = "error", "cannot see whether an image uses it: " .. problem
      elseif image then
        step.action, step.reason = "kept", ("%s uses it; %s"):format(image, step.reason)
      end
    end
  end
end

local function act(steps, regions, home, run)
  local function call(step)
    local made, err = calls[step.action](regions[step.region].ec2, step, home, run)
    if made then
      step.action, step.snapshot = DONE[step.action], made
    else
      step.reason = ("cannot %s it (%s): %s"):format(step.action, step.reason, tostring(err))
      step.action = PUT_OFF[err.code] or "error"
    end
    return true
  end

  local doing = {}
  for _, step in ipairs(steps) do
    if DONE[step.action] then doing[#doing + 1] = step end
  end
  for i, item in ipairs(fleet.each(doing, call, { id = "source", name = "snapshots of" }).items) do
    if not item.ok then doing[i].action, doing[i].reason = "error", tostring(item.error) end
  end
end

local function only_say(steps)
  for _, step in ipairs(steps) do
    if DONE[step.action] then step.action = "would-" .. step.action end
  end
end

local function report(steps, function_name)
  local counts = { taken = 0, copied = 0, expired = 0, kept = 0, error = 0, failed = 0 }
  local outcomes = json.array()
  for i, step in ipairs(steps) do
    local action, region, snapshot, source = step.action, step.region, step.snapshot, step.source
    counts[action] = (counts[action] or 0) + 1
    log[IS_ERROR[action] and "error" or "info"](
      ("%s: %s%s: %s"):format(source or region, action, snapshot and " " .. snapshot or "", step.reason),
      { action = action, region = region, snapshot = snapshot, source = source })
    outcomes[i] = {
      source = source, region = region, action = action, snapshot = snapshot, reason = step.reason,
    }
  end
  metrics.put {
    namespace = "ebs-snapshots",
    dimensions = { FunctionName = function_name },
    values = {
      Taken = counts.taken, Copied = counts.copied, Expired = counts.expired, Kept = counts.kept,
      Errors = counts.error + counts.failed,
    },
  }
  return counts, outcomes
end

--- @tparam table event what EventBridge sends: its `time` is when the trigger came
-- @tparam table context the invocation's
-- @tparam[opt] table world for specs: `{ getenv = function }`
-- @treturn table `{ time, dry_run, counts, outcomes }`, an outcome being
--   `{ source, region, action, snapshot, reason }`
return function(event, context, world)
  local getenv = world and world.getenv or os.getenv
  local now = assert(event_time(type(event) == "table" and event.time))
  local settings = assert(read_settings(getenv))

  local home = survey.region(getenv "AWS_REGION", client)
  local sources, steps, known = survey.sources(home, settings)
  local regions, unseen = survey.abroad(sources, client)
  append(steps, unseen)
  for _, source in ipairs(sources) do
    append(steps, plan.steps(source, home, regions[source.wanted.copy_to], now))
  end
  regions[home.name] = home
  for _, region in pairs(regions) do
    append(steps, plan.left_alone(region, known))
    keep_used(steps, region)
  end

  if settings.dry_run then only_say(steps) else act(steps, regions, home.name, context.request_id) end
  local counts, outcomes = report(steps, context.function_name)
  return { time = event.time, dry_run = settings.dry_run, counts = counts, outcomes = outcomes }
end
