--- A time as a person writes it.
--
--     instant = YYYY-MM-DD ( "T" | " " ) hh:mm [ ":00" ] [ "Z" | +hh:mm | -hh:mm | " " zone ]

local calendar = require "schedule.calendar"
local zones = require "schedule.zone"

local M = {}

local function read_date(year, month, day, hour, min)
  local date = {
    year = tonumber(year), month = tonumber(month), day = tonumber(day),
    hour = tonumber(hour), min = tonumber(min),
  }
  local exists = calendar.exists(date.year, date.month, date.day) and date.min < 60
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

--- Reads an instant.
-- @tparam string text
-- @treturn[1] table `date`; where it names an offset or a zone `at`, seconds since 1970 UTC; and that `zone`
-- @treturn[2] nil
-- @treturn[2] string what is wrong
-- @treturn[2] number how many characters stand before what is wrong
function M.read(text)
  local year, month, day, hour, min, rest = text:match "^(%d%d%d%d)-(%d%d)-(%d%d)[Tt ](%d%d):(%d%d)(.*)$"
  if not year then return nil, ("%q is no date and time"):format(text:sub(1, 40)), 0 end
  local date = read_date(year, month, day, hour, min)
  if not date then return nil, ("there is no %q"):format(text:sub(1, 16)), 0 end
  rest = rest:gsub("^:00", "")
  if rest == "" then return { date = date } end
  local offset = read_offset(rest)
  if offset then return { date = date, at = on_clock(date, offset) } end
  local name = rest:match "^%s+(%S+)$"
  if not name then return nil, ("%q is no time zone"):format(rest), 16 end
  local zone, problem = zones.load(name)
  if not zone then return nil, problem, #text - #name end
  return { date = date, at = zone:utc(date), zone = zone }
end

return M
