--- The rules of a POSIX TZ string such as `CET-1CEST,M3.5.0,M10.5.0/3`: the footer of a TZif file, which
-- says how its last years go on for ever.
--
-- POSIX.1-2024 (8.3, TZ) with the hours from -167 to 167 that RFC 9636 (3.3.2) allows in a rule's time.
-- A string that names daylight time without its two rules is refused: POSIX leaves its meaning open.
-- @module schedule.posix_tz

local calendar = require "schedule.calendar"

local floor, max, min, huge = math.floor, math.max, math.min, math.huge

local M = {}

local Rules = {}
Rules.__index = Rules

local MAX_OFFSET_HOURS, MAX_RULE_HOURS = 24, 167
local DEFAULT_TIME = 2 * 3600 -- a change without a time is at 02:00:00

-- Each reader below takes the text and a position, and returns what it read and the position after it, or
-- nothing.

-- A name of letters, or of letters, digits and signs in angle brackets; only the position after it matters.
local function read_name(text, at)
  return text:match("^%a%a%a+()", at) or text:match("^<[%w+-][%w+-][%w+-]+>()", at)
end

-- [+-]hh[:mm[:ss]] in seconds.
local function read_seconds(text, at, max_hours)
  local sign, hours, after = text:match("^([+-]?)(%d%d?%d?)()", at)
  if not sign or tonumber(hours) > max_hours then
    return nil
  end
  local seconds = tonumber(hours) * 3600
  for _, unit in ipairs { 60, 1 } do
    local digits, next_after = text:match("^:([0-5]%d)()", after)
    if not digits then
      break
    end
    seconds, after = seconds + tonumber(digits) * unit, next_after
  end
  return sign == "-" and 0 - seconds or seconds, after
end

-- An offset, given west of Greenwich and returned east of it.
local function read_offset(text, at)
  local west, after = read_seconds(text, at, MAX_OFFSET_HOURS)
  if west then
    return 0 - west, after -- not -west, which would make -0 of 0
  end
end

local function read_day(text, at)
  local month, week, weekday, after = text:match("^M(%d%d?)%.([1-5])%.([0-6])()", at)
  if month then
    month = tonumber(month)
    if month >= 1 and month <= 12 then
      return { form = "M", month = month, week = tonumber(week), weekday = tonumber(weekday) }, after
    end
    return nil
  end
  local julian, number, after_number = text:match("^(J?)(%d%d?%d?)()", at)
  number = tonumber(number)
  if not number or number > 365 or (julian == "J" and number == 0) then
    return nil
  end
  return { form = julian == "J" and "J" or "n", number = number }, after_number
end

-- ,date[/time]
local function read_change(text, at)
  at = text:match("^,()", at)
  local change, after
  if at then
    change, after = read_day(text, at)
  end
  if not change then
    return nil
  end
  change.time = DEFAULT_TIME
  local time_at = text:match("^/()", after)
  if time_at then
    change.time, after = read_seconds(text, time_at, MAX_RULE_HOURS)
  end
  if after then
    return change, after
  end
end

-- The day of a change in a year.
local function day_of(change, year)
  local first = calendar.day(year, change.month or 1, 1)
  if change.form == "n" then -- counts 29 February
    return first + change.number
  end
  if change.form == "J" then -- never counts it
    local past_leap_day = calendar.is_leap(year) and change.number >= 60
    return first + change.number - (past_leap_day and 0 or 1)
  end
  local date = (change.weekday - calendar.weekday(first)) % 7 + 7 * (change.week - 1)
  if date >= calendar.month_length(year, change.month) then
    date = date - 7
  end
  return first + date
end

-- Daylight time of a year lasts from its start to the first end after that, in the south the next year's.
local function daylight_of(self, year)
  local start, stop = self.starts[year], self.stops[year]
  if not start then
    local function ending(of_year)
      return day_of(self.stop, of_year) * calendar.DAY + self.stop.time - self.daylight_offset
    end
    start = day_of(self.start, year) * calendar.DAY + self.start.time - self.offset
    stop = ending(year)
    if stop <= start then
      stop = ending(year + 1)
    end
    self.starts[year], self.stops[year] = start, stop
  end
  return start, stop
end

--- The offset in force at a time.
-- @tparam number t seconds since 1970 UTC
-- @treturn number seconds east of UTC
-- @treturn boolean whether this is daylight saving time
-- @treturn number since when it has been so (a period may be given in several parts)
-- @treturn number until when it will be so
function Rules:offset_at(t)
  if not self.start then
    return self.offset, false, -huge, huge
  end
  local isdst, from, till = false, -huge, huge
  -- A rule's time can move a change a week beyond its year's bounds, so the years around have their say.
  local year = calendar.date(floor(t / calendar.DAY))
  for near = year - 2, year + 2 do
    local start, stop = daylight_of(self, near)
    isdst = isdst or (start <= t and t < stop)
    if start <= t then
      from = max(from, start)
    else
      till = min(till, start)
    end
    if stop <= t then
      from = max(from, stop)
    else
      till = min(till, stop)
    end
  end
  return isdst and self.daylight_offset or self.offset, isdst, from, till
end

local function read_rules(text)
  local after = read_name(text, 1)
  if not after then
    return nil, "a zone's name", 1
  end
  local self = setmetatable({ starts = {}, stops = {} }, Rules)
  local at = after
  self.offset, after = read_offset(text, at)
  if not after then
    return nil, "an offset from UTC", at
  end
  if after > #text then
    return self
  end
  at, after = after, read_name(text, after)
  if not after then
    return nil, "the name of daylight time", at
  end
  local daylight_offset, after_offset = read_offset(text, after)
  self.daylight_offset, at = daylight_offset or self.offset + 3600, after_offset or after
  for _, field in ipairs { "start", "stop" } do
    self[field], after = read_change(text, at)
    if not after then
      return nil, "a rule such as ,M3.2.0/2", at
    end
    at = after
  end
  if at <= #text then
    return nil, "the end", at
  end
  return self
end

--- Reads a POSIX TZ string.
-- @tparam string text
-- @treturn[1] Rules
-- @treturn[2] nil
-- @treturn[2] string what is wrong and where
function M.parse(text)
  local rules, expected, at = read_rules(text)
  if not rules then
    return nil, ("TZ string %q: expected %s at column %d"):format(text:sub(1, 80), expected, at)
  end
  return rules
end

return M
