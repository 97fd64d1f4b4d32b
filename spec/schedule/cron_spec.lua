local cron = require "schedule.cron"
local zone = require "schedule.zone"

local UTC = zone.load "UTC"
local ZONEINFO = { directories = { "/usr/share/zoneinfo" } }

local function load(name)
  return assert(zone.load(name, ZONEINFO))
end

-- Seconds of a text such as "2026-03-29 02:30" or "2026-03-29", read as UTC.
local function at(text)
  local year, month, day, hour, min = text:match "^(%d+)-(%d+)-(%d+) ?(%d*):?(%d*)$"
  return UTC:utc {
    year = tonumber(year),
    month = tonumber(month),
    day = tonumber(day),
    hour = tonumber(hour),
    min = tonumber(min),
  }
end

local function text_of(t)
  if not t then
    return "never"
  end
  local date = UTC:local_time(t)
  return ("%04d-%02d-%02d %02d:%02d"):format(date.year, date.month, date.day, date.hour, date.min)
end

-- The next times, in UTC, at which an expression fires after a time. Checks that they are the same backward.
local function next_times(expression, from, count, in_zone)
  local schedule = assert(cron.parse(expression))
  local texts, times = {}, {}
  local t = at(from)
  for i = 1, count do
    t = schedule:next(t, in_zone)
    texts[i], times[i] = text_of(t), t
    if not t then
      break
    end
  end
  for i = #times, 1, -1 do
    assert.equal(times[i], schedule:previous(times[i], in_zone))
    assert.equal(times[i], schedule:previous((times[i + 1] or times[i] + 1) - 1, in_zone))
  end
  return texts
end

