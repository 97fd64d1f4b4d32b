--- Cron expressions, and the times at which they fire.
--
-- **Forms.** Five fields are those of crontab(5): minute, hour, day-of-month, month, day-of-week (0-7, 0
-- and 7 are Sunday); `@yearly @annually @monthly @weekly @daily @midnight @hourly` stand for five fields.
-- Six fields, bare or in `cron(...)`, are those of Amazon EventBridge: the day-of-week is 1-7 from Sunday,
-- a year (1970-2199) follows, and exactly one of the two day fields is `?`. Both forms have names (JAN,
-- MON, in any case), lists, ranges and steps (`*/n`, `a-b/n`, and `a/n` from a to the field's end), and
-- from Quartz `?`, `L`, `LW`, `15W` for the day of the month and `?`, `6L`, `6#3` for the day of the week.
-- A day that a month does not have (31W in June, a fifth Friday) does not come in that month, and `W` never
-- leaves its month.
--
-- **Days.** A day field that starts with `*` (so `*/2` too) or is `?` does not choose: both fields must
-- match. When neither starts so, a day matches if either field does.
--
-- **Clock changes.** A schedule whose minute or hour starts with `*` follows the clock: it fires whenever
-- the clock shows one of its times, twice for a time that comes twice, never for one that is skipped. Any
-- other fires when the clock for the first time shows its time or, if that is skipped, a later one: once
-- for a time that comes twice, at the first; at the first instant after the gap for times that are skipped,
-- once for all of them. This is cronie's rule, without its limit of three hours: a skipped day counts as
-- well.
--
-- The two rules give each schedule one set of instants in a zone. `next` and `previous` move through that
-- set.
-- @module schedule.cron

local calendar = require "schedule.calendar"
local parse_fields = require "schedule.cron_parse"
local zones = require "schedule.zone"

local ceil, floor, huge, max, min = math.ceil, math.floor, math.huge, math.max, math.min

local M = {}

local UTC = zones.load "UTC"
local MINUTES_OF_DAY = 24 * 60
local MONTHS_OF_CYCLE = 400 * 12 -- then the Gregorian calendar repeats, weekdays included
local MOST_SKIPPED = 400 * 2 -- times: clocks are set forward twice a year at most, by rules that repeat
local FIRST_DAY, LAST_DAY = calendar.day(1970, 1, 1), calendar.day(2199, 12, 31) -- that a year field can name

--- A schedule. The field `text` is the expression it was made from.
-- @type Schedule
local Schedule = {}
Schedule.__index = Schedule

-- The first member of a set of numbers on the way from one number to another. Here and below, `step` is 1 to
-- search forward and -1 to search backward.
local function scan(set, from, to, step)
  for value = from, to, step do
    if set[value] then
      return value
    end
  end
end

-- The Monday to Friday nearest to a day, within a month of `length` days that begins on the weekday `first`.
local function nearest_workday(day, first, length)
  local weekday = (first + day - 1) % 7
  if weekday == 6 then
    return day > 1 and day - 1 or day + 2
  elseif weekday == 0 then
    return day < length and day + 1 or day - 2
  end
  return day
end

-- The days that the day-of-month field picks in such a month, as a set.
local function days_by_date(field, first, length)
  local days = {}
  for day = 1, length do
    days[day] = field.values[day]
  end
  for _, day in ipairs(field.nearest) do
    if day <= length then
      days[nearest_workday(day, first, length)] = true
    end
  end
  if field.last then
    days[length] = true
  end
  if field.last_workday then
    days[nearest_workday(length, first, length)] = true
  end
  return days
end

-- The days that the day-of-week field picks in such a month, as a set.
local function days_by_weekday(field, first, length)
  local days = {}
  for day = 1, length do
    local weekday = (first + day - 1) % 7
    days[day] = field.values[weekday]
      or field.nth[weekday * 5 + ceil(day / 7)]
      or field.last[weekday] and day > length - 7
  end
  return days
end

-- The days on which the schedule fires in such a month, as a set. There are 28 such months at most.
local function days_of_month(self, first, length)
  local key = first * 32 + length
  local days = self.days[key]
  if not days then
    days = {}
    local by_date = days_by_date(self.day_of_month, first, length)
    local by_weekday = days_by_weekday(self.day_of_week, first, length)
    local both = self.day_of_month.star or self.day_of_week.star
    for day = 1, length do
      if both then
        days[day] = by_date[day] and by_weekday[day]
      else
        days[day] = by_date[day] or by_weekday[day]
      end
    end
    self.days[key] = days
  end
  return days
end

-- The first day, from one onwards, on which the schedule fires, or nil.
local function find_day(self, day, step)
  local years = self.years
  if years then
    day = step > 0 and max(day, FIRST_DAY) or min(day, LAST_DAY)
  end
  local year, month, from = calendar.date(day)
  local first, last = 1, 31
  if step < 0 then
    first, last = last, first
  end
  for _ = 0, MONTHS_OF_CYCLE do
    if self.months[month] and (not years or years[year]) then
      local start = calendar.day(year, month, 1)
      local days = days_of_month(self, calendar.weekday(start), calendar.month_length(year, month))
      local found = scan(days, from, last, step)
      if found then
        return start + found - 1
      end
    end
    from, month = first, month + step
    if month < 1 or month > 12 then
      year, month = year + step, (month - 1) % 12 + 1
    end
  end
end

-- The first time of day, from one onwards, at which the schedule fires, or nil; both in minutes.
local function find_time(self, time, step)
  local hour = floor(time / 60)
  local first, last = 0, 59
  if step < 0 then
    first, last = last, first
  end
  local minute = self.hours[hour] and scan(self.minutes, time % 60, last, step)
  if not minute then
    hour = scan(self.hours, hour + step, step > 0 and 23 or 0, step)
    minute = scan(self.minutes, first, last, step)
  end
  return hour and hour * 60 + minute
end

-- The first reading, from one onwards, that the schedule names, or nil; both in minutes.
local function find_match(self, minutes, step)
  local today = floor(minutes / MINUTES_OF_DAY)
  local day = find_day(self, today, step)
  if day == today then
    local time = find_time(self, minutes % MINUTES_OF_DAY, step)
    if time then
      return today * MINUTES_OF_DAY + time
    end
    day = find_day(self, today + step, step)
  end
  return day and day * MINUTES_OF_DAY + find_time(self, step > 0 and 0 or MINUTES_OF_DAY - 1, step)
end

-- The first reading that the schedule names, from one onwards, or infinity.
local function match_from(self, reading)
  local minutes = find_match(self, ceil(reading / 60), 1)
  return minutes and minutes * 60 or huge
end

-- The last reading that the schedule names, from one backwards, or minus infinity.
local function match_until(self, reading)
  local minutes = find_match(self, floor(reading / 60), -1)
  return minutes and minutes * 60 or -huge
end

-- The first time after t at which the clock shows a reading that the schedule names, or nil. Goes from period
-- to period; throughout, no reading between `reading` and `match` is named, so only a clock set back to
-- `reading` or forward over `match` makes it look again. What is skipped whenever it is named never
-- comes.
local function next_shown(self, t, zone)
  local skipped = 0
  local offset, _, _, till = zone:offset_at(t)
  local reading = t + offset
  local match = match_from(self, reading + 1)
  while match == huge or match >= till + offset do
    if match == huge and till - t > zones.SPREAD then
      return nil
    end
    local start = till
    offset, _, _, till = zone:offset_at(start)
    if start + offset <= reading or start + offset > match then
      reading = start + offset - 1
      match = match_from(self, start + offset)
      skipped = skipped + 1
      if skipped > MOST_SKIPPED then
        return nil
      end
    end
  end
  return match - offset
end

-- The same backward, at or before t: no reading after `match` and up to `reading` is named.
local function previous_shown(self, t, zone)
  local skipped = 0
  local offset, _, from = zone:offset_at(t)
  local reading = t + offset
  local match = match_until(self, reading)
  while match == -huge or match < from + offset do
    if match == -huge and t - from > zones.SPREAD then
      return nil
    end
    local last = from - 1
    offset, _, from = zone:offset_at(last)
    if last + offset > reading or last + offset < match then
      reading = last + offset
      match = match_until(self, reading)
      skipped = skipped + 1
      if skipped > MOST_SKIPPED then
        return nil
      end
    end
  end
  return match - offset
end

local function check(t, zone)
  if type(t) ~= "number" or t - t ~= 0 then
    error("bad time: expected a finite number of seconds, got " .. tostring(t), 3)
  end
  if zone ~= nil and (type(zone) ~= "table" or not zone.offset_at) then
    error("bad zone: expected one from schedule.zone, got " .. type(zone), 3)
  end
end

--- When the schedule fires next.
-- @tparam number t seconds since 1970 UTC
-- @tparam[opt=UTC] schedule.zone.Zone zone whose clock the expression means
-- @treturn[1] number the first such time strictly after t
-- @treturn[2] nil if there is none
function Schedule:next(t, zone)
  check(t, zone)
  zone, t = zone or UTC, floor(t)
  if self.follows_clock then
    return next_shown(self, t, zone)
  end
  local match = match_from(self, zone:latest_reading(t) + 1)
  return match < huge and zone:first_time(match) or nil
end

--- When the schedule fired last.
-- @tparam number t seconds since 1970 UTC
-- @tparam[opt=UTC] schedule.zone.Zone zone whose clock the expression means
-- @treturn[1] number the last such time before or at t
-- @treturn[2] nil if there is none
function Schedule:previous(t, zone)
  check(t, zone)
  zone, t = zone or UTC, floor(t)
  if self.follows_clock then
    return previous_shown(self, t, zone)
  end
  local match = match_until(self, zone:latest_reading(t))
  return match > -huge and zone:first_time(match) or nil
end

--- @section end

--- Reads a cron expression.
-- @tparam string text
-- @treturn[1] Schedule
-- @treturn[2] nil
-- @treturn[2] string the field, its column, what is wrong there, what is allowed, and a right example
function M.parse(text)
  if type(text) ~= "string" then
    error("bad cron expression: expected a string, got " .. type(text), 2)
  end
  local fields, message = parse_fields(text)
  if not fields then
    return nil, message
  end
  return setmetatable({
    text = text,
    minutes = fields.minute.values,
    hours = fields.hour.values,
    months = fields.month.values,
    years = fields.year and fields.year.values,
    day_of_month = fields.day_of_month,
    day_of_week = fields.day_of_week,
    follows_clock = fields.minute.star or fields.hour.star,
    days = {},
  }, Schedule)
end

return M
