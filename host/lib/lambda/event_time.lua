--- The time that an event carries.
-- @module lambda.event_time

local calendar = require "schedule.calendar"

local EXAMPLE = "2026-11-24T10:00:00Z"

-- Seconds east of UTC of "Z", "+01:00" or "-0530"; nil where it is none.
local function offset_of(text)
  if text == "Z" or text == "z" then return 0 end
  local sign, hours, minutes = text:match("^([+-])(%d%d):?(%d%d)$")
  hours, minutes = tonumber(hours), tonumber(minutes)
  if not sign or hours > 23 or minutes > 59 then return nil end
  return (sign == "+" and 1 or -1) * (hours * 3600 + minutes * 60)
end

local function exists(year, month, day, hour, min, sec)
  return calendar.exists(year, month, day) and hour <= 23 and min <= 59 and sec <= 59
end

-- Seconds since 1970 UTC; nil where the text is no such time. Source: RFC 3339, section 5.6.
local function parse(text)
  local year, month, day, hour, min, sec, rest =
    text:match("^(%d%d%d%d)-(%d%d)-(%d%d)[Tt](%d%d):(%d%d):(%d%d)(.*)$")
  local offset = rest and offset_of((rest:gsub("^%.%d+", "")))
  if not offset then return nil end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  hour, min, sec = tonumber(hour), tonumber(min), tonumber(sec)
  if not exists(year, month, day, hour, min, sec) then return nil end
  return calendar.day(year, month, day) * calendar.DAY + hour * 3600 + min * 60 + sec - offset
end

--- Reads a time as EventBridge writes it: date, time, and `Z` or an offset. A fraction of a second is
-- allowed and dropped: schedules know whole seconds.
-- @param text the event's `time`
-- @treturn ?number seconds since 1970 UTC
-- @treturn ?string what is wrong
return function(text)
  if type(text) ~= "string" then
    return nil, ("event.time is missing; expected a time such as %q"):format(EXAMPLE)
  end
  local seconds = parse(text)
  if seconds then return seconds end
  return nil, ("event.time is %q; expected a time such as %q"):format(text, EXAMPLE)
end
