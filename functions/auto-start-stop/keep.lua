--- An override: what `start-stop:keep` says.
--
--     keep     = state ( "until" instant | "+" duration )
--     state    = "running" | "stopped"
--     instant  = YYYY-MM-DD ( "T" | " " ) hh:mm [ ":00" ] [ "Z" | +hh:mm | -hh:mm | " " zone ]
--     duration = number ( "d" | "h" | "m" ) { number ( "d" | "h" | "m" ) }

local calendar = require "schedule.calendar"
local clock = require "schedule.clock"
local nearest = require "nearest"
local zones = require "schedule.zone"

local M = {}

local STATES = { "running", "stopped" }
local SECONDS = { d = 86400, h = 3600, m = 60 }
local EXAMPLE = "running until 2026-09-20T22:00 Europe/Berlin"

local function wrong(column, problem, example)
  return nil, ("column %d: %s; for example: %s"):format(column, problem, example or EXAMPLE)
end

-- Seconds of 3h, 1h30m, 2d.
local function read_duration(text)
  local seconds, rest = 0, text:lower()
  repeat
    local number, unit, after = rest:match "^(%d%d?%d?%d?)([dhm])(.*)$"
    if not number then return nil end
    seconds, rest = seconds + number * SECONDS[unit], after
  until rest == ""
  return seconds > 0 and seconds or nil
end

local function read_date(year, month, day, hour, min)
  local date = {
    year = tonumber(year), month = tonumber(month), day = tonumber(day),
    hour = tonumber(hour), min = tonumber(min),
  }
  local exists = date.month >= 1 and date.month <= 12 and date.day >= 1
    and date.day <= calendar.month_length(date.year, date.month) and date.min < 60
    and (date.hour < 24 or date.hour == 24 and date.min == 0)
  return exists and date or nil
end

-- Seconds since 1970 of a date on a clock that is so many seconds east of UTC.
local function on_clock(date, east)
  local day = calendar.day(date.year, date.month, date.day)
  return day * calendar.DAY + date.hour * 3600 + date.min * 60 - east
end

-- Seconds east of UTC of Z, +02:00.
local function read_offset(text)
  if text == "Z" or text == "z" then return 0 end
  local sign, hours, minutes = text:match "^([+-])(%d%d):?(%d%d)$"
  if not sign or tonumber(hours) > 14 or tonumber(minutes) > 59 then return nil end
  return (sign == "-" and -1 or 1) * (hours * 3600 + minutes * 60)
end

local function read_instant(text, column, state)
  local year, month, day, hour, min, rest = text:match "^(%d%d%d%d)-(%d%d)-(%d%d)[Tt ](%d%d):(%d%d)(.*)$"
  if not year then
    local only_date = text:match "^%d%d%d%d%-%d%d%-%d%d$"
    return wrong(column, ("%q is no date and time"):format(text:sub(1, 40)),
      only_date and ("%s until %sT22:00"):format(state, only_date))
  end
  local date = read_date(year, month, day, hour, min)
  if not date then return wrong(column, ("there is no %q"):format(text:sub(1, 16))) end
  rest = rest:gsub("^:00", "")
  if rest == "" then return { state = state, date = date } end
  local offset = read_offset(rest)
  if offset then return { state = state, ends = on_clock(date, offset) } end
  local name = rest:match "^%s+(%S+)$"
  if not name then return wrong(column + 16, ("%q is no time zone"):format(rest)) end
  local zone, problem = zones.load(name)
  if not zone then return wrong(column + #text - #name, problem) end
  return { state = state, ends = zone:utc(date) }
end

--- Reads an override.
-- @tparam string text
-- @treturn[1] table `state`, and when it ends: `ends`, in seconds since 1970 UTC; or `date`, that of the
--   resource's own clock; or `seconds`, from when it is first seen
-- @treturn[2] nil
-- @treturn[2] string what is wrong
function M.read(text)
  local word, at = text:match "^(%S+)%s*()"
  local state = word:lower()
  if state ~= "running" and state ~= "stopped" then
    local near = nearest.names(state, STATES)[1]
    return wrong(1, ("%q is neither running nor stopped"):format(word), near and near .. text:sub(#word + 1))
  end
  local duration = text:match("^%+%s*(.*)$", at)
  if duration then
    local seconds = read_duration(duration)
    if seconds then return { state = state, seconds = seconds } end
    return wrong(at, ("%q is no time such as +3h, +90m, +2d or +1h30m"):format(text:sub(at)), state .. " +3h")
  end
  local keyword, from = text:match("^(%a+)%s+()", at)
  if keyword and keyword:lower() == "until" then return read_instant(text:sub(from), from, state) end
  local right = ("%s +3h or %s until 2026-09-20T22:00"):format(state, state)
  return wrong(at, ("%s has no end"):format(state), right)
end

--- When an override ends.
-- @tparam table keep as @{read} returns it
-- @tparam number now seconds since 1970 UTC
-- @tparam schedule.zone.Zone zone the resource's
-- @treturn number seconds since 1970 UTC
-- @treturn ?string the text that says the same with a date, where the tag's counts from when it is first seen
function M.ends(keep, now, zone)
  if keep.ends then return keep.ends end
  if keep.date then return zone:utc(keep.date) end
  local ends = math.ceil((now + keep.seconds) / 60) * 60
  return ends, ("%s until %s"):format(keep.state, clock.rfc3339(ends, zone))
end

return M