describe("schedule.cron", function()
  describe("in five fields", function()
    local function check(expression, from, ...)
      assert.same({ ... }, next_times(expression, from, select("#", ...)))
    end

    it("fires strictly after a time, and fired before or at it", function()
      local schedule = assert(cron.parse "30 9 * * *")
      local t = at "2026-11-24 09:30"
      assert.equal(t, schedule:next(t - 1))
      assert.equal(t + 86400, schedule:next(t))
      assert.equal(t, schedule:previous(t))
      assert.equal(t - 86400, schedule:previous(t - 1))
    end)

    it("takes fractions of a second", function()
      local schedule = assert(cron.parse "30 9 * * *")
      local t = at "2026-11-24 09:30"
      assert.equal(t, schedule:next(t - 0.25))
      assert.equal(t + 86400, schedule:next(t + 0.25))
      assert.equal(t, schedule:previous(t + 0.25))
      assert.equal(t - 86400, schedule:previous(t - 0.25))
    end)

    it("knows times before 1970", function()
      check("0 12 29 2 *", "1890-01-01", "1892-02-29 12:00", "1896-02-29 12:00", "1904-02-29 12:00")
    end)

    it("knows stars, values, lists, ranges and steps", function()
      check("* * * * *", "2026-12-31 23:58", "2026-12-31 23:59", "2027-01-01 00:00", "2027-01-01 00:01")
      check("*/25 3 * * *", "2026-01-01", "2026-01-01 03:00", "2026-01-01 03:25", "2026-01-01 03:50",
        "2026-01-02 03:00")
      check("5,1-2 0 * * *", "2026-01-01", "2026-01-01 00:01", "2026-01-01 00:02", "2026-01-01 00:05")
      check("0 8-18/4 * * *", "2026-01-01", "2026-01-01 08:00", "2026-01-01 12:00", "2026-01-01 16:00",
        "2026-01-02 08:00")
      check("50/4 0 * * *", "2026-01-01", "2026-01-01 00:50", "2026-01-01 00:54", "2026-01-01 00:58",
        "2026-01-02 00:50")
      check("*/90 */90 * * *", "2026-01-01 01:00", "2026-01-02 00:00", "2026-01-03 00:00")
      check("08 009 * * *", "2026-01-01", "2026-01-01 09:08")
    end)

    it("knows names in any case", function()
      check("0 0 1 jan,Jul-SEP *", "2026-01-15", "2026-07-01 00:00", "2026-08-01 00:00", "2026-09-01 00:00",
        "2027-01-01 00:00")
      check("0 0 * * mon-Wed", "2026-11-26", "2026-11-30 00:00", "2026-12-01 00:00", "2026-12-02 00:00",
        "2026-12-07 00:00")
    end)

    it("has Sunday twice, as 0 and as 7", function()
      for _, sunday in ipairs { "0", "7", "SUN", "0,7", "7-7", "0/7", "SUN-SUN" } do
        check("0 0 * * " .. sunday, "2026-11-24", "2026-11-29 00:00", "2026-12-06 00:00")
      end
      for _, weekend in ipairs { "6-7", "SAT-SUN", "sat-7", "6,0", "6/1" } do
        check("0 0 * * " .. weekend, "2026-11-24", "2026-11-28 00:00", "2026-11-29 00:00", "2026-12-05 00:00")
      end
      check("0 0 * * MON-SUN", "2026-11-27", "2026-11-28 00:00", "2026-11-29 00:00", "2026-11-30 00:00")
    end)

    it("fires on either day when both fields choose", function()
      check("0 0 13 * 5", "2026-11-01", "2026-11-06 00:00", "2026-11-13 00:00", "2026-11-20 00:00",
        "2026-11-27 00:00", "2026-12-04 00:00", "2026-12-11 00:00", "2026-12-13 00:00")
      check("0 0 1-31 * 5", "2026-11-01", "2026-11-02 00:00", "2026-11-03 00:00")
    end)

    it("needs both days when a field starts with a star", function()
      check("0 0 */10 * 5", "2026-01-01", "2026-05-01 00:00", "2026-07-31 00:00", "2026-08-21 00:00")
      check("0 0 13 * */5", "2026-01-01", "2026-02-13 00:00", "2026-03-13 00:00", "2026-09-13 00:00")
      check("0 0 *,1 * 5", "2026-11-01", "2026-11-06 00:00", "2026-11-13 00:00")
      check("0 0 ? * 5", "2026-11-01", "2026-11-06 00:00", "2026-11-13 00:00")
      check("0 0 13 * ?", "2026-11-01", "2026-11-13 00:00", "2026-12-13 00:00")
    end)

    it("knows the last day, the last one of a weekday, and the nth", function()
      check("0 0 L * *", "2028-01-01", "2028-01-31 00:00", "2028-02-29 00:00", "2028-03-31 00:00")
      check("0 0 L,1 * *", "2026-02-02", "2026-02-28 00:00", "2026-03-01 00:00", "2026-03-31 00:00")
      check("0 0 * * 5L", "2026-01-01", "2026-01-30 00:00", "2026-02-27 00:00", "2026-03-27 00:00")
      check("0 0 * * sunl", "2026-01-01", "2026-01-25 00:00", "2026-02-22 00:00")
      check("0 0 * * 7#1", "2026-01-01", "2026-01-04 00:00", "2026-02-01 00:00")
      check("0 0 * * TUE#5", "2026-01-01", "2026-03-31 00:00", "2026-06-30 00:00", "2026-09-29 00:00")
      check("0 0 L * 1#1", "2026-01-01", "2026-01-05 00:00", "2026-01-31 00:00", "2026-02-02 00:00")
    end)

    it("knows the workday nearest to a day, within the month", function()
      check("0 0 15W * *", "2026-07-01", "2026-07-15 00:00", "2026-08-14 00:00", "2026-09-15 00:00")
      check("0 0 1W * *", "2026-08-01", "2026-08-03 00:00", "2026-09-01 00:00", "2026-10-01 00:00",
        "2026-11-02 00:00")
      check("0 0 31W * *", "2026-05-01", "2026-05-29 00:00", "2026-07-31 00:00", "2026-08-31 00:00")
      check("0 0 LW * *", "2026-01-01", "2026-01-30 00:00", "2026-02-27 00:00", "2026-03-31 00:00")
    end)

    it("knows 29 February", function()
      check("0 0 29 2 *", "2026-01-01", "2028-02-29 00:00", "2032-02-29 00:00")
      check("0 0 29 2 *", "2096-03-01", "2104-02-29 00:00")
      check("0 0 29 2 */7", "2026-01-01", "2032-02-29 00:00", "2060-02-29 00:00", "2088-02-29 00:00",
        "2128-02-29 00:00")
    end)

    it("ends for what never comes", function()
      for _, never in ipairs { "0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "* * 30W feb *", "0 0 31 4 */7" } do
        local schedule = assert(cron.parse(never))
        for _, t in ipairs { 0, at "2026-11-24", at "9999-12-31", -1e11, 1e13 } do
          assert.is_nil(schedule:next(t))
          assert.is_nil(schedule:previous(t))
          assert.is_nil(schedule:next(t, load "Europe/Berlin"))
          assert.is_nil(schedule:previous(t, load "Europe/Berlin"))
        end
      end
    end)

    it("ends for what the clock skips each time", function()
      local schedule = assert(cron.parse "* 2 30 3 */15") -- a Sunday, 30 March: the last one of the month
      local berlin = load "Europe/Berlin"
      assert.is_nil(schedule:next(at "2026-11-24", berlin))
      assert.equal("1980-03-30 01:59", text_of(schedule:previous(at "2026-11-24", berlin)))
      assert.equal("1975-03-30 01:00", text_of(schedule:next(at "1970-01-01", berlin)))
      assert.is_nil(schedule:previous(1e13, berlin))
    end)

    it("knows nicknames", function()
      check("@yearly", "2026-11-24", "2027-01-01 00:00", "2028-01-01 00:00")
      check("@annually", "2026-11-24", "2027-01-01 00:00", "2028-01-01 00:00")
      check("@monthly", "2026-11-24", "2026-12-01 00:00", "2027-01-01 00:00")
      check("@weekly", "2026-11-24", "2026-11-29 00:00", "2026-12-06 00:00")
      check("@daily", "2026-11-24", "2026-11-25 00:00", "2026-11-26 00:00")
      check(" @Midnight ", "2026-11-24", "2026-11-25 00:00", "2026-11-26 00:00")
      check("@hourly", "2026-11-24", "2026-11-24 01:00", "2026-11-24 02:00")
    end)

    it("ignores spaces around", function()
      check(" 0\t 9 *  * * ", "2026-11-24", "2026-11-24 09:00")
    end)
  end)

  describe("in six fields", function()
    local function check(expression, from, ...)
      local count = select("#", ...)
      assert.same({ ... }, next_times("cron(" .. expression .. ")", from, count))
      assert.same({ ... }, next_times(expression, from, count))
    end

    it("has weekdays from 1, Sunday", function()
      check("0 9 ? * 2-6 *", "2026-11-27 12:00", "2026-11-30 09:00", "2026-12-01 09:00")
      check("0 9 ? * MON-FRI *", "2026-11-27 12:00", "2026-11-30 09:00", "2026-12-01 09:00")
      check("0 9 ? * 1,7 *", "2026-11-24", "2026-11-28 09:00", "2026-11-29 09:00")
      check("0 9 ? * L *", "2026-11-24", "2026-11-28 09:00", "2026-12-05 09:00")
      check("0 9 ? * 6L *", "2026-01-01", "2026-01-30 09:00", "2026-02-27 09:00")
      check("0 9 ? * 3#2 *", "2026-01-01", "2026-01-13 09:00", "2026-02-10 09:00")
    end)

    it("has special days", function()
      check("0 9 L * ? *", "2026-01-31 12:00", "2026-02-28 09:00", "2026-03-31 09:00")
      check("0 9 3W * ? *", "2026-01-01", "2026-01-02 09:00", "2026-02-03 09:00")
      check("0 9 LW 5 ? *", "2026-01-01", "2026-05-29 09:00", "2027-05-31 09:00")
      check("0/10 8-17 ? * MON-FRI *", "2026-11-27 17:45", "2026-11-27 17:50", "2026-11-30 08:00")
    end)

    it("has years", function()
      check("0 0 1 1 ? 2027,2030-2031", "2026-11-24", "2027-01-01 00:00", "2030-01-01 00:00",
        "2031-01-01 00:00", "never")
      check("0 0 29 2 ? 2026-2027", "2026-01-01", "never")
      check("0 0 1 1 ? 2190/5", "2026-01-01", "2190-01-01 00:00", "2195-01-01 00:00", "never")
      check("0 0 1 1 ? *", "2198-06-01", "2199-01-01 00:00", "never")
      check("59 23 31 12 ? 2199", "1000-01-01", "2199-12-31 23:59", "never")
    end)

    it("fired last in the last of its years, and never before the first", function()
      local schedule = assert(cron.parse "0 0 1 1 ? 1970-1980")
      assert.equal("1980-01-01 00:00", text_of(schedule:previous(at "9999-01-01")))
      assert.equal("1970-01-01 00:00", text_of(schedule:previous(0)))
      assert.is_nil(schedule:previous(-1))
      assert.equal("1970-01-01 00:00", text_of(schedule:next(at "1500-01-01")))
    end)
  end)

  describe("at clock changes", function()
    local berlin = load "Europe/Berlin"

    local function check(in_zone, expression, from, ...)
      assert.same({ ... }, next_times(expression, from, select("#", ...), in_zone))
    end

    it("means the zone's clock", function()
      check(berlin, "0 9 * * *", "2026-07-01 12:00", "2026-07-02 07:00")
      check(berlin, "0 9 * * *", "2026-12-01 12:00", "2026-12-02 08:00")
      check(berlin, "0 0 1 1 *", "2026-12-01", "2026-12-31 23:00")
    end)

    it("fires at the end of the gap for a time that is skipped", function()
      check(berlin, "30 2 * * *", "2026-03-28", "2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30")
      check(berlin, "0 2 * * *", "2026-03-28", "2026-03-28 01:00", "2026-03-29 01:00", "2026-03-30 00:00")
      check(berlin, "0 3 * * *", "2026-03-28", "2026-03-28 02:00", "2026-03-29 01:00", "2026-03-30 01:00")
    end)

    it("fires once for several times that are skipped", function()
      check(berlin, "0,20,40 2-3 29 3 *", "2026-03-28", "2026-03-29 01:00", "2026-03-29 01:20",
        "2026-03-29 01:40")
      check(load "America/New_York", "30 2,3 8 3 *", "2026-03-08", "2026-03-08 07:00", "2026-03-08 07:30",
        "2027-03-08 07:30")
    end)

    it("fires once, at the first, for a time that comes twice", function()
      check(berlin, "30 2 * * *", "2026-10-24 12:00", "2026-10-25 00:30", "2026-10-26 01:30")
      check(berlin, "0,30 2,3 25 10 *", "2026-10-24", "2026-10-25 00:00", "2026-10-25 00:30",
        "2026-10-25 02:00", "2026-10-25 02:30")
    end)

    it("is between the same two times while the clock shows a time again", function()
      local schedule = assert(cron.parse "30 2 * * *")
      for minute = 30, 89 do
        local t = at "2026-10-25 00:00" + minute * 60
        assert.equal("2026-10-25 00:30", text_of(schedule:previous(t, berlin)))
        assert.equal("2026-10-26 01:30", text_of(schedule:next(t, berlin)))
      end
    end)

    it("follows the clock where the minute or hour starts with a star", function()
      check(berlin, "30 * * * *", "2026-03-29", "2026-03-29 00:30", "2026-03-29 01:30", "2026-03-29 02:30")
      check(berlin, "30 */2 * * *", "2026-03-28 22:00", "2026-03-28 23:30", "2026-03-29 02:30")
      check(berlin, "*/30 2 * * *", "2026-03-28", "2026-03-28 01:00", "2026-03-28 01:30", "2026-03-30 00:00")
      check(berlin, "30 * * * *", "2026-10-24 23:45", "2026-10-25 00:30", "2026-10-25 01:30",
        "2026-10-25 02:30")
      check(berlin, "*/30 2 * * *", "2026-10-24 23:00", "2026-10-25 00:00", "2026-10-25 00:30",
        "2026-10-25 01:00", "2026-10-25 01:30", "2026-10-26 01:00")
      check(berlin, "@hourly", "2026-10-24 23:59", "2026-10-25 00:00", "2026-10-25 01:00", "2026-10-25 02:00")
    end)

    it("follows the clock back into the last or first of all times", function()
      check(berlin, "*/30 2 25 10 ? 2026", "2026-10-25 00:30", "2026-10-25 01:00", "2026-10-25 01:30",
        "never")
      check(load "America/St_Johns", "*/30 0 7 11 ? 2010", "2010-11-07", "2010-11-07 02:30",
        "2010-11-07 03:30", "2010-11-07 04:00", "never")
      check(berlin, "30 2 25 10 ? 2026", "2026-10-25", "2026-10-25 00:30", "never")
    end)

    it("knows changes of half an hour", function()
      local there = load "Australia/Lord_Howe"
      check(there, "45 1 * * *", "2026-04-04", "2026-04-04 14:45", "2026-04-05 15:15")
      check(there, "*/15 1 5 4 *", "2026-04-04 14:20", "2026-04-04 14:30", "2026-04-04 14:45",
        "2026-04-04 15:00", "2026-04-04 15:15", "2027-04-04 14:30")
      check(there, "15 2 * * *", "2026-10-03", "2026-10-03 15:30", "2026-10-04 15:15")
    end)

    it("knows gaps at midnight", function()
      check(load "America/Sao_Paulo", "0 0 * * *", "2018-11-03 12:00", "2018-11-04 03:00", "2018-11-05 02:00")
      check(load "America/Sao_Paulo", "30 0 * * 0", "2018-11-03", "2018-11-04 03:00", "2018-11-11 02:30")
    end)

    it("knows days that are skipped whole", function()
      local samoa = load "Pacific/Apia"
      check(samoa, "0 9 * * *", "2011-12-29", "2011-12-29 19:00", "2011-12-30 10:00", "2011-12-30 19:00")
      check(samoa, "0 9,17 30 * *", "2011-12-02", "2011-12-30 10:00", "2012-01-29 19:00")
      check(samoa, "0 * 30 12 *", "2011-12-01", "2012-12-29 10:00")
      check(samoa, "@hourly", "2011-12-30 08:30", "2011-12-30 09:00", "2011-12-30 10:00", "2011-12-30 11:00")
    end)

    it("knows zones whose daylight time is in winter", function()
      check(load "Africa/Casablanca", "30 2 * * *", "2025-02-22", "2025-02-22 01:30", "2025-02-23 01:30",
        "2025-02-24 02:30")
      check(load "Europe/Dublin", "30 1 * * *", "2026-10-24 12:00", "2026-10-25 00:30", "2026-10-26 01:30")
      check(load "Europe/Dublin", "30 1 * * *", "2026-03-28 12:00", "2026-03-29 01:00", "2026-03-30 00:30")
    end)

    it("knows years that only the footer tells", function()
      check(berlin, "30 2 * * *", "2100-03-27 12:00", "2100-03-28 01:00", "2100-03-29 00:30")
      check(berlin, "30 2 * * *", "2099-10-24 12:00", "2099-10-25 00:30", "2099-10-26 01:30")
    end)

    it("fires on whole minutes of a clock that is not on them", function()
      check(berlin, "0 12 * * *", "1850-01-01 12:00", "1850-01-02 11:06")
      local schedule = assert(cron.parse "* * * * *")
      assert.equal(at "1850-01-01" + 32, schedule:next(at "1850-01-01", berlin))
    end)

    it("has one set of times forward and backward, through a year of changes", function()
      local zones = { load "Europe/Berlin", load "Australia/Lord_Howe", load "Antarctica/Troll" }
      for _, expression in ipairs { "7 */5 * * *", "*/45 1-3 * * *", "0,59 0-3 * * *", "30 2 * * 0" } do
        local schedule = assert(cron.parse(expression))
        for _, there in ipairs(zones) do
          local t = at "2026-01-01"
          while t < at "2027-01-01" do
            local following = schedule:next(t, there)
            assert(following > t)
            assert(schedule:previous(following, there) == following)
            assert(schedule:previous(following - 1, there) <= t)
            assert(schedule:next(following - 1, there) == following)
            t = following
          end
        end
      end
    end)
  end)

  describe("refuses", function()
    local DAYS = "0-7 (0 and 7: Sunday) or SUN-SAT with * , - / ?, and 5L (last Friday), 5#2 (second one)"
    local DATES = "1-31 with * , - / ?, "
      .. "and L (last day), LW (last Mon-Fri), 15W (Mon-Fri nearest to the 15th)"
    local CRONTAB = "5 fields (minute hour day-of-month month day-of-week)"
    local EVENTBRIDGE = "6 fields (minute hour day-of-month month day-of-week year)"

    local function check(expression, message)
      local schedule, actual = cron.parse(expression)
      assert.is_nil(schedule)
      assert.equal(message, actual)
      assert(cron.parse(actual:match "for example: (.*)$"))
    end

    -- Expects an error that names a field, its column, what is wrong there, and a right expression.
    local function check_part(expression, where, wrong, example)
      local schedule, actual = cron.parse(expression)
      assert.is_nil(schedule)
      assert.matches(("^%s: %s; allowed: .*; for example: (.*)$"):format(
        where:gsub("%p", "%%%0"), (wrong:gsub("%p", "%%%0"))), actual)
      assert.equal(example, actual:match "for example: (.*)$")
      assert(cron.parse(example))
    end

    it("values out of range", function()
      check("0 25 * * *", 'hour (field 2, column 3): "25" is out of range; '
        .. "allowed: 0-23 with * , - /; for example: 0 23 * * *")
      check_part("60 * * * *", "minute (field 1, column 1)", '"60" is out of range', "59 * * * *")
      check_part("0 0 0 * *", "day-of-month (field 3, column 5)", '"0" is out of range', "0 0 1 * *")
      check_part("0 0 1-32 * *", "day-of-month (field 3, column 7)", '"32" is out of range', "0 0 1-31 * *")
      check_part("0 0 * 13 *", "month (field 4, column 7)", '"13" is out of range', "0 0 * 12 *")
      check_part("0 0 * * 1,8", "day-of-week (field 5, column 11)", '"8" is out of range', "0 0 * * 1,7")
      check_part("0 0 32W * *", "day-of-month (field 3, column 5)", '"32" is out of range', "0 0 31W * *")
      check_part("0 0 ? * 0 *", "day-of-week (field 5, column 9)", '"0" is out of range', "0 0 ? * 1 *")
      check_part("cron(0 0 1 1 ? 1969)", "year (field 6, column 16)", '"1969" is out of range',
        "cron(0 0 1 1 ? 1970)")
      check_part("cron(0 0 1 1 ? 2200)", "year (field 6, column 16)", '"2200" is out of range',
        "cron(0 0 1 1 ? 2199)")
    end)

    it("unknown words, with what they may have meant", function()
      check("0 9 * * Moday", 'day-of-week (field 5, column 9): "Moday" is not understood; allowed: ' .. DAYS
        .. "; for example: 0 9 * * MON")
      check_part("0 9 * * Thur", "day-of-week (field 5, column 9)", '"Thur" is not understood', "0 9 * * THU")
      check_part("0 9 * Sept *", "month (field 4, column 7)", '"Sept" is not understood', "0 9 * SEP *")
      check_part("0 9 * 1-agu *", "month (field 4, column 9)", '"agu" is not understood', "0 9 * 1-AUG *")
      check_part("0 9 * Lenz *", "month (field 4, column 7)", '"Lenz" is not understood', "0 9 * 1 *")
      check_part("x 9 * * *", "minute (field 1, column 1)", '"x" is not understood', "0 9 * * *")
      check_part("0 9:30 * * *", "hour (field 2, column 3)", '"9:30" is not understood', "0 9 * * *")
      check_part("0 9 * * ?,1", "day-of-week (field 5, column 9)", '"?" is not understood', "0 9 * * 1,1")
      check_part("? 9 * * *", "minute (field 1, column 1)", '"?" is not understood', "0 9 * * *")
      check_part("1.5 9 * * *", "minute (field 1, column 1)", '"1.5" is not understood', "0 9 * * *")
    end)

    it("ranges that run backwards", function()
      check_part("0 22-2 * * *", "hour (field 2, column 3)", '"22-2" runs backwards', "0 22-23,0-2 * * *")
      check_part("0 9 * nov-feb *", "month (field 4, column 7)", '"nov-feb" runs backwards',
        "0 9 * NOV-DEC,JAN-FEB *")
      check_part("0 9 * * Fri-Mon", "day-of-week (field 5, column 9)", '"Fri-Mon" runs backwards',
        "0 9 * * FRI-SAT,SUN-MON")
      check_part("0 9 ? * FRI-SUN *", "day-of-week (field 5, column 9)", '"FRI-SUN" runs backwards',
        "0 9 ? * FRI-SAT,SUN *")
      check_part("59-0 9 * * *", "minute (field 1, column 1)", '"59-0" runs backwards', "59,0 9 * * *")
    end)

    it("parts that are missing", function()
      check_part("1,,2 9 * * *", "minute (field 1, column 3)", "a value is missing", "1,0,2 9 * * *")
      check_part("0 9, * * *", "hour (field 2, column 5)", "a value is missing", "0 9,9 * * *")
      check_part("-5 9 * * *", "minute (field 1, column 1)", "a value is missing", "0-5 9 * * *")
      check_part("0 9- * * *", "hour (field 2, column 5)", "a value is missing", "0 9-9 * * *")
      check_part("/5 9 * * *", "minute (field 1, column 1)", "a value is missing", "0/5 9 * * *")
      check_part("0 9 * * #2", "day-of-week (field 5, column 9)", "a value is missing", "0 9 * * 1#2")
      check_part("0 9 W * *", "day-of-month (field 3, column 5)", '"W" is not understood', "0 9 L * *")
    end)

    it("steps that are none", function()
      for _, step in ipairs { "0", "", "x", "-1", "1.5", "2/3" } do
        check_part(("*/%s 9 * * *"):format(step), "minute (field 1, column 1)",
          ('"*/%s" has no step, a whole number from 1, after the /'):format(step), "*/2 9 * * *")
      end
    end)

    it("special days that are none", function()
      check("0 9 1-5W * *", 'day-of-month (field 3, column 5): "1-5W" is not understood; allowed: ' .. DATES
        .. "; for example: 0 9 L * *")
      check_part("0 9 L-3 * *", "day-of-month (field 3, column 5)", '"L-3" is not understood', "0 9 L * *")
      check_part("0 9 * * 5#6", "day-of-week (field 5, column 9)",
        '"5#6" has no number from 1 to 5 after the #', "0 9 * * 5#1")
      check_part("0 9 * * L", "day-of-week (field 5, column 9)",
        '"L" needs a weekday, whose last one in the month it is', "0 9 * * 5L")
      check_part("0 9 * * 8L", "day-of-week (field 5, column 9)", '"8" is out of range', "0 9 * * 7L")
    end)

    it("an example that corrects one error of several", function()
      check_part("99 99 * * *", "minute (field 1, column 1)", '"99" is out of range', "0 9 * * 1-5")
      check_part("99 9 ? * ? *", "minute (field 1, column 1)", '"99" is out of range',
        "cron(0 9 ? * MON-FRI *)")
    end)

    it("any other number of fields", function()
      check("", "column 1: nothing is there; allowed: " .. CRONTAB .. "; for example: 0 9 * * 1-5")
      check(" \t", "column 1: nothing is there; allowed: " .. CRONTAB .. "; for example: 0 9 * * 1-5")
      for expression, count in pairs { ["9"] = 1, ["0 9 * *"] = 4, ["0 0 9 ? * MON *"] = 7 } do
        check(expression, ("column 1: %d field%s given; allowed: %s, or 6 as in EventBridge, with a year; "
          .. "for example: 0 9 * * 1-5"):format(count, count == 1 and "" or "s", CRONTAB))
      end
      for expression, count in pairs { ["cron(0 9 * * ?)"] = 5, ["cron()"] = 0 } do
        check(expression, ("column 6: %d fields given; allowed: %s; "
          .. "for example: cron(0 9 ? * MON-FRI *)"):format(count, EVENTBRIDGE))
      end
      check("cron(0 9 ? * MON *",
        "column 19: cron( is not closed; allowed: " .. EVENTBRIDGE .. "; for example: cron(0 9 ? * MON *)")
    end)

    it("two day fields, or none, in EventBridge's form", function()
      check_part("cron(0 9 * * * *)", "day-of-week (field 5, column 14)",
        '"*" must be "?", as the other day field is not', "cron(0 9 * * ? *)")
      check_part("cron(0 9 * * MON *)", "day-of-month (field 3, column 10)",
        '"*" must be "?", as the other day field is not', "cron(0 9 ? * MON *)")
      check_part("0 9 1 * MON *", "day-of-month (field 3, column 5)",
        '"1" must be "?", as the other day field is not', "0 9 ? * MON *")
      check_part("0 9 ? * ? *", "day-of-month (field 3, column 5)",
        '"?" cannot stand in both day fields', "0 9 * * ? *")
    end)

    it("nicknames that are no times", function()
      local nicknames = "@yearly @annually @monthly @weekly @daily @midnight @hourly; for example: @daily"
      check("@reboot", 'column 1: "@reboot" is not a time of the clock; allowed: ' .. nicknames)
      check(" @dayly", 'column 2: "@dayly" is not known; allowed: ' .. nicknames)
      check("@daily 5", 'column 1: "@daily" stands alone, without fields after it; allowed: ' .. nicknames)
    end)

    it("rates, with the cron expression nearest to them", function()
      for rate, example in pairs {
        ["rate(5 minutes)"] = "*/5 * * * *",
        ["rate(1 minute)"] = "*/1 * * * *",
        ["rate(12 hours)"] = "0 */12 * * *",
        ["Rate( 1 day )"] = "0 0 * * *",
        ["rate(90 minutes)"] = "0 0 * * *",
        ["rate(soon)"] = "0 0 * * *",
      } do
        check(rate, ('column 1: "%s" is an interval, not times of the clock; allowed: cron expressions; '
          .. "for example: %s"):format(rate, example))
      end
    end)

    it("whatever else is written, without an error", function()
      math.randomseed(1)
      local alphabet = "0123456789*/-,?LW# @cronat()MONJASU\t\0\200"
      for _ = 1, 5000 do
        local text = {}
        for i = 1, math.random(30) do
          local place = math.random(#alphabet)
          text[i] = alphabet:sub(place, place)
        end
        local schedule, message = cron.parse(table.concat(text))
        assert(schedule or cron.parse(message:match "for example: ([^\n]*)$"))
      end
      local long = ("9"):rep(1e5)
      for _, expression in ipairs { long .. " * * * *", "x * * * " .. long, "@" .. long, "rate(" .. long } do
        local _, message = cron.parse(expression)
        assert.is_true(#message < 400)
      end
    end)

    it("what is no text, no time, no zone", function()
      assert.error_matches(function()
        cron.parse(5)
      end, "bad cron expression: expected a string, got number", 1, true)
      local schedule = assert(cron.parse "@daily")
      for _, bad in ipairs { "0", 0 / 0, math.huge, {} } do
        assert.error_matches(function()
          schedule:next(bad)
        end, "bad time: expected a finite number", 1, true)
        assert.error_matches(function()
          schedule:previous(bad)
        end, "bad time: expected a finite number", 1, true)
      end
      assert.error_matches(function()
        schedule:next(0, "Europe/Berlin")
      end, "bad zone: expected one from schedule.zone, got string", 1, true)
    end)
  end)
end)
