-- iCalendar files: what is wrong is told with its line, and what is right has its holidays.
local calendar = require "schedule.calendar"
local holidays = require "schedule.holidays"
local zone = require "schedule.zone"

local UTC = zone.load "UTC"

return function(input)
  local found, message = holidays.parse(input, "ics")
  if not found then return assert(message:find "^line %d+: " and #message < 500, message) end
  for _, year in ipairs { 1970, 2026, 2028 } do
    for day = calendar.day(year, 1, 1), calendar.day(year, 12, 31) do
      local name = found:on(day, UTC)
      assert(name == nil or type(name) == "string" and #name <= 100)
    end
  end
end
