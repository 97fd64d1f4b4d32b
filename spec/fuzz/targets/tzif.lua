-- TZif files: what is read is in order, and within what a zone can be.
local check = require "check"
local tzif = require "schedule.tzif"

return function(input)
  local zone = check.given(tzif.decode(input))
  if not zone then return end
  local last = -math.huge
  for i, time in ipairs(zone.times) do
    assert(time > last, "times out of order")
    assert(zone.offsets[i] and zone.isdst[i] ~= nil, "a period without an offset")
    last = time
  end
  assert(zone.offsets[0] and zone.isdst[0] ~= nil)
  assert(zone.footer == nil or type(zone.footer) == "string" and zone.footer ~= "")
end
