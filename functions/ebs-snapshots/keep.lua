--- How long: the rules of `snapshot:keep`, and which of a source's snapshots they keep. Pure.
--
-- A unit is what one run took of one source: `{ period = seconds since 1970 UTC, … }`. A rule keeps one
-- unit or another by looking at newer ones alone. So what is expired once is wanted by no rule later, and
-- expiring after every run leaves the same as expiring once at the end.

local calendar = require "schedule.calendar"

local M = {}

local floor, huge = math.floor, math.huge
local SECONDS = { h = 3600, d = 86400, w = 7 * 86400, y = 365 * 86400 }
local EXAMPLE = "7 daily, 4 weekly, 12 monthly"
local MOST = 10000

-- ---- what a calendar rule counts: one number a bucket, the same for all times in it ----

local function day_of(t, zone)
  return floor((t + zone:offset_at(t)) / calendar.DAY)
end

local BUCKETS = {}

-- The two hours that a clock shows alike when it goes back are two.
function BUCKETS.hourly(t, zone)
  local offset = zone:offset_at(t)
  return (floor((t + offset) / 3600) * 3600 - offset) / 3600
end

BUCKETS.daily = day_of

-- Day 0 was a Thursday; weeks begin on Monday.
function BUCKETS.weekly(t, zone)
  return floor((day_of(t, zone) + 3) / 7)
end

function BUCKETS.monthly(t, zone)
  local year, month = calendar.date(day_of(t, zone))
  return year * 12 + month
end

function BUCKETS.yearly(t, zone)
  return (calendar.date(day_of(t, zone)))
end

-- ---- rules ----

local function one_rule(text)
  local number, word = text:match("^(%d+)%s*(%a*)$")
  number, word = tonumber(number), word and word:lower()
  local age = SECONDS[word]
  if not number or not (word == "" or age or BUCKETS[word]) then
    return nil, ("%q is none of a number, an age such as 30d (h, d, w, y), or a number of hourly, daily, "
      .. "weekly, monthly or yearly ones; for example: %s"):format(text, EXAMPLE)
  end
  if number < 1 or number > MOST then
    return nil, ("%q: the number is from 1 to %d; for example: %s"):format(text, MOST, EXAMPLE)
  end
  return { text = text, number = number, age = age and number * age, bucket = BUCKETS[word], word = word }
end

--- Reads rules. A strict tag service takes no comma, so `/`, `+` and `;` part them too.
-- @tparam string text such as `7`, `30d` or `7 daily, 4 weekly, 12 monthly`
-- @treturn ?{table,...} rules
-- @treturn ?string what is wrong, with a right example
function M.parse(text)
  local rules = {}
  for part in (text .. ","):gmatch("([^,/+;]*)[,/+;]") do
    local rule, problem = one_rule(part:match("^%s*(.-)%s*$"))
    if not rule then return nil, problem end
    rules[#rules + 1] = rule
  end
  return rules
end

--- The rules as they were written.
-- @tparam {table,...} rules
-- @treturn string
function M.text(rules)
  local texts = {}
  for i, rule in ipairs(rules) do texts[i] = rule.text end
  return table.concat(texts, ", ")
end

local function by_age(rule, units, now, mark)
  for _, unit in ipairs(units) do
    if unit.period > now - rule.age then mark(unit, "younger than " .. rule.text) end
  end
end

-- The newest of each of the newest buckets; each unit is a bucket of its own where the rule only counts.
local function by_count(rule, units, zone, mark)
  local left, last = rule.number, huge
  for i, unit in ipairs(units) do
    local bucket = rule.bucket and rule.bucket(unit.period, zone) or -i
    if bucket < last then
      if left == 0 then return end
      left, last = left - 1, bucket
      mark(unit, rule.bucket and rule.word or "one of the newest " .. rule.number)
    end
  end
end

--- Which units are kept. The newest always is.
-- @tparam {table,...} rules
-- @tparam {table,...} units newest first
-- @tparam number now seconds since 1970 UTC
-- @tparam schedule.zone.Zone zone whose days, weeks, months and years are meant
-- @treturn {[table]=string} why, by the units that are kept
function M.kept(rules, units, now, zone)
  local why = {}
  local function mark(unit, reason)
    why[unit] = why[unit] and why[unit] .. ", " .. reason or reason
  end
  if units[1] then mark(units[1], "the newest") end
  for _, rule in ipairs(rules) do
    if rule.age then by_age(rule, units, now, mark) else by_count(rule, units, zone, mark) end
  end
  return why
end

return M
