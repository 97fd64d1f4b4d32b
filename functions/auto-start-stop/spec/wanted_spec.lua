local policy = require "policy"
local wanted = require "wanted"
local zone = require "schedule.zone"

local BERLIN = assert(zone.load "Europe/Berlin")
local SETTINGS = { zone = BERLIN, period = 600, min_uptime = 0, min_downtime = 0 }
local DAY = 86400

-- Every seventh day is a holiday.
SETTINGS.calendars = { weekly = { on = function(_, day) return day % 7 == 0 and "Rest" or nil end } }

local function read(tags)
  local list = {}
  for key, value in pairs(tags) do list[#list + 1] = { Key = "start-stop:" .. key, Value = value } end
  return assert(policy.read({ id = "i-1", tags = list }, SETTINGS))
end

local function at(month, day, hour)
  return BERLIN:utc { year = 2026, month = month, day = day, hour = hour }
end

-- What of a wanted state makes a stretch of a timeline.
local function stretch(of, t)
  local it = assert(wanted.at(of, t, SETTINGS))
  return table.concat({
    tostring(it.state), it.cause, tostring(it.since), tostring(it.momentary), tostring(it.holiday ~= nil),
  }, " "), it.changes
end

local CASES = {
  spans = { schedule = "weekdays 08:00-12:00+13:00-18:00" },
  cron = { start = "0 8 * * mon-fri", stop = "*/30 18-20 * * *" },
  moment = { stop = "daily 22:00 America/New_York" },
  loose = { schedule = "daily 22:00-06:00", enforce = "no" },
  kept = { schedule = "daily 09:00-17:00", keep = "running until 2026-03-28T23:00" },
  kept_moment = { schedule = "stop daily 18:00", keep = "running until 2026-03-28T23:00" },
  holidays = { schedule = "daily 08:00-20:00", holidays = "weekly" },
  holiday_nights = { schedule = "daily 22:00-06:00", holidays = "weekly start+stop" },
  always = { schedule = "always" },
  kept_never = { schedule = "never", keep = "running until 2026-03-28T23:00" },
}

describe("auto-start-stop: wanted", function()
  for name, tags in pairs(CASES) do
    it("changes at no other time than it says: " .. name, function()
      local of = read(tags)
      local from = at(3, 26) -- with the change of the clock on the 29th
      local known, changes = stretch(of, from)
      for t = from, from + 8 * DAY, 300 do
        local here, next_change = stretch(of, t)
        if changes and t >= changes then
          known, changes = stretch(of, changes)
          while changes and t >= changes do known, changes = stretch(of, changes) end
        end
        assert.equal(known, here, BERLIN:local_time(t).day .. " " .. t)
        assert.equal(changes, next_change)
        assert.is_true(next_change == nil or next_change > t)
      end
    end)
  end

  it("says why", function()
    local kept = wanted.at(read(CASES.kept), at(3, 27, 3), SETTINGS)
    assert.same({
      state = "running", cause = "override", ends = at(3, 28, 23), changes = at(3, 28, 23),
    }, kept)
    local after = wanted.at(read(CASES.kept), at(3, 29, 3), SETTINGS)
    assert.same({ "stopped", "schedule", at(3, 28, 23) }, { after.state, after.cause, after.ended })
    for day = 20, 30 do
      local it = wanted.at(read(CASES.holidays), at(3, day, 12), SETTINGS)
      local is_holiday = math.floor((at(3, day, 12) + 3600) / DAY) % 7 == 0
      assert.equal(is_holiday and "holiday" or "schedule", it.cause)
      assert.equal(is_holiday and "stopped" or "running", it.state)
      assert.equal(is_holiday and "Rest" or nil, it.holiday and it.holiday.name)
    end
  end)

  it("tells of a schedule whose times are too short", function()
    local settings = { zone = BERLIN, min_uptime = 7200, min_downtime = 0 }
    local it, problem = wanted.at(read { schedule = "daily 08:00-09:00" }, at(3, 27), settings)
    assert.is_nil(it)
    assert.equal("scheduled up time is 60 minutes, less than the 120 of MIN_UPTIME", problem)
  end)
end)
