local clock = require "schedule.clock"
local zone = require "schedule.zone"

local TIME = 1795514430 -- 2026-11-24 10:00:30 UTC

describe("schedule.clock", function()
  it("shows the time of a zone", function()
    assert.equal("2026-11-24 10:00 +00:00", clock.text(TIME, zone.load "UTC"))
    assert.equal("2026-11-24 05:00 -05:00", clock.text(TIME, zone.load "America/New_York"))
    assert.equal("2026-11-24 15:30 +05:30", clock.text(TIME, zone.load "Asia/Kolkata"))
    assert.equal("2026-11-24 06:30 -03:30", clock.text(TIME, zone.load "America/St_Johns"))
  end)

  it("tells the two hours of a night apart in which clocks go back", function()
    local berlin = zone.load "Europe/Berlin"
    assert.equal("2026-10-25 02:30 +02:00", clock.text(1792888200, berlin))
    assert.equal("2026-10-25 02:30 +01:00", clock.text(1792891800, berlin))
  end)

  it("writes RFC 3339", function()
    assert.equal("2026-11-24T10:00:30+00:00", clock.rfc3339(TIME, zone.load "UTC"))
    assert.equal("2026-11-24T05:00:30-05:00", clock.rfc3339(TIME, zone.load "America/New_York"))
  end)
end)
