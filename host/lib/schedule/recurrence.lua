--- Recurrence rules of iCalendar, by the day. Source: RFC 5545, section 3.3.10.
--
-- A rule divides time into periods (years, months, weeks, days) and picks days in every INTERVALth of them:
-- those that all of its BYxxx parts let pass. Rules that recur within a day are refused.
-- @module schedule.recurrence

local calendar = require "schedule.calendar"

local ceil, floor, max = math.ceil, math.floor, math.max

local M = {}

local WEEKDAYS = { SU = 0, MO = 1, TU = 2, WE = 3, TH = 4, FR = 5, SA = 6 }
local FREQUENCIES = { YEARLY = true, MONTHLY = true, WEEKLY = true, DAILY = true }
local MAX_COUNT = 10000
local COUNTED_FROM = calendar.day(1900, 1, 1) -- a count is gone through from its start
local FOREVER = 999999 -- a day that is after all others

-- ---- the days of a period ----

local function year_length(year)
  return calendar.is_leap(year) and 366 or 365
end

-- The number of a day's week, and the number of weeks of the year that the week belongs to: the year in which
-- most of its days are. Weeks begin on the weekday `first`.
local function week_number(day, first)
  local middle = day - (calendar.weekday(day) - first) % 7 + 3
  local year = calendar.date(middle)
  local start = calendar.day(year, 1, 1)
  local number = floor((middle - start) / 7) + 1
  local rest = year_length(year) - 1 - (middle - start)
  return number, number + floor(rest / 7)
end

-- Whether a set holds a place, counted from the front or from the back of so many.
local function holds(set, place, of)
  return set[place] or set[place - of - 1]
end

-- Whether BYDAY lets a day pass: by its weekday, or as the nth such of its month or year.
local function has_weekday(rule, day, year, month, date)
  local weekday = calendar.weekday(day)
  if rule.weekdays[weekday] then return true end
  local nth = rule.nth[weekday]
  if not nth then return false end
  local place, of = date, calendar.month_length(year, month)
  if rule.frequency == "YEARLY" and not rule.months then
    place, of = day - calendar.day(year, 1, 1) + 1, year_length(year)
  end
  return nth[ceil(place / 7)] or nth[-ceil((of - place + 1) / 7)]
end

local function picks(rule, day, year, month, date)
  if rule.months and not rule.months[month] then return false end
  local length = calendar.month_length(year, month)
  if rule.month_days and not holds(rule.month_days, date, length) then return false end
  if rule.weekdays and not has_weekday(rule, day, year, month, date) then return false end
  if rule.year_days then
    local place = day - calendar.day(year, 1, 1) + 1
    if not holds(rule.year_days, place, year_length(year)) then return false end
  end
  return not rule.weeks or holds(rule.weeks, week_number(day, rule.week_start))
end

