--- What a resource's tags say should be done with it at a time. Pure: no clock, no call. TAGS.md has them.

local clock = require "schedule.clock"
local read_policy = require("policy").read
local wanted_at = require("wanted").at

local ACTION = { running = "start", stopped = "stop" }

local function outcome(action, reason, ...)
  return { action = action, reason = reason:format(...) }
end

-- The zone in which a wanted state's beginning is told.
local function zone_of(policy, wanted)
  local times = policy[ACTION[wanted.state]]
  return times and times.zone or policy.zone
end

local function by_override(policy, wanted, state)
  local till = clock.text(wanted.ends, policy.zone)
  if state == wanted.state then
    return outcome("none", "%s, as start-stop:keep has it until %s", state, till)
  end
  local text = "%s, but start-stop:keep has it %s until %s"
  return outcome(ACTION[wanted.state], text, state, wanted.state, till)
end

local function never_came(policy)
  if policy.start and policy.stop then return outcome("none", "neither start nor stop has ever come") end
  if policy.start or policy.stop then
    return outcome("none", "%s has never come", policy.start and "start" or "stop")
  end
  return outcome("none", "none of start-stop:schedule, start-stop:start, start-stop:stop is set")
end

-- A state that counts from a moment on for as long as a period. The period is open at its early end, so that
-- of triggers a period apart exactly one acts.
local function by_moment(policy, wanted, state, now, settings)
  local action, minutes = ACTION[wanted.state], settings.period / 60
  if not wanted.since then
    return outcome("none", "always %s, and start-stop:enforce is off", wanted.state)
  end
  local what = wanted.cause == "override" and "end of start-stop:keep" or action
  local at = clock.text(wanted.since, zone_of(policy, wanted))
  if wanted.since <= now - settings.period then
    return outcome("none", "last %s was at %s, not in the last %d minutes", what, at, minutes)
  end
  if state == wanted.state then
    return outcome("none", "%s was at %s, but it is %s already", what, at, state)
  end
  return outcome(action, "%s was at %s, in the last %d minutes", what, at, minutes)
end

local function by_state(policy, wanted, state)
  local since = wanted.since and "since " .. clock.text(wanted.since, zone_of(policy, wanted)) or "always"
  if state == wanted.state then return outcome("none", "%s, as it should be %s", state, since) end
  return outcome(ACTION[wanted.state], "%s, but should be %s %s", state, wanted.state, since)
end

local function by_schedule(policy, wanted, state, now, settings)
  local decided
  if not wanted.state then
    decided = never_came(policy)
  elseif wanted.momentary then
    decided = by_moment(policy, wanted, state, now, settings)
  else
    decided = by_state(policy, wanted, state)
  end
  local holiday = wanted.holiday
  if holiday then
    decided.reason = ("%s; no %s at %s, a holiday: %s"):format(decided.reason, holiday.action,
      clock.text(holiday.at, policy[holiday.action].zone), holiday.name)
  end
  if wanted.ended then
    decided.reason = ("%s; start-stop:keep ended at %s and can be removed"):format(decided.reason,
      clock.text(wanted.ended, policy.zone))
  end
  return decided
end

local function decide(resource, now, settings)
  local policy, problem = read_policy(resource, settings)
  if not policy then return outcome("error", "%s", problem) end
  if policy.disabled then return outcome("none", "disabled by its tag") end
  if policy.ignored then return outcome("none", "left alone, as its schedule says: ignore") end

  local wanted
  wanted, problem = wanted_at(policy, now, settings)
  if not wanted then return outcome("error", "%s", problem) end
  local by = wanted.ends and by_override or by_schedule
  return by(policy, wanted, resource.state, now, settings), wanted
end

--- Decides.
-- @tparam table resource `id`, `state` (`running`, `stopped`, or any other word for what is left alone), and
--   `tags`, AWS's list of `{ Key, Value }`
-- @tparam number now seconds since 1970 UTC
-- @tparam table settings as `settings` reads them
-- @treturn table `{ action, reason, remember }`, action one of `start`, `stop`, `none`, `error`; `remember`,
--   where there is any, the tags that are to be set on the resource, values by key
return function(resource, now, settings)
  local state = resource.state
  local decided, wanted = decide(resource, now, settings)
  if state ~= "running" and state ~= "stopped" then decided = outcome("none", "%s: left alone", state) end
  decided.remember = wanted and wanted.remember
  return decided
end
