local folder = debug.getinfo(1, "S").source:match("^@(.*)/spec/")
local decide = assert(loadfile(folder .. "/decide.lua"))()
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

  it("does nothing for an instance without either tag, or without any", function()
    assert.same(NOTHING, actions({}, "2026-11-24 08:00"))
    assert.same(NOTHING, actions({ timezone = "Europe/Berlin" }, "2026-11-24 08:00"))
    local bare = { id = "i-1", state = "running" }
    assert.equal("neither start-stop:start nor start-stop:stop is set", decide(bare, 0, settings()).reason)
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
