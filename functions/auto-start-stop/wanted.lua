--- The state that a policy wants at a time, why, and until when that surely holds.

local keep = require "lazy" "keep"
local zone = require "schedule.zone"

local M = {}

local UTC = zone.load("UTC")
local HUGE = math.huge

local function between(from, to)
  return from and to and to - from or HUGE
end

-- Where the last start and the last stop came at once, the stop counts.
local function is_up(started, stopped)
  return started and (not stopped or started > stopped)
end

-- ---- the shortest times ----

-- Start, stop and now on the face of a clock that knows no daylight-saving time, so that a schedule is as
-- good in the night of a change as in any other; holidays do not count either. Where start and stop go by
-- different clocks, it is those clocks.
local function on_a_face(policy, now)
  local start, stop = policy.start, policy.stop
  local same = start.zone == stop.zone
  local face = same and now + start.zone:offset_at(now) or now
  local function of(times)
    local at, there = times.at, same and UTC or times.zone
    return {
      next = function(t) return t and at:next(t, there) end,
      previous = function(t) return at:previous(t, there) end,
    }
  end
  return of(start), of(stop), face
end

-- Scheduled up time and down time, in seconds, of the two stretches around `now`: the present one and the
-- next.
local function lengths(policy, now)
  local start, stop, face = on_a_face(policy, now)
  local started, stopped = start.previous(face), stop.previous(face)
  if is_up(started, stopped) then
    local from = stopped and start.next(stopped) or started
    local to = stop.next(face)
    return between(from, to), between(to, start.next(to))
  end
  local from = started and stop.next(started - 1) or stopped
  local to = start.next(face)
  return between(to, to and stop.next(to - 1)), between(from, to)
end

local function too_short(policy, now, settings)
  local up, down = lengths(policy, now)
  local text = "scheduled %s time is %d minutes, less than the %d of %s"
  if up < settings.min_uptime then
    return text:format("up", up / 60, settings.min_uptime / 60, "MIN_UPTIME")
  end
  if down < settings.min_downtime then
    return text:format("down", down / 60, settings.min_downtime / 60, "MIN_DOWNTIME")
  end
end

-- ---- what is wanted ----

-- What would be wanted if the last time that a holiday took had come.
local function taken_by_holiday(policy, now, started, stopped)
  local last = math.max(started or -HUGE, stopped or -HUGE)
  for _, action in ipairs { "start", "stop" } do
    local at, name
    if policy[action] then at, name = policy[action]:skipped(now) end
    if at and at > last then return { action = action, at = at, name = name } end
  end
end

local function next_change(policy, now)
  local start = policy.start and policy.start:next_of_all(now)
  local stop = policy.stop and policy.stop:next_of_all(now)
  return start and stop and math.min(start, stop) or start or stop
end

-- By start and stop, or one of them. Where there is one alone, or nothing is enforced, it is the moment that
-- counts.
local function by_schedule(policy, now)
  local start, stop = policy.start, policy.stop
  local started, stopped = start and start:previous(now), stop and stop:previous(now)
  local up = is_up(started, stopped)
  return {
    state = up and "running" or stopped and "stopped" or nil,
    since = up and started or stopped,
    holiday = taken_by_holiday(policy, now, started, stopped),
    momentary = not (start and stop and policy.enforce),
    changes = next_change(policy, now),
  }
end

--- The state that is wanted.
-- @tparam table policy as `policy` reads it, neither disabled nor ignored
-- @tparam number now seconds since 1970 UTC
-- @tparam table settings `min_uptime` and `min_downtime`
-- @treturn[1] table `state`, `running`, `stopped` or nil, where nothing is wanted;
--   `cause`, `override`, `holiday` or `schedule`;
--   `since`, when that became so, or nil if it always was;
--   `momentary`, true where it counts only when it has just become so;
--   `changes`, the next time at which any of this may change, or nil if none is known;
--   `holiday`, that took the last start or stop: its `name`, the `action` and when it would have come, `at`;
--   `ended`, when an override was over;
--   `remember`, tags to be set, values by key
-- @treturn[2] nil
-- @treturn[2] string what is wrong with the schedule
function M.at(policy, now, settings)
  local ends, remembered
  if policy.keep then ends, remembered = keep.ends(policy.keep, now, policy.zone) end
  if ends and ends > now then
    return {
      state = policy.keep.state, cause = "override", ends = ends, changes = ends,
      remember = remembered and { ["start-stop:keep"] = remembered },
    }
  end

  if policy.start and policy.stop then
    local problem = too_short(policy, now, settings)
    if problem then return nil, problem end
  end
  local wanted = by_schedule(policy, now)
  if policy.fixed then wanted.state, wanted.momentary = policy.fixed, not policy.enforce end
  wanted.cause = wanted.holiday and "holiday" or "schedule"
  if ends then
    wanted.ended = ends
    if wanted.momentary and wanted.state and ends > (wanted.since or -HUGE) then -- what it held up is due now
      wanted.since, wanted.cause = ends, "override"
    end
  end
  return wanted
end

return M
