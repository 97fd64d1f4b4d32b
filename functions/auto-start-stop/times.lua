--- When a start or a stop comes in its zone, holidays left out.

local calendar = require "schedule.calendar"

local floor = math.floor

local M = {}

local MOST_HOLIDAYS = 1000 -- in a row, before it counts as never

local Times = {}
Times.__index = Times

--- Makes times.
-- @tparam table at moments, with `next` and `previous` as schedule.cron has them
-- @tparam schedule.zone.Zone zone whose clock they mean
-- @tparam[opt] {table,...} calendars of the days on which it does not come, each with `on(day, zone)`
-- @treturn table
function M.new(at, zone, calendars)
  return setmetatable({ at = at, zone = zone, calendars = calendars or {} }, Times)
end

-- The local day of a time.
local function day_of(self, t)
  return floor((t + self.zone:offset_at(t)) / calendar.DAY)
end

-- The name of the holiday that a time falls on, or nil.
local function holiday_at(self, t)
  for _, each in ipairs(self.calendars) do
    local name = each:on(day_of(self, t), self.zone)
    if name then return name end
  end
end

--- The last time at or before t.
-- @tparam number t seconds since 1970 UTC
-- @treturn ?number
function Times:previous(t)
  for _ = 1, MOST_HOLIDAYS do
    local time = self.at:previous(t, self.zone)
    if not time or not holiday_at(self, time) then return time end
    t = math.min(self.zone:first_time(day_of(self, time) * calendar.DAY), time) - 1
  end
end

--- The next time after t.
-- @tparam number t seconds since 1970 UTC
-- @treturn ?number
function Times:next(t)
  for _ = 1, MOST_HOLIDAYS do
    local time = self.at:next(t, self.zone)
    if not time or not holiday_at(self, time) then return time end
    t = math.max(self.zone:first_time((day_of(self, time) + 1) * calendar.DAY) - 1, time)
  end
end

--- The last time at or before t, where a holiday took it.
-- @tparam number t seconds since 1970 UTC
-- @treturn ?number
-- @treturn ?string the holiday
function Times:skipped(t)
  if #self.calendars == 0 then return nil end
  local time = self.at:previous(t, self.zone)
  local name = time and holiday_at(self, time)
  if name then return time, name end
end

--- The next time after t, on a holiday or not.
-- @tparam number t seconds since 1970 UTC
-- @treturn ?number
function Times:next_of_all(t)
  return self.at:next(t, self.zone)
end

return M
