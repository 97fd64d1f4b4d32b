local keep = require "keep"
local zone = require "schedule.zone"

local BERLIN = assert(zone.load "Europe/Berlin")
local NOW = BERLIN:utc { year = 2026, month = 9, day = 20, hour = 10, min = 5, sec = 20 }
local TEN_PM = BERLIN:utc { year = 2026, month = 9, day = 20, hour = 22 }

local function ends(text)
  return keep.ends(assert(keep.read(text)), NOW, BERLIN)
end

local function problem(text)
  local value, message = keep.read(text)
  assert.is_nil(value, text)
  return message
end

describe("auto-start-stop: keep", function()
  it("reads an end in a zone, at an offset, in UTC, and on the resource's own clock", function()
    for _, text in ipairs {
      "running until 2026-09-20T22:00 Europe/Berlin", "Running UNTIL 2026-09-20 22:00 Europe/Berlin",
      "stopped until 2026-09-20T22:00+02:00", "running until 2026-09-20T22:00+0200",
      "running until 2026-09-20T20:00Z", "running until 2026-09-20T22:00",
      "running until 2026-09-20T16:00-04:00",
    } do
      assert.same({ TEN_PM }, { ends(text) }, text)
    end
    assert.equal("running", keep.read("RUNNING until 2026-09-20T22:00").state)
    assert.equal("stopped", keep.read("stopped +3h").state)
    assert.equal(TEN_PM + 7200, (ends "running until 2026-09-20T24:00"))
  end)

  it("makes a time from now on absolute, in signs that every service takes", function()
    for text, remembered in pairs {
      ["running +3h"] = "running until 2026-09-20T13:06:00+02:00",
      ["stopped + 90m"] = "stopped until 2026-09-20T11:36:00+02:00",
      ["running +1h30m"] = "running until 2026-09-20T11:36:00+02:00",
      ["Running +40D"] = "running until 2026-10-30T09:06:00+01:00",
    } do
      local till, written = ends(text)
      assert.equal(remembered, written)
      assert.is_nil(written:find "[^%w _.:/=+@-]")
      assert.same({ till }, { ends(written) })
    end
  end)

  it("says what is wrong, where, and shows it right", function()
    for text, expected in pairs {
      ["runing until 2026-09-20T22:00"] = 'column 1: "runing" is neither running nor stopped; '
        .. "for example: running until 2026-09-20T22:00",
      ["up"] = 'column 1: "up" is neither running nor stopped; '
        .. "for example: running until 2026-09-20T22:00 Europe/Berlin",
      ["running"] = "column 8: running has no end; "
        .. "for example: running +3h or running until 2026-09-20T22:00",
      ["stopped untill 2026-09-20"] = "column 9: stopped has no end; "
        .. "for example: stopped +3h or stopped until 2026-09-20T22:00",
      ["running +3"] = 'column 9: "+3" is no time such as +3h, +90m, +2d or +1h30m; '
        .. "for example: running +3h",
      ["running +0h"] = 'column 9: "+0h" is no time such as +3h, +90m, +2d or +1h30m; '
        .. "for example: running +3h",
      ["running until 2026-09-20"] = 'column 15: "2026-09-20" is no date and time; '
        .. "for example: running until 2026-09-20T22:00",
      ["running until tomorrow"] = 'column 15: "tomorrow" is no date and time; '
        .. "for example: running until 2026-09-20T22:00 Europe/Berlin",
      ["running until 2026-02-29T10:00"] = 'column 15: there is no "2026-02-29T10:00"; '
        .. "for example: running until 2026-09-20T22:00 Europe/Berlin",
      ["running until 2026-09-20T22:00 Europe/Berln"] = 'column 32: unknown time zone "Europe/Berln"; '
        .. "did you mean Europe/Berlin?; for example: running until 2026-09-20T22:00 Europe/Berlin",
      ["running until 2026-09-20T22:00!"] = 'column 31: "!" is no time zone; '
        .. "for example: running until 2026-09-20T22:00 Europe/Berlin",
    } do
      assert.equal(expected, problem(text))
    end
  end)
end)
