local grammar = require "schedule.grammar"
local zone = require "schedule.zone"

local UTC = zone.load "UTC"
local MONDAY = UTC:utc { year = 2026, month = 11, day = 23 }

local NAMES = {
  texts = {
    office = "weekdays 08:00-20:00 Europe/Berlin",
    nights = "daily 22:00-06:00",
    everything = "always",
    morning = "mon-fri 08:00",
    cron = "0 8 * * mon-fri",
    loop = "@loop",
    one = "@two", two = "@one",
    bad = "mon 25:00-26:00",
  },
}

-- The times of a week from Monday on, on the clock of the value's zone: "mon 08:00, tue 08:00".
local function times(moments, in_zone)
  if not moments then return nil end
  in_zone = in_zone or UTC
  local from = in_zone:utc { year = 2026, month = 11, day = 23 }
  local list, t = {}, moments:next(from - 1, in_zone)
  while t and t < from + 7 * 86400 do
    local at = in_zone:local_time(t)
    local day = ({ "sun", "mon", "tue", "wed", "thu", "fri", "sat" })[at.wday]
    list[#list + 1] = ("%s %02d:%02d"):format(day, at.hour, at.min)
    t = moments:next(t, in_zone)
  end
  return table.concat(list, ", ")
end

local function schedule(text)
  local value = assert(grammar.schedule(text, NAMES))
  return {
    start = times(value.start, value.zone), stop = times(value.stop, value.zone),
    zone = value.zone and value.zone.name, fixed = value.fixed, ignored = value.ignored,
  }
end

local function moments(text)
  local value = assert(grammar.moments(text, NAMES))
  return times(value.at, value.zone) .. (value.zone and " " .. value.zone.name or "")
end

local function problem(text, read)
  local value, message = (read or grammar.schedule)(text, NAMES)
  assert.is_nil(value, text)
  return message
end

-- The example that ends a message must itself be right.
local function example(text, read)
  local shown = assert(problem(text, read):match "for example: (.*)$", problem(text, read))
  assert((read or grammar.schedule)(shown, NAMES))
  return shown
end

describe("schedule.grammar", function()
  describe("reads a schedule", function()
    it("that is one word, in any case", function()
      assert.same({ fixed = "running" }, schedule "always")
      assert.same({ fixed = "stopped" }, schedule " Never ")
      assert.same({ ignored = true }, schedule "IGNORE")
    end)

    it("of spans, with and without days and zone", function()
      assert.same({
        start = "mon 08:00, tue 08:00, wed 08:00, thu 08:00, fri 08:00",
        stop = "mon 20:00, tue 20:00, wed 20:00, thu 20:00, fri 20:00", zone = "Europe/Berlin",
      }, schedule "weekdays 08:00-20:00 Europe/Berlin")
      assert.same(schedule "daily 08:00-20:00", schedule "8:00-20:00")
      assert.same(schedule "sat-sun 08:00-20:00", schedule "Weekends 08:00-20:00")
      assert.same(schedule "mon+wed+friday 08:00-20:00", schedule "mon, wed, fri 08:00-20:00")
      assert.equal("CET", schedule("daily 08:00-20:00 CET").zone)
    end)

    it("of several spans a day, and of others on other days", function()
      assert.same({
        start = "mon 08:00, mon 13:00, tue 08:00, tue 13:00, sat 10:00",
        stop = "mon 12:00, mon 17:00, tue 12:00, tue 17:00, sat 14:00",
      }, schedule "mon-tue 08:00-12:00+13:00-17:00 + sat 10:00-14:00")
    end)

    it("that goes overnight, or over the end of the week", function()
      assert.same({ start = "fri 22:00", stop = "sat 06:00" }, schedule "fri 22:00-06:00")
      assert.same({ start = "sat 22:00", stop = "sun 06:00" }, schedule "sat 22:00-06:00")
      assert.same({ start = "fri 18:00", stop = "mon 06:00" },
        schedule "fri 18:00-24:00 + sat-sun 00:00-24:00 + mon 00:00-06:00")
      assert.equal("mon 08:00, fri 08:00, sat 08:00, sun 08:00", schedule("fri-mon 08:00-09:00").start)
    end)

    it("that is up all week, as one that never changes", function()
      assert.same({ fixed = "running" }, schedule "daily 00:00-24:00")
      assert.same({ fixed = "running" }, schedule "daily 22:00-10:00 + daily 09:00-23:00")
    end)

    it("of a start and a stop, or one of them", function()
      assert.same({ start = "mon 08:00" }, schedule "start mon 08:00")
      assert.same({ stop = "mon 18:00", zone = "Europe/Berlin" }, schedule "stop mon 18:00 Europe/Berlin")
      local both = { start = "mon 08:00", stop = "mon 18:00, fri 18:00", zone = "Europe/Berlin" }
      assert.same(both, schedule "start mon 08:00 stop mon+fri 18:00 Europe/Berlin")
      assert.same(both, schedule "Stop mon+fri 18:00 START mon 08:00 Europe/Berlin")
      assert.same(both, schedule "start 0 8 * * mon stop 0 18 _ _ mon+fri Europe/Berlin")
    end)

    it("by its name", function()
      assert.same(schedule "weekdays 08:00-20:00 Europe/Berlin", schedule "@office")
      assert.same(schedule "weekdays 08:00-20:00 Asia/Kolkata", schedule "@office Asia/Kolkata")
      assert.same({ fixed = "running" }, schedule "@everything")
      assert.same(schedule "daily 22:00-06:00 + sat 12:00-13:00", schedule "@nights + sat 12:00-13:00")
      assert.equal("Europe/Berlin", schedule("@office + @nights").zone)
      assert.same({ start = "mon 08:00, tue 08:00, wed 08:00, thu 08:00, fri 08:00", stop = "fri 20:00" },
        schedule "start @morning stop fri 20:00")
    end)
  end)

  describe("reads moments", function()
    it("as days and times", function()
      assert.equal("mon 08:00, tue 08:00", moments "mon-tue 08:00")
      assert.equal("mon 08:00, mon 12:30, tue 09:00", moments "mon 08:00+12:30 + tue 09:00")
      assert.equal("mon 08:00 Asia/Kolkata", moments "monday 8:00 Asia/Kolkata")
    end)

    it("as cron, in its own signs and in plain ones, with and without a zone", function()
      local office = "mon 08:00, mon 14:00, wed 08:00, wed 14:00"
      for _, text in ipairs {
        "0 8,14 * * mon,wed", "0 8+14 _ _ mon+wed", "cron(0 8,14 ? * MON,WED *)", "0 8+14 . _ mon+wed _",
        "0 8,14 ? * mon,wed *",
      } do
        assert.equal(office, moments(text))
        assert.equal(office .. " Europe/Berlin", moments(text .. " Europe/Berlin"))
        assert.equal(office .. " CET", moments(text .. " CET"))
      end
      assert.equal("fri 08:00", moments "0 8 _ _ fri@4")
      assert.equal("mon 00:00, tue 00:00, wed 00:00, thu 00:00, fri 00:00, sat 00:00, sun 00:00",
        moments "@daily")
      assert.equal("sun 00:00 Asia/Kolkata", moments "@weekly Asia/Kolkata")
    end)

    it("by their name", function()
      assert.equal("mon 08:00, tue 08:00, wed 08:00, thu 08:00, fri 08:00", moments "@morning")
      assert.equal("mon 08:00, tue 08:00, wed 08:00, thu 08:00, fri 08:00 UTC", moments "@cron UTC")
      assert.equal("mon 08:00, tue 08:00, wed 08:00, thu 08:00, fri 08:00, sat 09:00",
        moments "@morning + sat 09:00")
    end)
  end)

  describe("says what is wrong, and shows how it would be right:", function()
    it("days, with the nearest", function()
      assert.matches('^column 5: "wedn" is no day; did you mean "wed"', problem "mon+wedn 08:00-20:00")
      assert.equal("mon+wed 08:00-20:00", example "mon+wedn 08:00-20:00")
      assert.equal("mon-fri 08:00-20:00", example "mon-frl 08:00-20:00")
      assert.matches('^column 1: "xyz" is no day; allowed: mon to sun', problem "xyz 08:00-20:00")
      assert.matches('^column 17: "sat" needs a %+ before it', problem "mon 08:00-09:00 sat 09:00-10:00")
      assert.matches('^column 1: "mon%-" lacks a day', problem "mon- 08:00-20:00")
      assert.matches('^column 4: a time is missing', problem "mon+@office 08:00-20:00")
    end)

    it("times", function()
      assert.matches("^column 9: \"8\" is no time of day; allowed: 00:00 to 23:59", problem "mon-fri 8-20")
      for text, right in pairs {
        ["mon-fri 8-20"] = "mon-fri 08:00-20:00", ["mon 8.30-6pm"] = "mon 08:30-18:00",
        ["mon 08:00-25:00"] = "mon 08:00-23:00", ["mon 08:00"] = "mon 08:00-18:00",
        ["mon 08:00-08:00"] = "mon 00:00-24:00", ["mon 24:00-06:00"] = "mon 23:00-06:00",
      } do
        assert.equal(right, example(text))
      end
      assert.equal("mon 08:00", example("mon 8am", grammar.moments))
      assert.equal("mon 23:00", example("mon 24:00", grammar.moments))
      assert.equal("mon 08:00", example("mon 08:00-18:00", grammar.moments))
      assert.matches("^column 8: a time is missing", problem "mon-fri")
      assert.matches("^column 13: a day is missing", problem "08:00-18:00+")
    end)

    it("zones, with the nearest", function()
      assert.matches('^column 17: unknown time zone "Europe/Berln"; did you mean Europe/Berlin%?',
        problem "mon 08:00-09:00 Europe/Berln")
      assert.equal("mon 08:00-09:00 Europe/Berlin", example "mon 08:00-09:00 Europe/Berln")
      assert.equal("mon 08:00-09:00 Europe/Berlin", example "mon 08:00-09:00 Berlin")
      assert.equal("0 8 * * mon Europe/Berlin", example("0 8 * * mon europe/berlin", grammar.moments))
      assert.matches("different time zones", problem "start mon 08:00 UTC stop mon 09:00 CET")
    end)

    it("cron, in the spelling in which it was written", function()
      assert.equal('hour (field 2, column 3): "25" is out of range; allowed, with _ + . @ for * , ? #: '
        .. "0-23 with * , - /; for example: 0 23 _ _ mon", problem("0 25 _ _ mon", grammar.moments))
      assert.matches("for example: 0 23 %* %* mon$", problem("0 25 * * mon", grammar.moments))
      assert.equal("start 0 23 _ _ mon", example "start 0 25 _ _ mon stop mon 10:00")
      assert.matches("^hour %(field 2, column 9%)", problem "start 0 25 * * mon")
      assert.equal("never comes; for example: 0 8 * * mon-fri", problem("0 8 30 2 *", grammar.moments))
      -- With an hour it would be right, and never come: a workday that is a Sunday.
      assert.matches("for example: 0 8 %* %* mon%-fri$", problem("0 x 09W * */8", grammar.moments))
      assert.matches("is an interval", problem("rate(5 minutes)", grammar.moments))
      assert.matches('"@reboot" is not a time', problem("@reboot", grammar.moments))
    end)

    it("names, with the nearest", function()
      assert.matches('^column 1: there is no schedule named "ofice"; did you mean "@office"%?',
        problem "@ofice")
      assert.equal("@office", example "@ofice")
      assert.equal("@office + sat 10:00-14:00", example "@ofice + sat 10:00-14:00")
      assert.equal("@office", example "office")
      assert.equal("always", example "alway")
      assert.matches("there is @bad, @cron", problem "@something-else")
      assert.matches('^the schedule named "bad" is "mon 25:00%-26:00": column 5: ', problem "@bad")
      assert.matches("refers to itself", problem "@loop")
      assert.matches("refers to itself", problem "@one")
      assert.matches("stands alone", problem "@everything + sat 10:00-14:00")
      assert.matches("stands alone", problem("@cron + sat 10:00", grammar.moments))
      local _, message = grammar.schedule("@office", { texts = {}, problem = "ssm: AccessDenied" })
      assert.equal('"@office" cannot be looked up: ssm: AccessDenied', message)
      _, message = grammar.schedule("@office")
      assert.matches('there is no schedule named "office", nor any other', message)
    end)

    it("nothing, and too much", function()
      assert.equal("is empty; for example: mon-fri 08:00-18:00", problem "  ")
      assert.equal("column 6: a time is missing; for example: mon-fri 08:00-18:00", problem "start")
      assert.matches("^column 21: a time is missing", problem "start mon 08:00 stop")
      assert.equal("is longer than 1000 characters", problem(("mon+"):rep(300) .. "mon 08:00-09:00"))
      assert.has_error(function() grammar.schedule(7) end, "bad schedule: expected a string, got number")
    end)
  end)

  it("never raises, whatever the text, and its examples are right, seed " .. MONDAY, function()
    math.randomseed(MONDAY)
    local words = {
      "mon", "fri", "weekdays", "08:00", "20:00", "-", "+", ",", "@office", "@daily", "start", "stop", "0",
      "8", "*", "_", "Europe/Berlin", "UTC", "always", "cron(", ")", "?", ".", "24:00", "x", "/", " ", "  ",
      "\n",
    }
    for _ = 1, 3000 do
      local parts = {}
      for i = 1, math.random(8) do parts[i] = words[math.random(#words)] end
      local text = table.concat(parts, math.random(2) == 1 and " " or "")
      for _, read in ipairs { grammar.schedule, grammar.moments } do
        local value, message = read(text, NAMES)
        assert.is_true(value ~= nil or type(message) == "string", text)
        local shown = not value and message:match "for example: (.*)$"
        if shown then assert(read(shown, NAMES), text) end
      end
    end
  end)

  it("knows which names a schedule may have", function()
    assert.is_true(grammar.check_name "office-1.a_b")
    assert.matches("cron's own", select(2, grammar.check_name "Daily"))
    assert.matches("letters", select(2, grammar.check_name "my office"))
  end)
end)
