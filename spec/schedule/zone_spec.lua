local tzif = require "schedule.tzif"
local zone = require "schedule.zone"

local ZONEINFO = { directories = { "/usr/share/zoneinfo" } }

local function load(name)
  return assert(zone.load(name, ZONEINFO))
end

local function utc(year, month, day, hour, min, sec)
  return load("UTC"):utc { year = year, month = month, day = day, hour = hour, min = min, sec = sec }
end

-- What a zone's clock shows, for short.
local function shown(name, t)
  local there = load(name):local_time(t)
  return ("%04d-%02d-%02d %02d:%02d:%02d"):format(
    there.year, there.month, there.day, there.hour, there.min, there.sec)
end

local function big_endian(value, bytes)
  local text = ""
  for _ = 1, bytes do
    text = string.char(value % 256) .. text
    value = math.floor(value / 256)
  end
  return text
end

-- A data block of a TZif file with its header. A file has `times` with `indices` of `types`, each of which is
-- { offset, isdst, index of the name }.
local function block(file, width)
  local names = file.names or "AAA\0"
  local text = "TZif" .. (file.version or "2") .. ("\0"):rep(15)
  for _, count in ipairs { 0, 0, file.leaps or 0, #file.times, #file.types, #names } do
    text = text .. big_endian(count, 4)
  end
  for _, time in ipairs(file.times) do
    text = text .. big_endian(time, width)
  end
  text = text .. string.char(unpack(file.indices))
  for _, of_type in ipairs(file.types) do
    text = text .. big_endian(of_type[1], 4) .. string.char(of_type[2] and 1 or 0, of_type[3] or 0)
  end
  return text .. names .. ("\0"):rep((file.leaps or 0) * (width + 4))
end

local function tzif_file(file)
  if file.version == "\0" then
    return block(file, 4)
  end
  local old = { version = file.version, times = {}, indices = {}, types = { { 0 } } }
  return block(old, 4) .. block(file, 8) .. "\n" .. (file.footer or "") .. "\n"
end

local function berlin_file()
  local file = assert(io.open "/usr/share/zoneinfo/Europe/Berlin", "rb")
  local data = file:read "*a"
  file:close()
  return data
end

-- Calls a function with the folder of a bundle, whose zoneinfo has a zone "Test", and what loads that zone.
local function with_bundle(data, use)
  local root = os.tmpname()
  os.remove(root)
  local folder = root .. "/zoneinfo"
  assert(os.execute(("mkdir -p '%s'"):format(folder)))
  local file = assert(io.open(folder .. "/Test", "wb"))
  file:write(data)
  file:close()
  local ok, message = pcall(use, root, function()
    return zone.load("Test", { directories = { folder } })
  end)
  for _, path in ipairs { folder .. "/Test", folder, root } do
    os.remove(path)
  end
  assert(ok, message)
end

describe("schedule.zone", function()
  describe("local_time", function()
    it("gives every field", function()
      assert.same({
        year = 2026,
        month = 7,
        day = 1,
        hour = 14,
        min = 5,
        sec = 9,
        wday = 4,
        isdst = true,
        offset = 7200,
      }, load("Europe/Berlin"):local_time(utc(2026, 7, 1, 12, 5, 9)))
    end)

    it("drops fractions of a second, before 1970 too", function()
      assert.equal("1970-01-01 00:00:00", shown("UTC", 0.999))
      assert.equal("1969-12-31 23:59:59", shown("UTC", -0.001))
      assert.equal("1900-02-28 23:59:59", shown("UTC", utc(1900, 3, 1) - 0.5))
    end)

    it("changes at the second", function()
      assert.equal("2026-03-29 01:59:59", shown("Europe/Berlin", utc(2026, 3, 29, 1) - 1))
      assert.equal("2026-03-29 03:00:00", shown("Europe/Berlin", utc(2026, 3, 29, 1)))
      assert.equal("2026-10-25 02:59:59", shown("Europe/Berlin", utc(2026, 10, 25, 1) - 1))
      assert.equal("2026-10-25 02:00:00", shown("Europe/Berlin", utc(2026, 10, 25, 1)))
    end)

    it("changes by half an hour on Lord Howe Island and by two hours at Troll", function()
      assert.equal("2026-04-05 01:59:59", shown("Australia/Lord_Howe", utc(2026, 4, 4, 15) - 1))
      assert.equal("2026-04-05 01:30:00", shown("Australia/Lord_Howe", utc(2026, 4, 4, 15)))
      assert.equal("2026-10-04 02:30:00", shown("Australia/Lord_Howe", utc(2026, 10, 3, 15, 30)))
      assert.equal("2026-03-29 03:00:00", shown("Antarctica/Troll", utc(2026, 3, 29, 1)))
    end)

    it("has no 30 December 2011 in Samoa", function()
      assert.equal("2011-12-29 23:59:59", shown("Pacific/Apia", utc(2011, 12, 30, 10) - 1))
      assert.equal("2011-12-31 00:00:00", shown("Pacific/Apia", utc(2011, 12, 30, 10)))
    end)

    it("sets Morocco's clock back in Ramadan", function()
      assert.equal(3600, (load("Africa/Casablanca"):offset_at(utc(2025, 2, 1))))
      assert.equal(0, (load("Africa/Casablanca"):offset_at(utc(2025, 3, 10))))
      assert.equal(3600, (load("Africa/Casablanca"):offset_at(utc(2025, 7, 1))))
    end)

    it("starts with local mean time", function()
      assert.equal("1800-01-01 00:53:28", shown("Europe/Berlin", utc(1800, 1, 1)))
    end)

    it("goes on by the footer for ever", function()
      assert.equal("2100-03-28 03:00:00", shown("Europe/Berlin", utc(2100, 3, 28, 1)))
      assert.equal("2426-07-01 14:00:00", shown("Europe/Berlin", utc(2426, 7, 1, 12)))
      assert.equal("9999-12-31 19:00:00", shown("America/New_York", utc(10000, 1, 1)))
    end)

    it("refuses what is no time", function()
      for _, bad in ipairs { "0", 0 / 0, math.huge, -math.huge, {} } do
        assert.error_matches(function()
          load("Europe/Berlin"):local_time(bad)
        end, "bad time: expected a finite number")
      end
      assert.error_matches(function()
        load("Europe/Berlin"):offset_at()
      end, "bad time: .* got nil")
    end)
  end)

  describe("utc", function()
    it("takes the first of two", function()
      local berlin, new_york = load "Europe/Berlin", load "America/New_York"
      local half_past_two = { year = 2026, month = 10, day = 25, hour = 2, min = 30 }
      assert.equal(utc(2026, 10, 25, 0, 30), berlin:utc(half_past_two))
      assert.equal(utc(2026, 10, 25, 2), berlin:utc { year = 2026, month = 10, day = 25, hour = 3 })
      assert.equal(utc(2026, 11, 1, 5), new_york:utc { year = 2026, month = 11, day = 1, hour = 1 })
    end)

    it("takes the first instant after a gap", function()
      local berlin = load "Europe/Berlin"
      local function at(minute)
        return berlin:utc { year = 2026, month = 3, day = 29, hour = 2, min = minute }
      end
      for minute = 0, 60 do
        assert.equal(utc(2026, 3, 29, 1), at(minute))
      end
      assert.equal(utc(2026, 3, 29, 0, 59), at(-1))
      assert.equal(utc(2026, 3, 29, 1, 1), at(61))
      assert.equal(utc(2018, 11, 4, 3), load("America/Sao_Paulo"):utc { year = 2018, month = 11, day = 4 })
      local noon = { year = 2011, month = 12, day = 30, hour = 12 }
      assert.equal(utc(2011, 12, 30, 10), load("Pacific/Apia"):utc(noon))
    end)

    it("counts on beyond the bounds, and has midnight by default", function()
      local berlin = load "Europe/Berlin"
      assert.equal(utc(2026, 12, 31, 23), berlin:utc { year = 2026, month = 12, day = 32 })
      assert.equal(utc(2026, 12, 31, 22, 59, 59), berlin:utc { year = 2026, month = 13, day = 1, sec = -1 })
      assert.equal(utc(2026, 5, 31, 22), berlin:utc { year = 2026, month = 6, day = 0, hour = 24 })
    end)

    it("is undone by local_time, but for the second of two", function()
      for _, name in ipairs { "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia" } do
        local there = load(name)
        for t = utc(2026, 1, 1), utc(2027, 1, 1), 1801 do
          local first = there:utc(there:local_time(t))
          local again = there:offset_at(first) - there:offset_at(t)
          assert.equal(t - again, first)
        end
      end
    end)

    it("refuses what is no date", function()
      local berlin = load "Europe/Berlin"
      for message, date in pairs {
        ["bad date: month is nil"] = { year = 2026, day = 1 },
        ["bad date: year is 2026x"] = { year = "2026x", month = 1, day = 1 },
        ["bad date: hour is true"] = { year = 2026, month = 1, day = 1, hour = true },
      } do
        assert.error_matches(function()
          berlin:utc(date)
        end, message, 1, true)
      end
      assert.error_matches(function()
        berlin:utc(0)
      end, "bad date: expected a table", 1, true)
    end)
  end)

  describe("clock readings", function()
    it("have a first time", function()
      local berlin = load "Europe/Berlin"
      assert.equal(utc(2026, 3, 29, 1), berlin:first_time(utc(2026, 3, 29, 2, 30)))
      assert.equal(utc(2026, 10, 25, 0, 30), berlin:first_time(utc(2026, 10, 25, 2, 30)))
    end)

    it("stay behind the latest until the clock has caught up", function()
      local berlin = load "Europe/Berlin"
      local fold = utc(2026, 10, 25, 1)
      assert.equal(fold + 7199, berlin:latest_reading(fold - 1))
      assert.equal(fold + 7199, berlin:latest_reading(fold))
      assert.equal(fold + 7199, berlin:latest_reading(fold + 3599))
      assert.equal(fold + 7200, berlin:latest_reading(fold + 3600))
      assert.equal(utc(2026, 7, 1, 2), berlin:latest_reading(utc(2026, 7, 1)))
    end)
  end)

  describe("load", function()
    it("knows UTC without any file", function()
      local there = assert(zone.load("UTC", { directories = {} }))
      assert.equal("UTC", there.name)
      assert.equal("2026-11-24 12:00:00", shown("UTC", utc(2026, 11, 24, 12)))
      assert.is_truthy(zone.load("Etc/UTC", { directories = {} }))
    end)

    it("keeps what it has loaded", function()
      assert.equal(load "Europe/Berlin", load "Europe/Berlin")
      assert.equal("Europe/Berlin", load("Europe/Berlin").name)
    end)

    it("looks in $TZDIR, in the system's folders, and in the bundle", function()
      with_bundle(tzif_file { times = {}, indices = {}, types = { { 20700 } } }, function(root)
        for variable, value in pairs { TZDIR = root .. "/zoneinfo", LAMBDA_TASK_ROOT = root } do
          local getenv = stub(os, "getenv", function(asked)
            return asked == variable and value or nil
          end)
          local test, in_bundle = zone.load "Test"
          local berlin, in_system = zone.load "Europe/Berlin"
          getenv:revert()
          assert.equal(20700, (assert(test, in_bundle):offset_at(0)))
          assert.equal(3600, (assert(berlin, in_system):offset_at(0)))
        end
      end)
    end)

    it("says so where there is no data at all", function()
      local there, message = zone.load("Europe/Berlin", { directories = { "/no/data", "/none/either" } })
      assert.is_nil(there)
      assert.equal('unknown time zone "Europe/Berlin": no time zone data in /no/data, /none/either; '
        .. "install tzdata or put a zoneinfo folder into the bundle", message)
    end)

    it("proposes the nearest names for one that is unknown", function()
      for name, near in pairs {
        ["europe/berlin"] = "Europe/Berlin?",
        ["Europe/Berln"] = "Europe/Berlin?",
        ["Berlin"] = "Europe/Berlin?",
        ["New York"] = "America/New_York?",
        ["America/NewYork"] = "America/New_York?",
        ["US/Pasific"] = "US/Pacific?",
        ["utc"] = "UTC",
      } do
        local there, message, nearest = zone.load(name, ZONEINFO)
        assert.is_nil(there)
        assert.matches(('unknown time zone "%s"; did you mean %s'):format(name, near), message, 1, true)
        assert.equal(near:match "[^?]+", nearest)
        assert.same({ nil, message, nearest }, { zone.load(name, ZONEINFO) }) -- kept
      end
      local _, message, nearest = zone.load("Mars/Olympus_Mons", ZONEINFO)
      assert.is_nil(nearest)
      assert.equal('unknown time zone "Mars/Olympus_Mons"; for example "Europe/Berlin"', message)
    end)

    it("never leaves the folder", function()
      for _, name in ipairs {
        "", ".", "..", "../zoneinfo/UTC", "Europe/../UTC", "/usr/share/zoneinfo/UTC", "Europe//Berlin",
        "Europe", "Europe/", "./UTC", "Europe/./Berlin", "Europe/Berlin\0", "Europe/Berlin\n", "a b",
        ("A"):rep(5000),
      } do
        local there, message = zone.load(name, ZONEINFO)
        assert.is_nil(there)
        assert.matches("^unknown time zone", message)
      end
    end)

    it("refuses a name that is no string", function()
      assert.error_matches(function()
        zone.load(nil)
      end, "bad zone name: expected a string, got nil", 1, true)
    end)

    it("says which file is bad, and how", function()
      with_bundle("TZdata", function(root, load_test)
        local there, message = load_test()
        assert.is_nil(there)
        assert.equal(("time zone Test: %s/zoneinfo/Test: truncated header"):format(root), message)
      end)
      local file = tzif_file { times = {}, indices = {}, types = { { 0 } }, footer = "AAA1BBB" }
      with_bundle(file, function(_, load_test)
        local there, message = load_test()
        assert.is_nil(there)
        assert.matches('TZ string "AAA1BBB": expected a rule', message, 1, true)
      end)
    end)
  end)
end)

describe("schedule.tzif", function()
  local TWO_TYPES = { { 3600, false }, { 7200, true } }

  it("decodes 64-bit data and the footer", function()
    local file = { times = { -2 ^ 40, 100 }, indices = { 1, 0 }, types = TWO_TYPES, footer = "UTC0" }
    for _, version in ipairs { "2", "3", "4", "5" } do
      file.version = version
      assert.same({
        times = { -1099511627776, 100 },
        offsets = { [0] = 3600, 7200, 3600 },
        isdst = { [0] = false, true, false },
        footer = "UTC0",
      }, assert(tzif.decode(tzif_file(file))))
    end
  end)

  it("decodes version 1", function()
    local file = { version = "\0", times = { -2 ^ 31, 2 ^ 31 - 1 }, indices = { 1, 0 }, types = TWO_TYPES }
    local decoded = assert(tzif.decode(tzif_file(file)))
    assert.same({ -2147483648, 2147483647 }, decoded.times)
    assert.is_nil(decoded.footer)
  end)

  it("leaves the last type in force where there is no footer", function()
    with_bundle(tzif_file { times = { 0 }, indices = { 1 }, types = TWO_TYPES }, function(_, load_test)
      local there = assert(load_test())
      assert.equal(3600, (there:offset_at(-1)))
      assert.equal(7200, (there:offset_at(0)))
      assert.equal(7200, (there:offset_at(1e11)))
    end)
  end)

  it("leaves everything to the footer where there is no transition", function()
    local file = tzif_file { times = {}, indices = {}, types = { { 0 } }, footer = "<+05>-5" }
    with_bundle(file, function(_, load_test)
      local there = assert(load_test())
      assert.equal(18000, (there:offset_at(-1e10)))
      assert.equal(18000, (there:offset_at(1e10)))
    end)
  end)

  it("says what is wrong with a file", function()
    for message, file in pairs {
      ["counts leap seconds"] = { leaps = 1 },
      ["no local time types"] = { types = {} },
      ["offset of -90000 seconds in type 0"] = { types = { { -90000 } } },
      ["offset of 93600 seconds in type 1"] = { types = { { 93599 }, { 93600 } } },
      ["bad type 0"] = { types = { { 0, false, 4 } } },
      ["transition 2 is not after the one before"] = { times = { 5, 5 }, indices = { 0, 0 } },
      ["transition 1 has no type"] = { times = { 5 }, indices = { 1 } },
    } do
      file.times, file.indices = file.times or {}, file.indices or {}
      file.types = file.types or { { -89999 } }
      local decoded, reason = tzif.decode(tzif_file(file))
      assert.is_nil(decoded)
      assert.matches(message, reason, 1, true)
    end
  end)

  it("refuses every beginning of a file", function()
    local data = berlin_file()
    for length = 0, #data - 1 do
      local decoded, message = tzif.decode(data:sub(1, length))
      assert.is_nil(decoded)
      assert.matches("truncated", message, 1, true)
    end
  end)

  it("survives damaged files", function()
    local data = berlin_file()
    math.randomseed(1)
    for _ = 1, 2000 do
      local at = math.random(#data)
      local damaged = data:sub(1, at - 1) .. string.char(math.random(0, 255)) .. data:sub(at + 1)
      local decoded, message = tzif.decode(damaged)
      assert.is_truthy(decoded or type(message) == "string")
    end
  end)

  it("refuses what is no TZif file", function()
    local decoded, message = tzif.decode(("#!/bin/sh\n"):rep(50))
    assert.is_nil(decoded)
    assert.equal("not a TZif file", message)
  end)
end)
