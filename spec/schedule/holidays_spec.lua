local calendar = require "schedule.calendar"
local holidays = require "schedule.holidays"
local zone = require "schedule.zone"

local UTC, BERLIN = zone.load "UTC", assert(zone.load "Europe/Berlin")
local AUCKLAND, LOS_ANGELES = assert(zone.load "Pacific/Auckland"), assert(zone.load "America/Los_Angeles")

-- An iCalendar of events, each a list of lines.
local function ics(...)
  local lines = { "BEGIN:VCALENDAR", "VERSION:2.0" }
  for _, event in ipairs { ... } do
    lines[#lines + 1] = "BEGIN:VEVENT"
    for _, line in ipairs(event) do lines[#lines + 1] = line end
    lines[#lines + 1] = "END:VEVENT"
  end
  lines[#lines + 1] = "END:VCALENDAR"
  return table.concat(lines, "\r\n") .. "\r\n"
end

-- The holidays from one year to another: "2026-12-25 Christmas, ..."
local function days(found, from, to, in_zone)
  local list = {}
  for day = calendar.day(from, 1, 1), calendar.day(to or from, 12, 31) do
    local name = found:on(day, in_zone or UTC)
    local date = ("%04d-%02d-%02d"):format(calendar.date(day))
    if name then list[#list + 1] = name == "" and date or date .. " " .. name end
  end
  return table.concat(list, ", ")
end

local function of(event, from, to, in_zone)
  return days(assert(holidays.parse(ics(event), "ics")), from, to, in_zone)
end

local function problem(text, kind)
  local found, message = holidays.parse(text, kind or "ics")
  assert.is_nil(found)
  return message
end

describe("schedule.holidays", function()
  describe("reads a plain list", function()
    it("of days and ranges, with names and comments", function()
      local found = assert(holidays.parse("\239\187\191# ours\r\n\r\n2026-12-25  Christmas Day # at last\r\n"
        .. "  2026-12-31/2027-01-02\n2028-02-29 Leap Day", "txt"))
      assert.equal("2026-12-25 Christmas Day, 2026-12-31, 2027-01-01, 2027-01-02, 2028-02-29 Leap Day",
        days(found, 2026, 2028))
      assert.equal("", days(assert(holidays.parse("", "txt")), 2026))
    end)

    it("and says which line is wrong", function()
      assert.equal('line 2: "25.12.2026" is no date; for example: 2026-12-25, or 2026-12-27/2026-12-31',
        problem("2026-12-24\n25.12.2026 Christmas", "txt"))
      assert.matches('^line 1: "2026%-02%-29" is no date', problem("2026-02-29", "txt"))
      assert.matches("^line 1: .* ends before it begins", problem("2026-12-27/2026-12-26", "txt"))
      assert.matches("^line 1: .* is longer than a year", problem("2026-01-01/2027-01-02", "txt"))
      assert.matches("larger than 1048576 bytes", problem(("#"):rep(1048577), "txt"))
    end)
  end)

  describe("reads an iCalendar", function()
    it("of whole days: one, until an end that is not one of them, or for so long", function()
      assert.equal("2026-12-25 Christmas", of({ "DTSTART;VALUE=DATE:20261225", "SUMMARY:Christmas" }, 2026))
      assert.equal("2026-12-25", of({ "DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261225" }, 2026))
      assert.equal("2026-12-31, 2027-01-01",
        of({ "DTSTART;VALUE=DATE:20261231", "DTEND;VALUE=DATE:20270102" }, 2026, 2027))
      assert.equal("2026-12-24, 2026-12-25, 2026-12-26", of({ "DTSTART:20261224", "DURATION:P3D" }, 2026))
      assert.equal(7, select(2, of({ "DTSTART:20261201", "DURATION:P1W" }, 2026):gsub("2026", "")))
    end)

    it("of times, which count on the clock of their zone", function()
      local noon = "DTSTART;TZID=Europe/Berlin:20261224T120000"
      assert.equal("2026-12-24", of({ noon, "DURATION:PT11H59M59S" }, 2026))
      assert.equal("2026-12-24", of({ "DTSTART:20261224T120000", "DTEND:20261225T000000" }, 2026))
      assert.equal("2026-12-24, 2026-12-25", of({ "DTSTART:20261224T120000", "DTEND:20261225T000001" }, 2026))
      assert.equal("2026-12-24", of({ 'DTSTART;TZID="A: (UTC+1); B":20261224T235959' }, 2026))
      assert.equal("2026-12-25", of({
        "DTSTART;TZID=Europe/Berlin:20261225T000000", "DTEND:20261225T230000Z",
      }, 2026))
    end)

    it("of times in UTC, which count in the zone that is asked for", function()
      local event = { "DTSTART:20261224T230000Z", "DTEND:20261225T230000Z" }
      assert.equal("2026-12-25", of(event, 2026, 2026, BERLIN))
      assert.equal("2026-12-24, 2026-12-25", of(event, 2026, 2026, UTC))
      assert.equal("2026-12-25, 2026-12-26", of(event, 2026, 2026, AUCKLAND))
      local found = assert(holidays.parse(ics { "DTSTART:20270101T000000Z" }, "ics"))
      assert.equal("2026-12-31", days(found, 2026, 2026, LOS_ANGELES))
      assert.equal("2027-01-01", days(found, 2026, 2027, UTC))
    end)

    it("that recurs", function()
      assert.equal("2024-02-29, 2028-02-29", of({ "DTSTART:20200229", "RRULE:FREQ=YEARLY" }, 2021, 2029))
      assert.equal("2026-11-26, 2027-11-25",
        of({ "DTSTART:20001123", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH" }, 2026, 2027))
      assert.equal("2026-05-25", of({ "DTSTART:20000529", "RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO" }, 2026))
      assert.equal("2026-01-30, 2026-02-27", of({
        "DTSTART:20251128", "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;UNTIL=20260301",
      }, 2026))
      assert.equal("2026-12-20, 2026-12-27, 2027-01-03",
        of({ "DTSTART:20261220", "RRULE:FREQ=WEEKLY;COUNT=3" }, 2026, 2027))
      assert.equal("2026-01-01, 2026-12-31, 2027-01-01",
        of({ "DTSTART:20161231", "DTEND:20170102", "RRULE:FREQ=YEARLY;UNTIL=20261231" }, 2026, 2027))
      assert.equal("2026-01-05, 2026-01-06, 2026-01-12", of({
        "DTSTART:20260105", "RRULE:FREQ=MONTHLY;BYDAY=1MO,1TU,2MO;COUNT=3",
      }, 2026))
    end)

    it("that recurs until a time, on its own clock or in UTC", function()
      local function until_time(text)
        return of({ "DTSTART;TZID=Europe/Berlin:20260101T003000", "RRULE:FREQ=DAILY;UNTIL=" .. text }, 2026)
      end
      assert.equal("2026-01-01, 2026-01-02", until_time "20260102")
      assert.equal("2026-01-01, 2026-01-02", until_time "20260102T003000")
      assert.equal("2026-01-01", until_time "20260102T002959")
      assert.equal("2026-01-01, 2026-01-02", until_time "20260101T233000Z")
      assert.equal("2026-01-01", until_time "20260101T232959Z")
    end)

    it("with days more and less, other times, and what is cancelled", function()
      assert.equal("2026-01-02, 2026-01-04, 2026-03-01", of({
        "DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=DAILY;COUNT=4", "EXDATE;VALUE=DATE:20260101",
        "EXDATE;VALUE=DATE:20260103,20270101", "RDATE;VALUE=DATE:20260301",
      }, 2026))
      assert.equal("2026-01-01, 2026-05-01, 2026-05-02", of({
        "DTSTART:20260101T080000", "RDATE;VALUE=PERIOD:20260501T080000/P1DT1H",
      }, 2026))
      local moved = ics({ "UID:1", "DTSTART:20260101", "RRULE:FREQ=DAILY;COUNT=3", "SUMMARY:old" },
        { "UID:1", "RECURRENCE-ID:20260102", "DTSTART:20260401", "SUMMARY:new" },
        { "UID:1", "RECURRENCE-ID:20260103", "DTSTART:20260103", "STATUS:CANCELLED" },
        { "UID:2", "DTSTART:20260601", "STATUS:cancelled" })
      assert.equal("2026-01-01 old, 2026-04-01 new", days(assert(holidays.parse(moved, "ics")), 2026))
    end)

    it("whatever its lines end with, folded, escaped, and among other components", function()
      local text = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nBEGIN:STANDARD\nDTSTART:19701025T030000\nEND:STANDARD\n"
        .. "END:VTIMEZONE\nbegin:vevent\nDTST\n ART;VALUE=DATE\n\t:20261225\n"
        .. "SUMMARY:One\\, two\\; th\n  ree\\nfour\n"
        .. "BEGIN:VALARM\nSUMMARY:no\nDTSTART:20260101\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR"
      assert.equal("2026-12-25 One, two; th ree four", days(assert(holidays.parse(text, "ics")), 2026))
    end)

    it("and says which line is wrong", function()
      for expected, event in pairs {
        ['line 4: DTSTART: "25.12.2026" is no date; for example: 20261225'] = { "DTSTART:25.12.2026" },
        ['line 5: DTSTART: "20260230" is no date; for example: 20261225'] = { "", "DTSTART:20260230" },
        ['line 5: RRULE: FREQ=HOURLY is not supported'] = { "DTSTART:20260101", "RRULE:FREQ=HOURLY" },
        ['line 5: RRULE: BYHOUR=8 is not supported'] = { "DTSTART:20260101", "RRULE:FREQ=DAILY;BYHOUR=8" },
        ['line 5: RRULE: COUNT from before 1900 is not supported'] = {
          "DTSTART:18991231", "RRULE:FREQ=DAILY;COUNT=2",
        },
        ['line 5: RRULE: FREQ is missing'] = { "DTSTART:20260101", "RRULE:INTERVAL=2" },
        ['line 5: RRULE: INTERVAL=0 is not supported'] = {
          "DTSTART:20260101", "RRULE:FREQ=DAILY;INTERVAL=0",
        },
        ['line 5: an event without DTSTART'] = { "SUMMARY:x" },
        ['line 6: it ends before it begins'] = { "DTSTART:20260102", "DTEND:20260101" },
        ['line 6: it is longer than a year'] = { "DTSTART:20260102", "DURATION:P367D" },
        ['line 5: DURATION: "1D" is no duration; for example: P1D'] = {
          "DTSTART:20260102", "DURATION:1D",
        },
        ['line 6: DTSTART and DTEND are not both dates, or both times'] = {
          "DTSTART:20260102", "DTEND:20260103T000000",
        },
        ['line 5: DTSTART: a second one in an event'] = { "DTSTART:20260102", "DTSTART:20260103" },
        ['line 4: DTSTART: no value'] = { "DTSTART" },
        ['line 4: no property: "!"'] = { "!" },
      } do
        assert.equal(expected, problem(ics(event)))
      end
      assert.equal("line 1: the file does not begin with BEGIN:VCALENDAR", problem "")
      assert.equal("line 1: the file does not begin with BEGIN:VCALENDAR", problem "BEGIN:VEVENT\nEND:VEVENT")
      assert.equal("line 1: the file does not begin with BEGIN:VCALENDAR", problem "DTSTART:20260101")
      assert.equal("line 2: VEVENT is not closed", problem "BEGIN:VCALENDAR\nBEGIN:VEVENT")
      assert.equal("line 2: END:VEVENT without its BEGIN", problem "BEGIN:VCALENDAR\nEND:VEVENT")
      assert.matches("larger than 1048576 bytes", problem(("x"):rep(1048577)))
      assert.matches("more than 5000 events",
        problem("BEGIN:VCALENDAR\n" .. ("BEGIN:VEVENT\nDTSTART:20260101\nEND:VEVENT\n"):rep(5001)))
    end)
  end)

  it("never raises, whatever the file, seed 7", function()
    math.randomseed(7)
    local whole = ics({ "UID:1", "DTSTART;VALUE=DATE:20200101", "RRULE:FREQ=YEARLY;BYDAY=1MO;COUNT=9" },
      { "DTSTART;TZID=Europe/Berlin:20260101T120000", "DURATION:PT3H", "EXDATE:20260101T120000Z" })
    for _ = 1, 2000 do
      local at, length = math.random(#whole), math.random(0, 4)
      local with = string.char(math.random(32, 126)):rep(math.random(0, 3))
      local found, message = holidays.parse(whole:sub(1, at) .. with .. whole:sub(at + length + 1), "ics")
      if found then days(found, 2026) else assert.matches("^line %d+: ", message) end
    end
  end)
end)
