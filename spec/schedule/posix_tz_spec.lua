local calendar = require "schedule.calendar"
local posix_tz = require "schedule.posix_tz"

local function utc(year, month, day, hour, min)
  return calendar.day(year, month, day) * 86400 + (hour or 0) * 3600 + (min or 0) * 60
end

-- Expects that the offset changes at a time, from one to another.
local function assert_change(text, t, before, after)
  local rules = assert(posix_tz.parse(text))
  assert.equal(before, (rules:offset_at(t - 1)))
  assert.equal(after, (rules:offset_at(t)))
  local _, _, _, till = rules:offset_at(t - 1)
  local _, _, from = rules:offset_at(t)
  assert.equal(t, till)
  assert.equal(t, from)
end

describe("schedule.posix_tz", function()
  it("has a fixed offset, east of Greenwich", function()
    for text, offset in pairs {
      UTC0 = 0,
      ["EST5"] = -18000,
      ["<+0545>-5:45"] = 20700,
      ["<-00>0"] = 0,
      ["ABC-24:59:59"] = 89999,
      ["ABC+24"] = -86400,
      ["LMT0:00:01"] = -1,
    } do
      assert.same({ offset, false, -math.huge, math.huge }, { assert(posix_tz.parse(text)):offset_at(0) })
    end
  end)

  it("changes on the nth weekday of a month, the fifth being the last", function()
    assert_change("CET-1CEST,M3.5.0,M10.5.0/3", utc(2026, 3, 29, 1), 3600, 7200)
    assert_change("CET-1CEST,M3.5.0,M10.5.0/3", utc(2026, 10, 25, 1), 7200, 3600)
    assert_change("CET-1CEST,M3.5.0,M10.5.0/3", utc(2100, 3, 28, 1), 3600, 7200)
    assert_change("EST5EDT,M3.2.0,M11.1.0", utc(2026, 3, 8, 7), -18000, -14400)
    assert_change("EST5EDT,M3.2.0,M11.1.0", utc(2026, 11, 1, 6), -14400, -18000)
  end)

  it("changes on a day of the year that counts 29 February, or never does", function()
    assert_change("AAA0BBB,59/0,200", utc(2028, 2, 29), 0, 3600)
    assert_change("AAA0BBB,59/0,200", utc(2027, 3, 1), 0, 3600)
    assert_change("AAA0BBB,J60/0,J200", utc(2028, 3, 1), 0, 3600)
    assert_change("AAA0BBB,J60/0,J200", utc(2027, 3, 1), 0, 3600)
    assert_change("AAA0BBB,J59/0,J200", utc(2028, 2, 28), 0, 3600)
    assert_change("AAA0BBB,0/0,J200", utc(2028, 1, 1), 0, 3600)
    assert_change("AAA0BBB,J365/0,J200", utc(2028, 12, 31), 0, 3600)
  end)

  it("keeps daylight time over the New Year in the south", function()
    local text = "AEST-10AEDT,M10.1.0,M4.1.0/3"
    assert_change(text, utc(2026, 4, 4, 16), 39600, 36000)
    assert_change(text, utc(2026, 10, 3, 16), 36000, 39600)
    local _, isdst = assert(posix_tz.parse(text)):offset_at(utc(2027, 1, 1))
    assert.is_true(isdst)
  end)

  it("moves by half an hour where the offsets say so", function()
    assert_change("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", utc(2026, 10, 3, 15, 30), 37800, 39600)
    assert_change("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", utc(2026, 4, 4, 15), 39600, 37800)
  end)

  it("takes hours from -167 to 167, also into another year", function()
    assert_change("EET-2EEST,M3.4.4/50,M10.4.4/50", utc(2026, 3, 28), 7200, 10800)
    assert_change("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", utc(2026, 3, 29, 1), -7200, -3600)
    assert_change("AAA0BBB,J1/-167,J100", utc(2025, 12, 25, 1), 0, 3600)
    assert_change("AAA0BBB,J100,J365/167", utc(2026, 1, 6, 22), 3600, 0)
    assert_change("AAA0BBB,J1/-167,J1/-100", utc(2027, 12, 25, 1), 0, 3600)
    assert_change("AAA0BBB,J1/-167,J1/-100", utc(2027, 12, 27, 19), 3600, 0)
  end)

  it("knows daylight time that is behind standard time", function()
    local rules = assert(posix_tz.parse "IST-1GMT0,M10.5.0,M3.5.0/1")
    for month, expected in pairs { [1] = { 0, true }, [7] = { 3600, false } } do
      local offset, isdst = rules:offset_at(utc(2026, month, 1))
      assert.same(expected, { offset, isdst })
    end
  end)

  it("knows daylight time that lasts all year", function()
    -- RFC 9636, 3.3.2 and appendix B.1.1
    for _, text in ipairs { "EST5EDT,0/0,J365/25", "XXX3EDT4,0/0,J365/23", "EST5EDT,J9/0,J9/1" } do
      local rules = assert(posix_tz.parse(text))
      for day = calendar.day(2026, 1, 1), calendar.day(2029, 1, 1) do
        local offset, isdst = rules:offset_at(day * 86400 + 5 * 3600)
        assert.same({ -14400, true }, { offset, isdst })
      end
    end
  end)

  it("gives periods without gap or overlap", function()
    for _, text in ipairs { "CET-1CEST,M3.5.0,M10.5.0", "EST5EDT,0/0,J365/25", "AAA0BBB,J1/-167,J1/-100" } do
      local rules = assert(posix_tz.parse(text))
      local t = utc(2026, 1, 1)
      for _ = 1, 20 do
        local _, _, from, till = rules:offset_at(t)
        assert.is_true(from <= t and t < till)
        local _, _, next_from = rules:offset_at(till)
        assert.equal(till, next_from)
        t = till
      end
      assert.is_true(t > utc(2030, 1, 1))
    end
  end)

  it("says what it expected and where", function()
    for text, expected in pairs {
      [""] = "a zone's name at column 1",
      CE = "a zone's name at column 1",
      ["<CET-1"] = "a zone's name at column 1",
      CET = "an offset from UTC at column 4",
      CET25 = "an offset from UTC at column 4",
      ["CET-1CEST"] = "a rule such as ,M3.2.0/2 at column 10",
      ["CET-1CEST,M3.5.0"] = "a rule such as ,M3.2.0/2 at column 17",
      ["CET-1CEST,M13.5.0,M10.5.0"] = "a rule such as ,M3.2.0/2 at column 10",
      ["CET-1CEST,M3.6.0,M10.5.0"] = "a rule such as ,M3.2.0/2 at column 10",
      ["CET-1CEST,M3.5.7,M10.5.0"] = "a rule such as ,M3.2.0/2 at column 10",
      ["CET-1CEST,J0,M10.5.0"] = "a rule such as ,M3.2.0/2 at column 10",
      ["CET-1CEST,366,M10.5.0"] = "a rule such as ,M3.2.0/2 at column 10",
      ["CET-1CEST,M3.5.0/168,M10.5.0"] = "a rule such as ,M3.2.0/2 at column 10",
      ["CET-1CEST,M3.5.0,M10.5.0/"] = "a rule such as ,M3.2.0/2 at column 17",
      ["CET-1CEST,M3.5.0,M10.5.0x"] = "the end at column 25",
      ["CET-1,M3.5.0,M10.5.0"] = "the name of daylight time at column 6",
      ["CET-1:60"] = "the name of daylight time at column 6",
    } do
      local rules, message = posix_tz.parse(text)
      assert.is_nil(rules)
      assert.equal(('TZ string "%s": expected %s'):format(text, expected), message)
    end
  end)
end)
