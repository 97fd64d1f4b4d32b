--- The time at which a plan begins, as a person writes it.

local clock = require "schedule.clock"
local calendar = require "schedule.calendar"
local instant = require "instant"

local EXAMPLE = "2026-11-24T08:00 Europe/Berlin"

-- What the clock shows when it should show a date, where that never comes.
local function shown_instead(t, date, zone)
  local day = calendar.day(date.year, date.month, date.day)
  local reading = day * calendar.DAY + date.hour * 3600 + date.min * 60
  if t + zone:offset_at(t) ~= reading then return clock.text(t, zone) end
end

--- @tparam string text such as `2026-11-24T08:00`, and behind it, if wanted, `Z`, `+01:00` or a zone
-- @tparam schedule.zone.Zone zone for a text that names none
-- @treturn[1] number seconds since 1970 UTC; the first of two for a time that comes twice
-- @treturn[1] schedule.zone.Zone the zone that it names, or the other
-- @treturn[2] nil
-- @treturn[2] string what is wrong
return function(text, zone)
  local read, problem = instant.read(text)
  if not read then return nil, ("%s; for example: %s"):format(problem, EXAMPLE) end
  zone = read.zone or zone
  local t = read.at or zone:utc(read.date)
  local instead = (read.zone or not read.at) and shown_instead(t, read.date, zone)
  if not instead then return t, zone end
  local message = "%q does not exist in %s: the clock goes forward to %s"
  return nil, message:format(text:sub(1, 16), zone.name, instead)
end
