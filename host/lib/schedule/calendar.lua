--- Days of the proleptic Gregorian calendar, counted from 1970-01-01 (day 0).
--
-- The years are taken to begin on 1 March, so that a leap day is the last of its year and the months
-- before it have lengths that one linear formula gives: (153 * months + 2) / 5 days.
-- @module schedule.calendar

local floor = math.floor

local M = {}

--- Seconds of a day.
M.DAY = 86400

local EPOCH = 719468 -- 1970-01-01, counted from 1 March of the year 0
local LENGTHS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

-- The day on which a year that begins in March starts, counted from 1 March of the year 0.
local function year_start(year)
  return 365 * year + floor(year / 4) - floor(year / 100) + floor(year / 400)
end

--- The number of a date's day. Months and days beyond their bounds count on: month 13 is the next January,
-- day 0 the day before the first.
-- @tparam number year
-- @tparam number month
-- @tparam number day
-- @treturn number days since 1970-01-01
function M.day(year, month, day)
  local months = month - 3
  local carry = floor(months / 12)
  months = months - carry * 12
  return year_start(year + carry) + floor((153 * months + 2) / 5) + day - 1 - EPOCH
end

--- The date of a day.
-- @tparam number day days since 1970-01-01
-- @treturn number year
-- @treturn number month 1 to 12
-- @treturn number day of the month, 1 to 31
function M.date(day)
  local days = day + EPOCH
  -- A year starts at most 1.48 days before its share of the mean length: this guess is the year or the next.
  local year = floor((days + 1.48) / 365.2425)
  if year_start(year) > days then
    year = year - 1
  end
  local rest = days - year_start(year)
  local months = floor((5 * rest + 2) / 153)
  local date = rest - floor((153 * months + 2) / 5) + 1
  if months >= 10 then
    return year + 1, months - 9, date
  end
  return year, months + 3, date
end

--- The weekday of a day.
-- @tparam number day days since 1970-01-01
-- @treturn number 0 (Sunday) to 6 (Saturday)
function M.weekday(day)
  return (day + 4) % 7
end

--- Whether a year has a 29 February.
-- @tparam number year
-- @treturn boolean
function M.is_leap(year)
  return year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
end

--- The number of days of a month.
-- @tparam number year
-- @tparam number month 1 to 12
-- @treturn number 28 to 31
function M.month_length(year, month)
  if month == 2 and M.is_leap(year) then
    return 29
  end
  return LENGTHS[month]
end

--- Whether there is such a date.
-- @tparam number year
-- @tparam number month
-- @tparam number day
-- @treturn boolean
function M.exists(year, month, day)
  return month >= 1 and month <= 12 and day >= 1 and day <= M.month_length(year, month)
end

return M
