local cron = require "schedule.cron"
local weekly = require "schedule.weekly"
local zone = require "schedule.zone"

local SEED = tonumber(os.getenv "SCHEDULE_SEED" or 2026)
local ZONES = {
  "UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu",
  "Pacific/Apia", "Africa/Casablanca", "America/Sao_Paulo", "Antarctica/Troll",
}
local HOUR, DAY = 60, 24 * 60

local function minutes_of(edge)
  return edge and edge.minutes
end

local function edges(spans)
  local from, till = weekly.edges(spans)
  return { minutes_of(from), minutes_of(till) }
end

describe("schedule.weekly", function()
  it(("comes when a cron schedule of the same times does, seed %d"):format(SEED), function()
    math.randomseed(SEED)
    for _ = 1, 300 do
      local there = assert(zone.load(ZONES[math.random(#ZONES)]))
      local day, hour, minute = math.random(0, 6), math.random(0, 23), math.random(0, 59)
      local other = math.random(0, 6)
      local reference = assert(cron.parse(("%d %d * * %d,%d"):format(minute, hour, day, other)))
      local time = hour * HOUR + minute
      local ours = weekly.new { other * DAY + time, day * DAY + time, day * DAY + time }
      for _ = 1, 20 do
        local t = math.random(0, 4102444800)
        assert.equal(reference:next(t, there), ours:next(t, there))
        assert.equal(reference:previous(t, there), ours:previous(t, there))
      end
      local exact = reference:next(math.random(0, 4102444800), there)
      assert.equal(exact, ours:previous(exact, there))
      assert.equal(exact, ours:next(exact - 1, there))
      assert.equal(reference:next(exact, there), ours:next(exact, there))
    end
  end)

  it("comes around changes of the clock as a cron schedule does", function()
    for _, name in ipairs(ZONES) do
      local there = assert(zone.load(name))
      for hour = 0, 23 do
        local reference = assert(cron.parse(("30 %d * * *"):format(hour)))
        local minutes = {}
        for day = 0, 6 do minutes[day + 1] = day * DAY + hour * HOUR + 30 end
        local ours = weekly.new(minutes)
        local t = there:utc { year = 2026, month = 1, day = 1 }
        local till = there:utc { year = 2027, month = 1, day = 1 }
        while t < till do
          assert.equal(reference:next(t, there), ours:next(t, there))
          t = ours:next(t, there)
          assert.equal(t, ours:previous(t + 60, there))
        end
      end
    end
  end)

  it("merges spans that overlap or touch", function()
    assert.same({ { 60 }, { 240 } }, edges { { 120, 240 }, { 60, 180 } })
    assert.same({ { 60 }, { 240 } }, edges { { 60, 120 }, { 120, 240 } })
    assert.same({ { 60, 121 }, { 120, 240 } }, edges { { 60, 120 }, { 121, 240 } })
    assert.same({ { 60 }, { 240 } }, edges { { 60, 240 }, { 100, 110 } })
  end)

  it("joins Saturday's night and Sunday's morning", function()
    assert.same({ { 6 * DAY }, { HOUR } }, edges { { 6 * DAY, 7 * DAY }, { 0, HOUR } })
    assert.same({ { 6 * DAY }, { HOUR } }, edges { { 6 * DAY, 7 * DAY + HOUR } })
    assert.same({ { 6 * DAY }, { 0 } }, edges { { 6 * DAY, 7 * DAY } })
    assert.same({ { 0 }, { HOUR } }, edges { { 0, HOUR } })
  end)

  it("has no edges for the whole week", function()
    assert.same({}, edges { { 0, 7 * DAY } })
    assert.same({}, edges { { HOUR, 4 * DAY }, { 4 * DAY, 7 * DAY + HOUR } })
  end)
end)
