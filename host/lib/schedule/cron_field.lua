--- The grammar of one field of a cron expression.
--
-- A field is a list of items with commas between. An item is `*`, a value, or a range `a-b`, each with a step
-- `/n` if wanted (`a/n` runs from a to the field's end), or one of the special forms of the two day fields.
-- @module schedule.cron_field

local nearest = require "lazy" "nearest"

local M = {}

local MONTHS = { "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC" }
local DAYS = { "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT" }

-- The readers below take a kind of field, a word in upper case and the column at which it stands. A word
-- that they cannot read is thrown as a table: `column` and `length` of the bad part, the `reason`, and what
-- could stand there `instead`.
local function refuse(column, word, reason, instead)
  error({ column = column, length = #word, reason = reason, instead = tostring(instead) }, 0)
end

-- The name that a word begins like (MONDAY, SEPT, MOD), or the kind's sample.
local function meant(kind, word)
  local near = nearest.names(word:sub(1, 3), kind.names or {})
  return near[1] or kind.sample
end

local function read_value(kind, word, column)
  local number = word:find "^%d+$" and tonumber(word)
  if number and number >= kind.low and number <= kind.high then
    return number
  end
  if number then
    refuse(column, word, "is out of range", number < kind.low and kind.low or kind.high)
  end
  for index, name in ipairs(kind.names or {}) do
    if word == name then
      return kind.first_name + index - 1
    end
  end
  refuse(column, word, word == "" and "is missing" or "is not understood", meant(kind, word))
end

-- A range that runs over the field's end, written as two.
local function unrolled(kind, first, last)
  local numbers = first:find "%d"
  local low = numbers and tostring(kind.low) or kind.names[1]
  local high = numbers and tostring(kind.high) or kind.names[#kind.names]
  local upper = first == high and high or first .. "-" .. high
  local lower = last == low and low or low .. "-" .. last
  return upper .. "," .. lower
end

local function read_range(kind, word, column)
  local first, last = word:match "^(.-)%-(.*)$"
  local low = read_value(kind, first, column)
  local high = read_value(kind, last, column + #first + 1)
  if low > high and last == "SUN" and kind.low == 0 then
    high = kind.high -- the crontab's week ends with another Sunday: FRI-SUN is 5-7
  end
  if low > high then
    refuse(column, word, "runs backwards", unrolled(kind, first, last))
  end
  return low, high
end

-- An item without special forms, into the field's set of values.
local function read_plain(kind, word, column, field)
  local base, step = word:match "^([^/]*)/(.*)$"
  base = base or word
  local low, high = kind.low, kind.high
  if base:find "-" then
    low, high = read_range(kind, base, column)
  elseif base ~= "*" then
    low = read_value(kind, base, column)
    high = step and high or low
  end
  if step and not (step:find "^%d+$" and tonumber(step) > 0) then
    refuse(column, word, "has no step, a whole number from 1, after the /", base .. "/2")
  end
  for value = low, high, tonumber(step) or 1 do
    field.values[kind.normal and kind.normal(value) or value] = true
  end
end

-- L, LW, 15W
local function read_day_of_month(kind, word, column, field)
  local day = word:match "^(%d+)W$"
  if word == "L" then
    field.last = true
  elseif word == "LW" then
    field.last_workday = true
  elseif day then
    field.nearest[#field.nearest + 1] = read_value(kind, day, column)
  elseif word:find "[LW]" then
    refuse(column, word, "is not understood", "L")
  else
    read_plain(kind, word, column, field)
  end
end

-- 6L, FRIL, 6#3, FRI#3, and EventBridge's L, which is its week's last day
local function read_day_of_week(kind, word, column, field)
  local last = word:match "^(.+)L$"
  local day, nth = word:match "^(.-)#(.*)$"
  if word == "L" and kind.last then
    field.values[kind.normal(kind.last)] = true
  elseif word == "L" then
    refuse(column, word, "needs a weekday, whose last one in the month it is", "5L")
  elseif last then
    field.last[kind.normal(read_value(kind, last, column))] = true
  elseif day then
    local weekday = kind.normal(read_value(kind, day, column))
    if not nth:find "^[1-5]$" then
      refuse(column, word, "has no number from 1 to 5 after the #", day .. "#1")
    end
    field.nth[weekday * 5 + tonumber(nth)] = true
  else
    read_plain(kind, word, column, field)
  end
end

local MINUTE = {
  key = "minute",
  name = "minute",
  low = 0,
  high = 59,
  sample = "0",
  allowed = "0-59 with * , - /",
}

local HOUR = {
  key = "hour",
  name = "hour",
  low = 0,
  high = 23,
  sample = "9",
  allowed = "0-23 with * , - /",
}

local DAY_OF_MONTH = {
  key = "day_of_month",
  name = "day-of-month",
  low = 1,
  high = 31,
  sample = "15",
  allowed = "1-31 with * , - / ?, and L (last day), LW (last Mon-Fri), 15W (Mon-Fri nearest to the 15th)",
  special = read_day_of_month,
}

local MONTH = {
  key = "month",
  name = "month",
  low = 1,
  high = 12,
  sample = "1",
  allowed = "1-12 or JAN-DEC with * , - /",
  names = MONTHS,
  first_name = 1,
}

-- Weekdays are numbered in two ways. `normal` makes of either 0 (Sunday) to 6 (Saturday).
local CRONTAB_WEEKDAY = {
  key = "day_of_week",
  name = "day-of-week",
  low = 0,
  high = 7,
  sample = "1",
  allowed = "0-7 (0 and 7: Sunday) or SUN-SAT with * , - / ?, and 5L (last Friday), 5#2 (second one)",
  names = DAYS,
  first_name = 0,
  normal = function(value)
    return value % 7
  end,
  special = read_day_of_week,
}

local EVENTBRIDGE_WEEKDAY = {
  key = "day_of_week",
  name = "day-of-week",
  low = 1,
  high = 7,
  sample = "2",
  allowed = "1-7 (1: Sunday) or SUN-SAT with * , - / ?, and L (Saturday), 6L (last Friday), 6#2 (second one)",
  names = DAYS,
  first_name = 1,
  last = 7,
  normal = function(value)
    return value - 1
  end,
  special = read_day_of_week,
}

local YEAR = {
  key = "year",
  name = "year",
  low = 1970,
  high = 2199,
  sample = "*",
  allowed = "1970-2199 with * , - /",
}

--- The kinds of field of a crontab line, in order; what they are, in words; and an example.
M.CRONTAB = {
  MINUTE,
  HOUR,
  DAY_OF_MONTH,
  MONTH,
  CRONTAB_WEEKDAY,
  words = "5 fields (minute hour day-of-month month day-of-week)",
  example = "0 9 * * 1-5",
}

--- The same of an EventBridge expression.
M.EVENTBRIDGE = {
  MINUTE,
  HOUR,
  DAY_OF_MONTH,
  MONTH,
  EVENTBRIDGE_WEEKDAY,
  YEAR,
  words = "6 fields (minute hour day-of-month month day-of-week year)",
  example = "cron(0 9 ? * MON-FRI *)",
}

--- Reads a field.
-- @tparam table kind one of those above
-- @tparam string word the field, in upper case
-- @tparam number column where it stands in the expression
-- @treturn table `star`, whether it starts with `*` or is `?`; `values`, a set; of the day of the month also
-- `last` and `last_workday`, booleans, and `nearest`, a list of days; of the day of the week, with 0 for
-- Sunday, `last`, a set of days, and `nth`, a set of day * 5 + n
-- @raise a table that says what is wrong: `column` and `length` of the bad part, the `reason`, and what could
-- stand there `instead`
function M.read(kind, word, column)
  local field = { values = {} }
  if kind == DAY_OF_MONTH then
    field.nearest = {}
  elseif kind.normal then
    field.last, field.nth = {}, {}
  end
  if word == "?" and kind.special then
    word = "*"
  end
  field.star = word:sub(1, 1) == "*"
  local read = kind.special or read_plain
  for at, item in (word .. ","):gmatch "()([^,]*)," do
    read(kind, item, column + at - 1, field)
  end
  return field
end

return M
