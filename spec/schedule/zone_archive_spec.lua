local zone = require "schedule.zone"
local zone_archive = require "schedule.zone_archive"

local FILE = "build/vendor/share/zoneinfo.bin"
local ARCHIVE = { directories = { (FILE:gsub("%.bin$", "")) } }
local NOON = 1774353600 -- 2026-03-24T12:00:00Z

describe("schedule.zone_archive", function()
  it("holds every zone, each loadable", function()
    local names = zone_archive.names(FILE)
    assert.is_true(#names > 590, #names)
    for _, name in ipairs(names) do
      assert.equal("TZif", zone_archive.read(FILE, name):sub(1, 4))
      assert.is_truthy(zone.load(name, ARCHIVE), name)
    end
  end)

  it("agrees with the zones' own rules, links included", function()
    for name, offset in pairs {
      ["Europe/Berlin"] = 3600, ["America/New_York"] = -4 * 3600, ["US/Eastern"] = -4 * 3600,
      ["Asia/Kathmandu"] = 20700, ["Pacific/Kiritimati"] = 14 * 3600, Zulu = 0,
    } do
      assert.equal(offset, (assert(zone.load(name, ARCHIVE)):offset_at(NOON)), name)
    end
  end)

  it("says what is near an unknown name", function()
    local there, message = zone.load("Europe/Berlim", ARCHIVE)
    assert.is_nil(there)
    assert.equal('unknown time zone "Europe/Berlim"; did you mean Europe/Berlin?', message)
  end)

  it("is asked for nothing where there is none", function()
    assert.is_nil(zone_archive.names "/no/such/archive")
    assert.is_nil(zone_archive.read("/no/such/archive", "Europe/Berlin"))
    assert.is_nil(zone_archive.read(FILE, "Europe/Atlantis"))
  end)
end)
