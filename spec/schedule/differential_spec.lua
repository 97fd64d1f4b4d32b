-- Compares schedule.zone and schedule.cron with independent references, on random questions (see oracle.py).
-- SCHEDULE_SEED sets the seed, to ask other questions or to repeat a failure.

local cron = require "schedule.cron"
local holidays = require "schedule.holidays"
local posix_tz = require "schedule.posix_tz"
local zone = require "schedule.zone"

local SEED = os.getenv "SCHEDULE_SEED" or "2026"
local ZONEINFO = os.getenv "TZDIR" or "/usr/share/zoneinfo"
local MAX_SHOWN = 10
local UTC = zone.load "UTC"

local folder = debug.getinfo(1, "S").source:match "^@(.*/)" or "./"

local function is_file(path)
  local file = io.open(path)
  return file and file:close() or false
end

-- Debian's modules are those of its own Python, which need not be the first one in PATH.
local python = is_file "/usr/bin/python3" and "/usr/bin/python3" or "python3"

-- Asks the oracle about a subject. `answer` gets the fields of a line and returns ours and the oracle's.
local function compare(subject, answer)
  local command = ("%s -B '%soracle.py' %s '%s' '%s' 2>&1"):format(python, folder, subject, SEED, ZONEINFO)
  local pipe = io.popen(command)
  local count, wrong, last = 0, {}, {}
  for line in pipe:lines() do
    local fields = {}
    for field in (line .. "\t"):gmatch "([^\t]*)\t" do
      fields[#fields + 1] = field
    end
    local ours, theirs = answer(unpack(fields))
    if ours ~= theirs and #wrong < MAX_SHOWN then
      wrong[#wrong + 1] = ("%s\n  ours:   %s\n  theirs: %s"):format(line:sub(1, 100), ours, theirs)
    end
    count, last = count + 1, line
  end
  pipe:close()
  assert.equal("end", last, "oracle.py did not finish; it needs python3-croniter and python3-dateutil")
  assert.equal("", table.concat(wrong, "\n"), ("subject %s, SCHEDULE_SEED=%s"):format(subject, SEED))
  assert.is_true(count > 100)
end

-- All times at which a schedule fires from one time to before another, in order: asked forward, backward, and
-- at times in between.
local function firings(expression, from, till, in_zone)
  local schedule = assert(cron.parse(expression))
  local forward, backward = {}, {}
  local t = schedule:next(from - 1, in_zone)
  while t and t < till do
    forward[#forward + 1] = t
    t = schedule:next(t, in_zone)
  end
  t = schedule:previous(till - 1, in_zone)
  while t and t >= from do
    table.insert(backward, 1, t)
    t = schedule:previous(t - 1, in_zone)
  end
  assert.same(forward, backward)
  local passed = 0
  for between = from, till - 1, math.floor((till - from) / 117) do
    while forward[passed + 1] and forward[passed + 1] <= between do
      passed = passed + 1
    end
    if passed > 0 then
      assert.equal(forward[passed], schedule:previous(between, in_zone))
    end
    if passed < #forward then
      assert.equal(forward[passed + 1], schedule:next(between, in_zone))
    end
  end
  return table.concat(forward, ",")
end

describe(("schedule with seed %s"):format(SEED), function()
  it("has the local times of all zones", function()
    local here
    compare("zones", function(question, ...)
      if question == "zone" then
        here = assert(zone.load((...), { directories = { ZONEINFO } }))
      elseif question == "at" then
        local t, date, wday, isdst, offset = ...
        local there = here:local_time(tonumber(t))
        local ours = ("%s %04d-%02d-%02d %02d:%02d:%02d %d %s %d"):format(here.name, there.year, there.month,
          there.day, there.hour, there.min, there.sec, there.wday, there.isdst and 1 or 0, there.offset)
        return ours, table.concat({ here.name, date, wday, isdst, offset }, " ")
      elseif question == "utc" then
        local year, month, day, hour, min, sec, t = ...
        return here:utc {
          year = tonumber(year),
          month = tonumber(month),
          day = tonumber(day),
          hour = tonumber(hour),
          min = tonumber(min),
          sec = tonumber(sec),
        }, tonumber(t)
      end
    end)
  end)

  it("understands POSIX TZ strings", function()
    compare("rules", function(text, t, offset, isdst)
      if t then
        local ours, daylight = assert(posix_tz.parse(text)):offset_at(tonumber(t))
        return ("%d %d"):format(ours, daylight and 1 or 0), offset .. " " .. isdst
      end
    end)
  end)

  it("finds the times that croniter finds", function()
    compare("crons", function(expression, t, following, preceding)
      if t then
        local schedule = assert(cron.parse(expression))
        t = tonumber(t)
        return ("%s %s"):format(schedule:next(t), schedule:previous(t - 1)), following .. " " .. preceding
      end
    end)
  end)

  it("finds the days of L, W, # and years", function()
    compare("days", function(expression, from, till, times)
      if from then
        return firings(expression, tonumber(from), tonumber(till)), times
      end
    end)
  end)

  it("knows the days of recurring events", function()
    compare("events", function(properties, first, last, days)
      if first then
        local event = properties:gsub("|", "\r\n")
        local shown = assert(holidays.parse("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" .. event
          .. "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", "ics"))
        local found = {}
        for day = tonumber(first), tonumber(last) do
          if shown:on(day, UTC) then found[#found + 1] = day end
        end
        return table.concat(found, ","), days
      end
    end)
  end)

  it("fires around clock changes as watching the clock does", function()
    compare("clocks", function(name, expression, from, till, times)
      if expression then
        local there = assert(zone.load(name, { directories = { ZONEINFO } }))
        return firings(expression, tonumber(from), tonumber(till), there), times
      end
    end)
  end)
end)
