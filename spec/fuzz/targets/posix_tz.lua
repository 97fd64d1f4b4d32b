-- POSIX TZ strings: at any time there is an offset, in a period around that time.
local check = require "check"
local posix_tz = require "schedule.posix_tz"

local TIMES = { 0, -86400 * 365 * 100, 951782400, 1711846800, 1729990800, 4102444800 }

return function(input)
  local rules = check.given(posix_tz.parse(input))
  if not rules then return end
  for _, t in ipairs(TIMES) do
    local offset, isdst, from, till = rules:offset_at(t)
    assert(offset == math.floor(offset) and math.abs(offset) < 26 * 3600 and type(isdst) == "boolean")
    assert(from <= t and t < till, "a time outside its own period")
  end
end
