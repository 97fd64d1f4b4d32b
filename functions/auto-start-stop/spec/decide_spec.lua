local decide = require "decide"
local zone = require "schedule.zone"

local NEW_YORK = assert(zone.load("America/New_York"))

local function settings(changes)
  local all = { zone = NEW_YORK, period = 600, min_uptime = 3600, min_downtime = 3600, dry_run = false }
  for name, value in pairs(changes or {}) do all[name] = value end
  return all
end

-- A time on New York's clock: "2026-11-24 08:00" or with seconds.
local function at(text)
  local year, month, day, hour, min, sec = text:match("^(%d+)-(%d+)-(%d+) (%d+):(%d+):?(%d*)$")
  return NEW_YORK:utc {
    year = tonumber(year), month = tonumber(month), day = tonumber(day),
    hour = tonumber(hour), min = tonumber(min), sec = tonumber(sec) or 0,
  }
end

local function resource(state, tags)
  local list = {}
  for key, value in pairs(tags or {}) do list[#list + 1] = { Key = "start-stop:" .. key, Value = value } end
  return { id = "i-1", state = state, tags = list }
end

-- The action for a running and for a stopped instance.
local function actions(tags, when, changes)
  when = type(when) == "string" and at(when) or when
  local running = decide(resource("running", tags), when, settings(changes))
  local stopped = decide(resource("stopped", tags), when, settings(changes))
  return { running.action, stopped.action }
end

local function reason(state, tags, when, changes)
  return decide(resource(state, tags), at(when), settings(changes)).reason
end

local UP, DOWN = { "none", "start" }, { "stop", "none" }
local NOTHING, WRONG = { "none", "none" }, { "error", "error" }

describe("auto-start-stop: decide", function()
  local OFFICE = { start = "0 8 * * mon-fri", stop = "0 18 * * mon-fri" }

  describe("with both tags", function()
    it("runs exactly from the start to the stop", function()
      assert.same(DOWN, actions(OFFICE, "2026-11-24 07:59:59"))
      assert.same(UP, actions(OFFICE, "2026-11-24 08:00"))
      assert.same(UP, actions(OFFICE, "2026-11-24 13:00"))
      assert.same(UP, actions(OFFICE, "2026-11-24 17:59:59"))
      assert.same(DOWN, actions(OFFICE, "2026-11-24 18:00"))
    end)

    it("is a state: a trigger that comes late acts as well", function()
      assert.same(DOWN, actions(OFFICE, "2026-11-29 12:00")) -- Sunday, long after Friday's stop
    end)

    it("runs over midnight", function()
      local night = { start = "0 22 * * *", stop = "0 6 * * *" }
      assert.same(UP, actions(night, "2026-11-24 00:00"))
      assert.same(DOWN, actions(night, "2026-11-24 06:00"))
      assert.same(UP, actions(night, "2026-11-24 22:00"))
    end)

    it("says why", function()
      assert.equal("stopped, but should be running since 2026-11-24 08:00 -05:00",
        reason("stopped", OFFICE, "2026-11-24 09:30"))
      assert.equal("running, as it should be since 2026-11-24 08:00 -05:00",
        reason("running", OFFICE, "2026-11-24 09:30"))
      assert.equal("running, but should be stopped since 2026-11-23 18:00 -05:00",
        reason("running", OFFICE, "2026-11-24 07:00"))
      assert.equal("stopped, as it should be since 2026-11-23 18:00 -05:00",
        reason("stopped", OFFICE, "2026-11-24 07:00"))
    end)

    it("goes by the zone of its tag before the environment's", function()
      local berlin = { start = OFFICE.start, stop = OFFICE.stop, timezone = "Europe/Berlin" }
      assert.same(UP, actions(berlin, "2026-11-24 02:00"))
      assert.same(DOWN, actions(berlin, "2026-11-24 12:00"))
      assert.equal("running, but should be stopped since 2026-11-24 18:00 +01:00",
        reason("running", berlin, "2026-11-24 12:00"))
      local kolkata = { start = OFFICE.start, stop = OFFICE.stop, timezone = "Asia/Kolkata" }
      assert.matches("08:00 +05:30", reason("stopped", kolkata, "2026-11-24 01:00"), 1, true)
    end)

    it("knows several starts and stops a day", function()
      local twice = { start = "0 8,14 * * *", stop = "0 12,18 * * *" }
      assert.same(UP, actions(twice, "2026-11-24 11:00"))
      assert.same(DOWN, actions(twice, "2026-11-24 13:00"))
      assert.same(UP, actions(twice, "2026-11-24 17:00"))
    end)

    it("counts the up time from the first of several starts", function()
      local often = { start = "*/10 8-17 * * *", stop = "0 18 * * *" }
      assert.same(UP, actions(often, "2026-11-24 17:55"))
      assert.same(DOWN, actions(often, "2026-11-24 18:55"))
    end)

    it("counts the down time from the first of several stops", function()
      local often = { start = "0 8 * * *", stop = "*/10 18-23 * * *" }
      assert.same(DOWN, actions(often, "2026-11-24 23:55"))
      assert.same(DOWN, actions(often, "2026-11-25 07:55"))
      assert.same(UP, actions(often, "2026-11-25 08:00"))
    end)

    it("needs the shortest up time and down time, at any hour", function()
      local short_up = { start = "0 8 * * *", stop = "59 8 * * *" }
      local short_down = { start = "59 18 * * *", stop = "0 18 * * *" }
      for _, hour in ipairs { "00:00", "08:00", "08:30", "08:59", "12:00", "18:00", "18:30", "18:59" } do
        local when = "2026-11-24 " .. hour
        assert.same(WRONG, actions(short_up, when))
        assert.same(WRONG, actions(short_down, when))
        assert.not_same(WRONG, actions(short_up, when, { min_uptime = 59 * 60 }))
        assert.not_same(WRONG, actions(short_down, when, { min_downtime = 59 * 60 }))
      end
      assert.equal("scheduled up time is 59 minutes, less than the 60 of MIN_UPTIME",
        reason("running", short_up, "2026-11-24 12:00"))
      assert.equal("scheduled down time is 59 minutes, less than the 60 of MIN_DOWNTIME",
        reason("running", short_down, "2026-11-24 12:00"))
    end)

    it("takes the shortest times themselves", function()
      local hour = { start = "0 8 * * *", stop = "0 9 * * *" }
      assert.same(UP, actions(hour, "2026-11-24 08:30"))
      assert.same(DOWN, actions(hour, "2026-11-24 09:00"))
    end)

    it("refuses a start and a stop at the same time, which is an up time of nothing", function()
      local same = { start = "0 8 * * *", stop = "0 8 * * *" }
      for _, hour in ipairs { "07:59", "08:00", "08:01", "20:00" } do
        assert.same(WRONG, actions(same, "2026-11-24 " .. hour))
      end
      assert.matches("up time is 0 minutes", reason("running", same, "2026-11-24 12:00"))
      local never_up = { start = "0 8 * * *", stop = "0 8,20 * * *" }
      for _, hour in ipairs { "07:59", "08:00", "19:59", "20:00", "23:00" } do
        assert.same(WRONG, actions(never_up, "2026-11-24 " .. hour))
      end
    end)

    it("lets the stop win at a time that ends an up time and has a start too", function()
      local both = { start = "0 8,20 * * *", stop = "0 20 * * *" }
      assert.same(DOWN, actions(both, "2026-11-24 07:59"))
      assert.same(UP, actions(both, "2026-11-24 08:00"))
      assert.same(UP, actions(both, "2026-11-24 19:59"))
      assert.same(DOWN, actions(both, "2026-11-24 20:00"))
      assert.same(DOWN, actions(both, "2026-11-24 23:00"))
    end)

    it("lets the stop win where both come at once and nothing forbids it", function()
      local same = { start = "0 8 * * *", stop = "0 8 * * *" }
      assert.same(DOWN, actions(same, "2026-11-24 08:00", { min_uptime = 0, min_downtime = 0 }))
      assert.same(DOWN, actions(same, "2026-11-24 12:00", { min_uptime = 0, min_downtime = 0 }))
    end)

    it("is stopped before the first start, and runs on after the last", function()
      local once = { start = "cron(0 8 24 11 ? 2026)", stop = "cron(0 18 24 11 ? 2026)" }
      assert.same(NOTHING, actions(once, "2026-11-24 07:59"))
      assert.equal("neither start nor stop has ever come", reason("running", once, "2026-11-24 07:59"))
      assert.same(UP, actions(once, "2026-11-24 08:00"))
      assert.same(DOWN, actions(once, "2026-11-24 18:00"))
      assert.same(DOWN, actions(once, "2030-11-24 18:00"))
      local forever = { start = "cron(0 8 24 11 ? 2026)", stop = "cron(0 18 24 11 ? 2020)" }
      assert.same(UP, actions(forever, "2030-01-01 00:00"))
    end)
  end)

  describe("at a change of the clock", function()
    -- New York 2026: 02:00 to 03:00 is skipped on 8 March, 01:00 to 02:00 comes twice on 1 November.
    it("starts a skipped time at the first instant after the gap", function()
      local gap = { start = "30 2 * * *", stop = "0 12 * * *" }
      local spring = at("2026-03-08 03:00")
      assert.same(DOWN, actions(gap, spring - 1))
      assert.same(UP, actions(gap, spring))
    end)

    it("stops at a time that comes twice at the first, and stays stopped through the second", function()
      local fold = { start = "0 8 * * *", stop = "30 1 * * *" }
      local first = at("2026-11-01 01:30")
      assert.same(UP, actions(fold, first - 1))
      assert.same(DOWN, actions(fold, first))
      assert.same(DOWN, actions(fold, first + 1800)) -- 01:00 again
      assert.same(DOWN, actions(fold, first + 3600)) -- 01:30 again
    end)

    it("acts once on a time that comes twice, in trigger mode", function()
      local fold = { stop = "30 1 * * *" }
      local first = at("2026-11-01 01:30")
      assert.same(DOWN, actions(fold, first))
      assert.same(NOTHING, actions(fold, first + 3600))
    end)

    it("measures the shortest times on the clock's face, which no change shortens", function()
      local short = { start = "30 1 * * *", stop = "0 3 * * *" } -- 90 minutes, 30 of them in that night
      local spring = at("2026-03-08 01:30")
      assert.same(UP, actions(short, spring))
      assert.same(DOWN, actions(short, spring + 1800))
      local gone = { start = "0 2 * * *", stop = "0 3 * * *" } -- skipped whole in that night
      assert.same(DOWN, actions(gone, "2026-03-07 12:00"))
      assert.same(DOWN, actions(gone, "2026-03-08 03:00"))
      assert.same(UP, actions(gone, "2026-03-09 02:00"))
    end)
  end)

  describe("with one tag", function()
    local START, STOP = { start = "0 8 * * *" }, { stop = "0 18 * * *" }

    it("acts from the time until the period is over, and then leaves it alone", function()
      assert.same(NOTHING, actions(START, "2026-11-24 07:59:59"))
      assert.same(UP, actions(START, "2026-11-24 08:00"))
      assert.same(UP, actions(START, "2026-11-24 08:09:59"))
      assert.same(NOTHING, actions(START, "2026-11-24 08:10"))
      assert.same(NOTHING, actions(STOP, "2026-11-24 17:59:59"))
      assert.same(DOWN, actions(STOP, "2026-11-24 18:00"))
      assert.same(DOWN, actions(STOP, "2026-11-24 18:09:59"))
      assert.same(NOTHING, actions(STOP, "2026-11-24 18:10"))
    end)

    it("acts at exactly one of triggers that are a period apart", function()
      for phase = 0, 599, 37 do
        local count = 0
        for trigger = at("2026-11-24 07:00") + phase, at("2026-11-24 09:00"), 600 do
          if actions(START, trigger)[2] == "start" then count = count + 1 end
        end
        assert.equal(1, count)
      end
    end)

    it("has the period of the environment", function()
      assert.same(UP, actions(START, "2026-11-24 08:59", { period = 3600 }))
      assert.same(NOTHING, actions(START, "2026-11-24 08:01", { period = 60 }))
    end)

    it("says why", function()
      assert.equal("start was at 2026-11-24 08:00 -05:00, in the last 10 minutes",
        reason("stopped", START, "2026-11-24 08:05"))
      assert.equal("start was at 2026-11-24 08:00 -05:00, but it is running already",
        reason("running", START, "2026-11-24 08:05"))
      assert.equal("stop was at 2026-11-24 18:00 -05:00, but it is stopped already",
        reason("stopped", STOP, "2026-11-24 18:05"))
      assert.equal("last stop was at 2026-11-23 18:00 -05:00, not in the last 10 minutes",
        reason("running", STOP, "2026-11-24 08:05"))
      assert.equal("start has never come",
        reason("stopped", { start = "cron(0 8 1 1 ? 2099)" }, "2026-11-24 08:05"))
    end)
  end)

  describe("with the schedule in one tag", function()
    it("is as with both tags", function()
      local spans = { schedule = "weekdays 08:00-18:00" }
      assert.same(UP, actions(spans, "2026-11-24 08:00"))
      assert.same(DOWN, actions(spans, "2026-11-24 18:00"))
      assert.same(DOWN, actions(spans, "2026-11-29 12:00"))
      local expected = reason("stopped", OFFICE, "2026-11-24 09:30")
      assert.equal(expected, reason("stopped", spans, "2026-11-24 09:30"))
      local rules = { schedule = "start 0 8 _ _ mon-fri stop 0 18 _ _ mon-fri" }
      assert.equal(expected, reason("stopped", rules, "2026-11-24 09:30"))
      local short = { schedule = "daily 08:00-08:30" }
      assert.matches("up time is 30 minutes", reason("stopped", short, "2026-11-24 09:30"))
    end)

    it("is as with one tag where it starts or stops only", function()
      local stop = { schedule = "stop daily 18:00" }
      assert.same(DOWN, actions(stop, "2026-11-24 18:09"))
      assert.same(NOTHING, actions(stop, "2026-11-24 18:10"))
    end)

    it("may never change", function()
      assert.same(UP, actions({ schedule = "always" }, "2026-11-24 03:00"))
      assert.same(DOWN, actions({ schedule = "never" }, "2026-11-24 12:00"))
      assert.equal("stopped, but should be running always",
        reason("stopped", { schedule = "always" }, "2026-11-24 03:00"))
      assert.same(NOTHING, actions({ schedule = "ignore", keep = "running +3h" }, "2026-11-24 12:00"))
      assert.equal("left alone, as its schedule says: ignore",
        reason("stopped", { schedule = "ignore" }, "2026-11-24 03:00"))
    end)

    it("goes by the zone in the tag, then that of the zone's tag, then the environment's", function()
      local in_tag = { schedule = "daily 08:00-10:00 Europe/Berlin", timezone = "UTC" }
      local beside = { schedule = "daily 08:00-10:00", timezone = "Europe/Berlin" }
      assert.same(UP, actions(in_tag, "2026-11-24 02:00"))
      assert.same(UP, actions(beside, "2026-11-24 02:00"))
      assert.same(UP, actions({ schedule = "daily 08:00-10:00" }, "2026-11-24 08:00"))
      local apart = { start = "daily 08:00 Europe/Berlin", stop = "daily 08:00 America/New_York" }
      assert.same(UP, actions(apart, "2026-11-24 02:00"))
      assert.same(DOWN, actions(apart, "2026-11-24 08:00"))
    end)

    it("may be a named one", function()
      local schedules = { texts = { office = "mon-fri 08:00-18:00", bad = "mon 8-9" } }
      assert.same(UP, actions({ schedule = "@office" }, "2026-11-24 08:00", { schedules = schedules }))
      assert.same(WRONG, actions({ schedule = "@bad" }, "2026-11-24 08:00", { schedules = schedules }))
      assert.same(WRONG, actions({ schedule = "@office" }, "2026-11-24 08:00"))
    end)

    it("cannot stand beside the other tags", function()
      assert.equal("start-stop:schedule and start-stop:stop are both set; remove one of them",
        reason("running", { schedule = "always", stop = "daily 18:00" }, "2026-11-24 08:00"))
    end)
  end)

  local function kept(text, tags)
    local all = { keep = text }
    for key, value in pairs(tags or OFFICE) do all[key] = value end
    return all
  end

  describe("with an override", function()
    it("keeps the state against the schedule, and then lets the schedule have it", function()
      local up = kept "running until 2026-11-24T22:00"
      assert.same(UP, actions(up, "2026-11-24 19:00"))
      assert.same(UP, actions(up, "2026-11-24 21:59:59"))
      assert.same(DOWN, actions(up, "2026-11-24 22:00"))
      local down = kept "stopped until 2026-11-24T12:00"
      assert.same(DOWN, actions(down, "2026-11-24 09:00"))
      assert.same(UP, actions(down, "2026-11-24 12:00"))
      assert.same(UP, actions(kept("running until 2026-11-24T22:00", {}), "2026-11-24 19:00"))
      assert.same(NOTHING, actions(kept("running until 2026-11-24T22:00", {}), "2026-11-24 23:00"))
    end)

    it("says why, and that it has ended", function()
      local up = kept "running until 2026-11-24T22:00 Europe/Berlin"
      assert.equal("running, as start-stop:keep has it until 2026-11-24 16:00 -05:00",
        reason("running", up, "2026-11-24 07:00"))
      assert.equal("stopped, but start-stop:keep has it running until 2026-11-24 16:00 -05:00",
        reason("stopped", up, "2026-11-24 07:00"))
      assert.equal("stopped, as it should be since 2026-11-24 18:00 -05:00; "
        .. "start-stop:keep ended at 2026-11-24 16:00 -05:00 and can be removed",
        reason("stopped", up, "2026-11-24 19:00"))
    end)

    it("counts from when it is first seen, and has that remembered", function()
      local first = decide(resource("stopped", kept "running +3h"), at("2026-11-24 19:00:20"), settings())
      assert.equal("start", first.action)
      assert.same({ ["start-stop:keep"] = "running until 2026-11-24T22:01:00-05:00" }, first.remember)
      local again = kept(first.remember["start-stop:keep"])
      assert.same(UP, actions(again, "2026-11-24 22:00:59"))
      assert.same(DOWN, actions(again, "2026-11-24 22:01"))
      assert.is_nil(decide(resource("running", again), at("2026-11-24 19:10"), settings()).remember)
      assert.same({ action = "none", reason = "pending: left alone", remember = first.remember },
        decide(resource("pending", kept "running +3h"), at("2026-11-24 19:00:20"), settings()))
      local off = kept("running +3h", { enable = "no" })
      assert.is_nil(decide(resource("running", off), at("2026-11-24 19:00"), settings()).remember)
    end)

    it("holds up the time of a single tag until its end", function()
      local stop = kept("running until 2026-11-24T22:00", { stop = "daily 18:00" })
      assert.same(UP, actions(stop, "2026-11-24 18:00"))
      assert.same(DOWN, actions(stop, "2026-11-24 22:00"))
      assert.same(NOTHING, actions(stop, "2026-11-24 22:10"))
      assert.matches("^end of start%-stop:keep was at 2026%-11%-24 22:00 %-05:00, in the last 10 minutes; ",
        reason("running", stop, "2026-11-24 22:05"))
      assert.same(DOWN, actions(stop, "2026-11-25 18:00"))
    end)

    it("stands over a schedule whose times are too short, but not over a tag that cannot be read", function()
      local short = { start = "0 8 * * *", stop = "30 8 * * *" }
      assert.same(UP, actions(kept("running +3h", short), "2026-11-24 08:00"))
      assert.same(WRONG, actions(kept("running +3h", { start = "nonsense" }), "2026-11-24 08:00"))
      assert.matches('^start%-stop:keep = "running": column 8: running has no end',
        reason("running", kept "running", "2026-11-24 08:00"))
    end)
  end)

  describe("where nothing is enforced", function()
    local LOOSE = { start = OFFICE.start, stop = OFFICE.stop, enforce = "no" }

    it("acts on changes of the schedule only", function()
      assert.same(UP, actions(LOOSE, "2026-11-24 08:00"))
      assert.same(UP, actions(LOOSE, "2026-11-24 08:09:59"))
      assert.same(NOTHING, actions(LOOSE, "2026-11-24 08:10"))
      assert.same(DOWN, actions(LOOSE, "2026-11-24 18:05"))
      assert.same(NOTHING, actions(LOOSE, "2026-11-24 18:10"))
      assert.equal("last start was at 2026-11-24 08:00 -05:00, not in the last 10 minutes",
        reason("stopped", LOOSE, "2026-11-24 12:00"))
    end)

    it("acts on the end of an override too", function()
      local tags = kept("stopped until 2026-11-24T12:00", LOOSE)
      assert.same(DOWN, actions(tags, "2026-11-24 11:59"))
      assert.same(UP, actions(tags, "2026-11-24 12:05"))
      assert.same(NOTHING, actions(tags, "2026-11-24 12:10"))
    end)

    it("leaves alone what never changes", function()
      assert.same(NOTHING, actions({ schedule = "always", enforce = "no" }, "2026-11-24 12:00"))
    end)
  end)

  describe("on holidays", function()
    local zone_seen
    local function calendar(...)
      local days = {}
      for _, day in ipairs { ... } do days[day] = "Day Off" end
      return {
        on = function(_, day, in_zone)
          zone_seen = in_zone
          return days[day]
        end,
      }
    end
    local THURSDAY = 20782 -- 2026-11-25 is a Wednesday, 20782 days after 1970-01-01
    local CALENDARS = { us = calendar(THURSDAY), all = { on = function() return "Every Day" end } }

    local function off(text, tags)
      local all = { holidays = text }
      for key, value in pairs(tags or OFFICE) do all[key] = value end
      return all
    end

    local function on_holidays(tags, when)
      return actions(tags, when, { calendars = CALENDARS })
    end

    it("does not start, and stops as ever", function()
      for _, text in ipairs { "us", "us start", "us Start" } do
        assert.same(DOWN, on_holidays(off(text), "2026-11-25 12:00"))
        assert.same(UP, on_holidays(off(text), "2026-11-26 08:00"))
        assert.same(UP, on_holidays(off(text), "2026-11-24 08:00"))
      end
      local night = off("us", { schedule = "daily 22:00-06:00" })
      assert.same(UP, on_holidays(night, "2026-11-25 05:00"))
      assert.same(DOWN, on_holidays(night, "2026-11-25 06:00"))
      assert.same(DOWN, on_holidays(night, "2026-11-25 23:00"))
      assert.same(DOWN, on_holidays(night, "2026-11-26 05:00"))
    end)

    it("does not stop where that is said, or neither", function()
      local stop = off "us stop"
      assert.same(UP, on_holidays(stop, "2026-11-25 19:00"))
      assert.same(UP, on_holidays(stop, "2026-11-26 07:00"))
      assert.same(DOWN, on_holidays(stop, "2026-11-26 18:00"))
      local neither = off "us start+stop"
      assert.same(DOWN, on_holidays(neither, "2026-11-25 09:00"))
      local night = off("us stop+start", { schedule = "daily 22:00-06:00" })
      assert.same(UP, on_holidays(night, "2026-11-25 12:00"))
      assert.same(DOWN, on_holidays(night, "2026-11-26 06:00"))
    end)

    it("counts for one tag too", function()
      assert.same(NOTHING, on_holidays(off("us", { start = "daily 08:00" }), "2026-11-25 08:00"))
      assert.same(DOWN, on_holidays(off("us", { stop = "daily 18:00" }), "2026-11-25 18:00"))
      assert.same(NOTHING, on_holidays(off("us stop", { stop = "daily 18:00" }), "2026-11-25 18:00"))
    end)

    it("goes by the day in the zone of the schedule", function()
      local auckland = off("us", { schedule = "daily 08:00-10:00 Pacific/Auckland" })
      assert.same(DOWN, on_holidays(auckland, "2026-11-24 14:30")) -- there it is 08:30 of the 25th
      assert.equal("Pacific/Auckland", zone_seen.name)
    end)

    it("says which it is", function()
      local outcome = decide(resource("stopped", off "us"), at("2026-11-25 12:00"),
        settings { calendars = CALENDARS })
      assert.equal("stopped, as it should be since 2026-11-24 18:00 -05:00; "
        .. "no start at 2026-11-25 08:00 -05:00, a holiday: Day Off", outcome.reason)
    end)

    it("is never up when every day is one", function()
      assert.same(DOWN, on_holidays(off "all", "2026-11-25 12:00"))
    end)

    it("knows several calendars, and those that it does not", function()
      assert.same(DOWN, on_holidays(off "all+us", "2026-11-25 12:00"))
      local function why(text, calendars)
        local outcome = decide(resource("stopped", off(text)), at("2026-11-25 12:00"),
          settings { calendars = calendars })
        return outcome.reason
      end
      assert.equal('start-stop:holidays = "uss": there is no calendar "uss"; did you mean "us"?',
        why("uss", CALENDARS))
      assert.equal('start-stop:holidays = "us": calendar "us": line 3: no',
        why("us", { us = { problem = "line 3: no" } }))
      assert.equal('start-stop:holidays = "us": there is no calendar "us"', why("us"))
      assert.matches('column 4: "begin" is neither start nor stop; for example: us start$',
        why("us begin", CALENDARS))
      assert.matches("is not the name of a calendar", why("us start stop", CALENDARS))
    end)
  end)

  it("does nothing for an instance without either tag, or without any", function()
    assert.same(NOTHING, actions({}, "2026-11-24 08:00"))
    assert.same(NOTHING, actions({ timezone = "Europe/Berlin" }, "2026-11-24 08:00"))
    local bare = { id = "i-1", state = "running" }
    assert.equal("none of start-stop:schedule, start-stop:start, start-stop:stop is set",
      decide(bare, 0, settings()).reason)
  end)

  it("leaves alone what is on its way or gone, whatever its tags", function()
    for _, state in ipairs { "pending", "stopping", "shutting-down", "terminated" } do
      for _, tags in ipairs { OFFICE, { start = "nonsense" } } do
        assert.same({ action = "none", reason = state .. ": left alone" },
          decide(resource(state, tags), at("2026-11-24 13:00"), settings()))
      end
    end
  end)

  it("does nothing where the tag disables it, and does not mind the other tags then", function()
    for _, start in ipairs { "0 8 * * *", "nonsense" } do
      local off = resource("stopped", { enable = " OFF", start = start, stop = "0 18 * * *" })
      assert.same({ action = "none", reason = "disabled by its tag" },
        decide(off, at("2026-11-24 13:00"), settings()))
    end
    assert.same(UP, actions({ enable = "Yes", start = "0 8 * * *", stop = "0 18 * * *" }, "2026-11-24 13:00"))
  end)

  it("collects all that is wrong with the tags, and does nothing by halves", function()
    local outcome = decide(resource("stopped", {
      enable = "perhaps", start = "0 8 * * *", stop = "0 25 * * *", timezone = "Mars/Olympus",
    }), at("2026-11-24 08:00"), settings())
    assert.equal("error", outcome.action)
    for _, key in ipairs { "enable", "stop", "timezone" } do
      assert.matches("start-stop:" .. key .. " = ", outcome.reason, 1, true)
    end
    assert.not_matches("start-stop:start", outcome.reason, 1, true)
  end)

  it("reads tags with white space around them", function()
    local padded = {
      start = " 0 8 * * mon-fri\t", stop = "\n0 18 * * mon-fri ", timezone = " America/New_York ",
    }
    assert.same(UP, actions(padded, "2026-11-24 08:00"))
  end)

  it("calls an empty tag an error, not a missing one", function()
    assert.same(WRONG, actions({ start = "0 8 * * *", stop = "" }, "2026-11-24 08:00"))
  end)
end)