local function add_span(rule, list, first, last)
  for day = first, last do
    if picks(rule, day, calendar.date(day)) then list[#list + 1] = day end
  end
end

local function add_month(rule, list, year, month)
  if rule.months and not rule.months[month] then return end
  local first = calendar.day(year, month, 1)
  for date = 1, calendar.month_length(year, month) do
    if picks(rule, first + date - 1, year, month, date) then list[#list + 1] = first + date - 1 end
  end
end

-- Each kind of period by its number: which one a day is in, its first day, and how its days are listed.
local PERIODS = {
  YEARLY = {
    of = function(_, day) return (calendar.date(day)) end,
    first = function(_, year) return calendar.day(year, 1, 1) end,
    list = function(rule, list, year)
      for month = 1, 12 do add_month(rule, list, year, month) end
    end,
  },
  MONTHLY = {
    of = function(_, day)
      local year, month = calendar.date(day)
      return year * 12 + month - 1
    end,
    first = function(_, months) return calendar.day(floor(months / 12), months % 12 + 1, 1) end,
    list = function(rule, list, months) add_month(rule, list, floor(months / 12), months % 12 + 1) end,
  },
  WEEKLY = {
    of = function(rule, day) return floor((day + 4 - rule.week_start) / 7) end,
    first = function(rule, week) return week * 7 - 4 + rule.week_start end,
    list = function(rule, list, week)
      local first = week * 7 - 4 + rule.week_start
      add_span(rule, list, first, first + 6)
    end,
  },
  DAILY = {
    of = function(_, day) return day end,
    first = function(_, day) return day end,
    list = function(rule, list, day) add_span(rule, list, day, day) end,
  },
}

local function days_of_period(rule, number)
  local list = {}
  rule.period.list(rule, list, number)
  if not rule.places then return list end
  local chosen = {}
  for place, day in ipairs(list) do
    if holds(rule.places, place, #list) then chosen[#chosen + 1] = day end
  end
  return chosen
end

-- ---- a rule ----

--- A rule.
-- @type Rule
local Rule = {}
Rule.__index = Rule

-- The period to begin with for the days from one on. A rule that is counted is gone through from its start.
local function first_period(self, day)
  local began = self.period.of(self, self.start)
  if self.count then return began end
  local passed = max(0, floor((self.period.of(self, day) - began) / self.interval))
  return began + passed * self.interval
end

--- The days on which it recurs, in order.
-- @tparam number first the first day that is wanted, in days since 1970-01-01
-- @tparam number last
-- @treturn {number,...}
function Rule:days(first, last)
  local list, gone = {}, 0
  first, last = max(first, self.start), math.min(last, self.last)
  local number = first_period(self, first)
  while self.period.first(self, number) <= last do
    for _, day in ipairs(days_of_period(self, number)) do
      if day > last or gone == self.count then return list end
      if day >= self.start then gone = gone + 1 end
      if day >= first then list[#list + 1] = day end
    end
    number = number + self.interval
  end
  return list
end

--- @section end

-- ---- its text ----

local function whole(text, low, high)
  local value = text:find "^[+-]?%d+$" and tonumber(text)
  return value and value >= low and value <= high and value or nil
end

-- A part that is a list of numbers from 1 to `high`, and from the end back if `signed`; as a set.
local function numbers(high, signed)
  return function(value)
    local set = {}
    for item in (value .. ","):gmatch "([^,]*)," do
      local number = whole(item, signed and -high or 1, high)
      if not number or number == 0 then return nil end
      set[number] = true
    end
    return set
  end
end

-- BYDAY: a set of weekdays, and for others the set of their places.
local function read_days(value)
  local weekdays, nth = {}, {}
  for item in (value .. ","):gmatch "([^,]*)," do
    local place, name = item:match "^([+-]?%d*)(%u%u)$"
    local weekday = WEEKDAYS[name]
    if not weekday then return nil end
    if place == "" then
      weekdays[weekday] = true
    else
      local number = whole(place, -53, 53)
      if not number or number == 0 then return nil end
      nth[weekday] = nth[weekday] or {}
      nth[weekday][number] = true
    end
  end
  return weekdays, nth
end

local PARTS = {
  FREQ = function(rule, value)
    rule.frequency = FREQUENCIES[value] and value
    return rule.frequency
  end,
  INTERVAL = function(rule, value)
    rule.interval = whole(value, 1, 10000)
    return rule.interval
  end,
  COUNT = function(rule, value)
    rule.count = whole(value, 1, MAX_COUNT)
    return rule.count
  end,
  UNTIL = function(rule, value, read_until)
    rule.last = read_until(value)
    return rule.last
  end,
  WKST = function(rule, value)
    rule.week_start = WEEKDAYS[value]
    return rule.week_start
  end,
  BYDAY = function(rule, value)
    rule.weekdays, rule.nth = read_days(value)
    return rule.weekdays
  end,
}
for name, part in pairs {
  BYMONTH = { "months", numbers(12) },
  BYMONTHDAY = { "month_days", numbers(31, true) },
  BYYEARDAY = { "year_days", numbers(366, true) },
  BYWEEKNO = { "weeks", numbers(53, true) },
  BYSETPOS = { "places", numbers(366, true) },
} do
  PARTS[name] = function(rule, value)
    rule[part[1]] = part[2](value)
    return rule[part[1]]
  end
end

-- Where no part chooses a day, it is that of the start.
local function choose_day(rule)
  if rule.weeks or rule.year_days or rule.month_days or rule.weekdays then return end
  local _, month, date = calendar.date(rule.start)
  if rule.frequency == "YEARLY" then
    rule.months = rule.months or { [month] = true }
    rule.month_days = { [date] = true }
  elseif rule.frequency == "MONTHLY" then
    rule.month_days = { [date] = true }
  elseif rule.frequency == "WEEKLY" then
    rule.weekdays, rule.nth = { [calendar.weekday(rule.start)] = true }, {}
  end
end

-- What the RFC forbids, because it would mean nothing.
local function contradiction(rule)
  if not rule.frequency then return "FREQ is missing" end
  if rule.weeks and rule.frequency ~= "YEARLY" then return "BYWEEKNO is for FREQ=YEARLY" end
  if rule.year_days and rule.frequency ~= "YEARLY" then return "BYYEARDAY is for FREQ=YEARLY" end
  if rule.month_days and rule.frequency == "WEEKLY" then return "BYMONTHDAY is not for FREQ=WEEKLY" end
  local places = rule.nth and next(rule.nth)
  if places and (rule.weeks or rule.frequency == "WEEKLY" or rule.frequency == "DAILY") then
    return "BYDAY with numbers is for FREQ=MONTHLY, or YEARLY without BYWEEKNO"
  end
  if rule.count and rule.last < FOREVER then return "COUNT and UNTIL are both set" end
  if rule.count and rule.start < COUNTED_FROM then return "COUNT from before 1900 is not supported" end
end

--- Reads a rule.
-- @tparam string text such as `FREQ=YEARLY;BYMONTH=11;BYDAY=4TH`
-- @tparam number start the day from which it recurs, in days since 1970-01-01; not one of its days unless the
--   rule picks it
-- @tparam function read_until from the text of UNTIL to the last day that it allows, or nil
-- @treturn[1] Rule
-- @treturn[2] nil
-- @treturn[2] string what is wrong
function M.parse(text, start, read_until)
  local rule = { start = start, interval = 1, week_start = WEEKDAYS.MO, last = FOREVER }
  for part in text:upper():gmatch "[^;]+" do
    local name, value = part:match "^([%w-]+)=(.*)$"
    local read = PARTS[name]
    if not read then return nil, ("%s is not supported"):format(part) end
    if not read(rule, value, read_until) then return nil, ("%s is not supported"):format(part) end
  end
  local problem = contradiction(rule)
  if problem then return nil, problem end
  choose_day(rule)
  rule.period = PERIODS[rule.frequency]
  return setmetatable(rule, Rule)
end

return M
