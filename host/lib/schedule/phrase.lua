--- Days and times as people write them: `mon-fri 08:00`, `weekdays 08:00-20:00 + sat 10:00-14:00`.
--
--     phrase = group { and group } [ zone ]
--     group  = "@" name | [ days ] times
--     days   = day { and day }          day  = name | name "-" name | "weekdays" | "weekends" | "daily"
--     times  = time { and time }        time = hh:mm for a moment, hh:mm "-" hh:mm for a span
--     and    = "+" | ","
--
-- Without days it is every day. Words are as good in capitals.
-- @module schedule.phrase

local nearest = require "lazy" "nearest"
local zones = require "schedule.zone"

local M = {}

local DAY = 24 * 60
local NAMES = { "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday" }
local ALLOWED_DAYS = "mon to sun, ranges such as mon-fri, weekdays, weekends, daily"

-- Words for days, each with the first and the last one; 0 is Sunday, and 7 too.
local DAYS = { weekdays = { 1, 5 }, weekends = { 6, 7 }, daily = { 0, 6 } }
local SPELLINGS = { "weekdays", "weekends", "daily" }
for index, name in ipairs(NAMES) do
  DAYS[name], DAYS[name:sub(1, 3)] = { index % 7, index % 7 }, { index % 7, index % 7 }
  SPELLINGS[#SPELLINGS + 1], SPELLINGS[#SPELLINGS + 2] = name:sub(1, 3), name
end

-- Throws what cannot be read, as `read` documents it. What could stand `instead` does so in the place of the
-- bad part, or of a larger one around it.
local function refuse(part, reason, allowed, instead, around)
  around = around or part
  error({
    column = part.column, reason = reason, allowed = allowed,
    instead = instead, from = around.column, till = around.column + #around.text,
  }, 0)
end

local function quoted(text)
  return '"' .. text:sub(1, 40) .. '"'
end

-- The words of a text and the signs between them, each with its column, and one of no length at the end.
local function tokens_of(text)
  local tokens, at = {}, text:find "%S"
  while at do
    local word = text:match("^[+,]", at) or text:match("^[^%s+,]+", at)
    tokens[#tokens + 1] = { text = word, column = at }
    at = text:find("%S", at + #word)
  end
  tokens[#tokens + 1] = { text = "", column = #text + 1 }
  return tokens
end

local function is_time(token)
  return token.text:find "^%d" ~= nil
end

local function is_and(token)
  return token.text == "+" or token.text == ","
end

local function is_word(token)
  return token.text:find "^%a" ~= nil
end

local function read_day(token, word, column)
  local day = DAYS[word:lower()]
  if day then return day end
  if word == "" then refuse(token, quoted(token.text) .. " lacks a day", ALLOWED_DAYS, "mon-fri") end
  refuse({ text = word, column = column }, quoted(word) .. " is no day" .. nearest.suggest(word, SPELLINGS),
    ALLOWED_DAYS, nearest.names(word, SPELLINGS)[1])
end

-- Adds the days of a token to a list.
local function read_days(token, days)
  if not is_word(token) then refuse(token, "a day is missing", ALLOWED_DAYS, "mon-fri") end
  local first, last = token.text:match "^(.-)%-(.*)$"
  local from, to
  if first then
    from, to = read_day(token, first, token.column)[1], read_day(token, last, token.column + #first + 1)[2]
  else
    local day = read_day(token, token.text, token.column)
    from, to = day[1], day[2]
  end
  if to < from then to = to + 7 end -- over the end of the week: fri-mon
  for day = from, to do days[#days + 1] = day % 7 end
end

-- The time of day, as it should be written, that a word like 8, 8.30 or 8pm was meant to be; else noon.
local function meant(word)
  local digits, half = word:lower():match "^(%d%d?)[.:]?%d*([ap]?m?)$"
  local hour = tonumber(digits) or 12
  if half == "pm" and hour < 12 then hour = hour + 12 end
  return ("%02d:%s"):format(math.min(hour, 23), word:match "^%d+[.:]([0-5]%d)" or "00")
end

-- The minutes of a time of day, `high` being the last one allowed.
local function read_clock(token, word, column, high)
  local hour, minute = word:match "^(%d%d?):(%d%d)$"
  local minutes = hour and tonumber(minute) < 60 and hour * 60 + minute
  if minutes and minutes <= high then return minutes end
  local corrected = token.text:gsub("[^-]+", function(time)
    return time == word and meant(time) or not time:find "^%d%d?:%d%d$" and meant(time) or nil
  end)
  refuse({ text = word, column = column }, quoted(word) .. " is no time of day",
    high == DAY and "00:00 to 24:00" or "00:00 to 23:59", corrected, token)
end

local function read_moment(token)
  if token.text:find("-", 1, true) then
    refuse(token, quoted(token.text) .. " is a span, and one moment is wanted here", "a time such as 08:00",
      token.text:match "^(.-)%-")
  end
  return { read_clock(token, token.text, token.column, DAY - 1) }
end

-- The minutes of the day at which a span begins and ends; beyond DAY for one that goes overnight.
local function read_span(token)
  local first, last = token.text:match "^(.-)%-(.*)$"
  if not first then
    refuse(token, quoted(token.text) .. " has no end", "a span such as 08:00-18:00", token.text .. "-18:00")
  end
  local from = read_clock(token, first, token.column, DAY - 1)
  local to = read_clock(token, last, token.column + #first + 1, DAY)
  if from == to then
    refuse(token, quoted(token.text) .. " lasts no time", "an end other than the begin", "00:00-24:00")
  end
  return { from, to > from and to or to + DAY }
end

--- The zone that the last word of a text names, and the text before it. A word with a slash between letters
-- is a zone, and any word that `may_be(word)` lets pass.
-- @tparam string text
-- @tparam[opt] function may_be
-- @treturn[1] string the text before the zone, or all of it
-- @treturn[1] ?schedule.zone.Zone
-- @raise a table, as @{read} does
function M.split_zone(text, may_be)
  local before, at, word = text:match "^(.*%S)%s+()(%S+)%s*$"
  if not before or not (word:find "^%a[%w_+-]*/%a" or may_be and may_be(word)) then return text end
  local zone, problem, near = zones.load(word)
  if zone then return before, zone end
  refuse({ text = word, column = at }, problem, "IANA names", near or "Europe/Berlin")
end

--- Whether a word without a slash can be a zone, such as CET.
-- @tparam string word
-- @treturn boolean
function M.may_be_zone(word)
  return word:find "^%a%a%a" ~= nil and not DAYS[word:lower():match "^%a+"]
end

local function read_list(tokens, at, goes_on, read)
  read(tokens[at])
  while is_and(tokens[at + 1]) and goes_on(tokens[at + 2]) do
    at = at + 2
    read(tokens[at])
  end
  return at + 1
end

-- A group from a position on, and the position after it.
local function read_group(tokens, at, read_time, resolve)
  if tokens[at].text:find "^@" then return resolve(tokens[at]), at + 1 end
  local days, times = {}, {}
  if is_time(tokens[at]) then
    days = { 0, 1, 2, 3, 4, 5, 6 }
  else
    at = read_list(tokens, at, is_word, function(token) read_days(token, days) end)
  end
  if not is_time(tokens[at]) then
    refuse(tokens[at], "a time is missing", "a time after the days, such as 08:00")
  end
  at = read_list(tokens, at, is_time, function(token) times[#times + 1] = read_time(token) end)
  local list = {}
  for _, day in ipairs(days) do
    for _, time in ipairs(times) do
      list[#list + 1] = { day * DAY + time[1], time[2] and day * DAY + time[2] }
    end
  end
  return { list = list }, at
end

local function read_groups(tokens, read_time, resolve)
  local groups, at = {}, 1
  while true do
    groups[#groups + 1], at = read_group(tokens, at, read_time, resolve)
    if not is_and(tokens[at]) then break end
    at = at + 1
  end
  local rest = tokens[at]
  if rest.text ~= "" then
    local reason = quoted(rest.text) .. " is not understood here"
    if DAYS[rest.text:lower():match "^%a*"] then reason = quoted(rest.text) .. " needs a + before it" end
    refuse(rest, reason, "further times or days after a +, and a time zone at the end")
  end
  return groups
end

--- Reads a phrase.
-- @tparam string text
-- @tparam string kind `moment` or `span`
-- @tparam function resolve `(token) → { list, zone }`, for `@name`; may raise as this does
-- @treturn {{number,...},...} for each moment its minute of the week; for each span also the one at which it
--   is over
-- @treturn ?schedule.zone.Zone
-- @raise a table that says what is wrong: the `column` of the bad part, the `reason`, what is `allowed`, and,
--   if it is known, what could stand `instead`, `from` a column and up to the one before `till`
function M.read(text, kind, resolve)
  local phrase, zone = M.split_zone(text, M.may_be_zone)
  local groups = read_groups(tokens_of(phrase), kind == "span" and read_span or read_moment, resolve)
  local list, inner = {}, nil
  for _, group in ipairs(groups) do
    for _, item in ipairs(group.list) do list[#list + 1] = item end
    if not zone and group.zone and inner and inner ~= group.zone then
      refuse({ text = text, column = 1 }, "its parts have different time zones", "one for all, at the end")
    end
    inner = inner or group.zone
  end
  return list, zone or inner
end

return M
