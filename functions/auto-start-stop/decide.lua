--- What a resource's tags say should be done with it at a time. Pure: no clock, no call.

local tags = require "fleet.tags"
local zone = require "schedule.zone"

local UTC = zone.load("UTC")
local GOAL = { start = "running", stop = "stopped" }

local TAGS = tags.schema {
  enable = tags.boolean { key = "start-stop:enable", default = true },
  start = tags.cron { key = "start-stop:start", example = "0 8 * * mon-fri" },
  stop = tags.cron { key = "start-stop:stop", example = "0 18 * * mon-fri" },
  zone = tags.zone { key = "start-stop:timezone", example = "Europe/Berlin" },
}

local function outcome(action, reason, ...)
  return { action = action, reason = reason:format(...) }
end

local function messages(errors)
  local lines = {}
  for i, err in ipairs(errors) do lines[i] = err.message end
  return table.concat(lines, "; ")
end

-- A time in the resource's own zone: 2026-11-24 08:00 -05:00.
local function on_clock(t, in_zone)
  local at = in_zone:local_time(t)
  local sign, east = at.offset < 0 and "-" or "+", math.abs(at.offset)
  return ("%04d-%02d-%02d %02d:%02d %s%02d:%02d"):format(at.year, at.month, at.day, at.hour, at.min,
    sign, math.floor(east / 3600), math.floor(east % 3600 / 60))
end

local function between(from, to)
  return from and to and to - from or math.huge
end

-- Where the last start and the last stop came at once, the stop counts.
local function is_up(started, stopped)
  return started and (not stopped or started > stopped)
end

-- Scheduled up time and down time, in seconds, of the two stretches around `now`: the present one and the
-- next. Times are those on the face of a clock that knows no daylight-saving time, so that a schedule is
-- as good in the night of a change as in any other.
local function lengths(wanted, now)
  local start, stop = wanted.start, wanted.stop
  local face = now + wanted.zone:local_time(now).offset
  local started, stopped = start:previous(face, UTC), stop:previous(face, UTC)
  if is_up(started, stopped) then
    local from = stopped and start:next(stopped, UTC) or started
    local to = stop:next(face, UTC)
    return between(from, to), between(to, to and start:next(to, UTC))
  end
  local from = started and stop:next(started - 1, UTC) or stopped
  local to = start:next(face, UTC)
  return between(to, to and stop:next(to - 1, UTC)), between(from, to)
end

local function too_short(wanted, now, settings)
  local up, down = lengths(wanted, now)
  local text = "scheduled %s time is %d minutes, less than the %d of %s"
  if up < settings.min_uptime then
    return text:format("up", up / 60, settings.min_uptime / 60, "MIN_UPTIME")
  end
  if down < settings.min_downtime then
    return text:format("down", down / 60, settings.min_downtime / 60, "MIN_DOWNTIME")
  end
end

-- Both tags: the schedule is a state, whatever was or was not done before.
local function by_schedule(wanted, state, now, settings)
  local problem = too_short(wanted, now, settings)
  if problem then return outcome("error", "%s", problem) end

  local started, stopped = wanted.start:previous(now, wanted.zone), wanted.stop:previous(now, wanted.zone)
  if not started and not stopped then return outcome("none", "neither start nor stop has ever come") end
  if is_up(started, stopped) then
    local since = on_clock(started, wanted.zone)
    if state == "running" then return outcome("none", "running, as it should be since %s", since) end
    return outcome("start", "stopped, but should be running since %s", since)
  end
  local since = on_clock(stopped, wanted.zone)
  if state == "stopped" then return outcome("none", "stopped, as it should be since %s", since) end
  return outcome("stop", "running, but should be stopped since %s", since)
end

-- One tag: a moment, acted on only in the period that ends with the trigger. The period is open at its
-- early end, so that of triggers a period apart exactly one acts.
local function by_trigger(action, wanted, state, now, settings)
  local last = wanted[action]:previous(now, wanted.zone)
  if not last then return outcome("none", "%s has never come", action) end
  local at, minutes = on_clock(last, wanted.zone), settings.period / 60
  if last <= now - settings.period then
    return outcome("none", "last %s was at %s, not in the last %d minutes", action, at, minutes)
  end
  if state == GOAL[action] then
    return outcome("none", "%s was at %s, but it is %s already", action, at, state)
  end
  return outcome(action, "%s was at %s, in the last %d minutes", action, at, minutes)
end

--- Decides.
-- @tparam table resource `id`, `state` (`running`, `stopped`, or any other word for what is left alone), and
--   `tags`, AWS's list of `{ Key, Value }`
-- @tparam number now seconds since 1970 UTC
-- @tparam table settings as `settings` reads them
-- @treturn table `{ action, reason }`, action one of `start`, `stop`, `none`, `error`
return function(resource, now, settings)
  local state = resource.state
  if state ~= "running" and state ~= "stopped" then return outcome("none", "%s: left alone", state) end

  local wanted, errors, right = TAGS:read(resource.tags, resource.id)
  if (wanted or right).enable == false then return outcome("none", "disabled by its tag") end
  if errors then return outcome("error", "%s", messages(errors)) end

  wanted.zone = wanted.zone or settings.zone
  if wanted.start and wanted.stop then return by_schedule(wanted, state, now, settings) end
  if wanted.start then return by_trigger("start", wanted, state, now, settings) end
  if wanted.stop then return by_trigger("stop", wanted, state, now, settings) end
  return outcome("none", "neither start-stop:start nor start-stop:stop is set")
end
