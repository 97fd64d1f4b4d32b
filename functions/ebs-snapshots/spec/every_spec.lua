local clock = require "schedule.clock"
local every = require "every"
local zone = require "schedule.zone"

local BERLIN = zone.load "Europe/Berlin"

-- The beginning of the period that holds a time on Berlin's clock, as a text.
local function period(text, at)
  local schedule = assert(every(text))
  local year, month, day, hour, min = at:match("(%d+)-(%d+)-(%d+) (%d+):(%d+)")
  local t = BERLIN:utc {
    year = tonumber(year), month = tonumber(month), day = tonumber(day),
    hour = tonumber(hour), min = tonumber(min),
  }
  return clock.text(schedule:previous(t, BERLIN), BERLIN):sub(1, 16)
end

describe("ebs-snapshots: every", function()
  it("begins periods where the calendar does, in the zone", function()
    local at = "2026-11-26 13:45" -- a Thursday
    for text, began in pairs {
      hourly = "2026-11-26 13:00", daily = "2026-11-26 00:00", weekly = "2026-11-23 00:00",
      monthly = "2026-11-01 00:00", yearly = "2026-01-01 00:00",
      Daily = "2026-11-26 00:00", WEEKLY = "2026-11-23 00:00",
    } do
      assert.equal(began, period(text, at), text)
    end
  end)

  it("counts hours from midnight", function()
    for text, began in pairs {
      ["1h"] = "13:00", ["2h"] = "12:00", ["3h"] = "12:00", ["4 h"] = "12:00", ["6h"] = "12:00",
      ["8H"] = "08:00", ["12h"] = "12:00", ["24h"] = "00:00",
    } do
      assert.equal("2026-11-26 " .. began, period(text, "2026-11-26 13:45"), text)
    end
  end)

  it("takes a cron expression: a period goes from one of its times to the next", function()
    assert.equal("2026-11-26 03:30", period("30 3 * * *", "2026-11-26 13:45"))
    assert.equal("2026-11-25 03:30", period("30 3 * * *", "2026-11-26 03:29"))
    assert.equal("2026-11-20 22:00", period("0 22 * * mon-fri", "2026-11-23 21:59"))
    assert.equal("2026-11-26 00:00", period("@daily", "2026-11-26 13:45"))
    assert.equal("2026-11-02 04:00", period("cron(0 4 ? * MON#1 *)", "2026-11-26 13:45"))
  end)

  it("knows days of 23 and 25 hours", function()
    assert.equal("2026-03-29 00:00", period("daily", "2026-03-29 23:59"))
    assert.equal("2026-03-29 12:00", period("12h", "2026-03-29 12:00"))
    assert.equal("2026-10-25 00:00", period("12h", "2026-10-25 11:59"))
  end)

  it("says what is wrong with any other", function()
    for text, says in pairs {
      fortnightly = "none of hourly, daily, weekly, monthly, yearly", ["7"] = "none of hourly",
      [""] = "none of", ["5h"] = "does not divide a day; allowed: 1h, 2h", ["0h"] = "does not divide",
      ["48h"] = "does not divide",
      ["30m"] = "hours such as 12h", ["0 25 * * *"] = "out of range", ["0 0 30 2 *"] = "never comes",
      ["-1h"] = "none of",
    } do
      local schedule, problem = every(text)
      assert.is_nil(schedule, text)
      assert.matches(says, problem, 1, true)
    end
  end)
end)
