--- The events of an iCalendar file. Source: RFC 5545.
--
-- Read are VEVENTs with DTSTART, DTEND or DURATION, RRULE, RDATE, EXDATE, RECURRENCE-ID, STATUS, SUMMARY and
-- UID; other components and properties are passed over. A time counts as it is written, on the clock of its
-- own zone; one in UTC is marked so.
-- @module schedule.icalendar

local calendar = require "schedule.calendar"
local recurrence = require "schedule.recurrence"
local zones = require "schedule.zone"

local floor = math.floor

local M = {}

local DAY = calendar.DAY
local MAX_SIZE = 1024 * 1024
local MAX_EVENTS = 5000
local MAX_LENGTH = 366 * DAY
local MAX_NAME = 100 -- bytes of a summary

-- What is wrong is thrown as a text, and the line that it is about put before it.
local function refuse(...)
  error({ message = string.format(...) }, 0)
end

-- ---- lines ----

-- The content lines of a text, each with the number of its first line. Source: section 3.1, folding.
local function content_lines(text)
  local lines, number = {}, 0
  for line in (text:gsub("^\239\187\191", "") .. "\n"):gmatch "([^\n]*)\n" do
    number = number + 1
    line = line:gsub("\r$", "")
    local folded = line:match "^[ \t](.*)$"
    if folded and #lines > 0 then
      local last = lines[#lines]
      last.parts[#last.parts + 1] = folded
    elseif line ~= "" then
      lines[#lines + 1] = { number = number, parts = { line } }
    end
  end
  return lines
end

-- The name, the parameters and the value of a content line.
local function split(line)
  local name, at = line:match "^([%w-]+)()"
  if not name then refuse("no property: %q", line:sub(1, 40)) end
  local parameters = {}
  while line:sub(at, at) == ";" do
    local key, from = line:match("^;([%w-]+)=()", at)
    if not key then refuse("%s: a parameter that cannot be read", name) end
    local value, after = line:match('^"([^"]*)"()', from)
    if not value then value, after = line:match('^([^";:]*)()', from) end
    parameters[key:upper()], at = value, after
  end
  if line:sub(at, at) ~= ":" then refuse("%s: no value", name) end
  return name:upper(), parameters, line:sub(at + 1)
end

-- ---- values ----

local function exists(year, month, day, hour, min, sec)
  return calendar.exists(year, month, day) and hour <= 23 and min <= 59 and sec <= 60
end

-- A date or a time: `reading`, in seconds since 1970-01-01 on its own clock; `is_date`; `utc`.
local function read_time(text)
  local year, month, day, rest = text:match "^(%d%d%d%d)(%d%d)(%d%d)(.*)$"
  local hour, min, sec, utc = "0", "0", "0", ""
  if year and rest ~= "" then hour, min, sec, utc = rest:match "^T(%d%d)(%d%d)(%d%d)(Z?)$" end
  if not (year and hour and exists(year + 0, month + 0, day + 0, hour + 0, min + 0, sec + 0)) then
    refuse("%q is no date; for example: 20261225", text:sub(1, 40))
  end
  return {
    reading = calendar.day(year + 0, month + 0, day + 0) * DAY + hour * 3600 + min * 60 + sec,
    is_date = rest == "",
    utc = utc == "Z",
  }
end

-- Seconds of P1D, P2W, PT8H30M.
local function read_duration(text)
  local weeks = text:match "^%+?P(%d+)W$"
  if weeks then return weeks * 7 * DAY end
  local days, rest = text:match "^%+?P(%d*)D?(.*)$"
  local hours, minutes, seconds = "", "", ""
  if rest and rest ~= "" then
    local time = rest:match "^T(.+)$"
    hours, time = (time or "?"):match "^(%d*)H?(.*)$"
    minutes, time = time:match "^(%d*)M?(.*)$"
    seconds, time = time:match "^(%d*)S?(.*)$"
    if time ~= "" then days = nil end
  end
  if not days or days .. hours .. minutes .. seconds == "" then
    refuse("%q is no duration; for example: P1D", text:sub(1, 40))
  end
  local function number(digits) return tonumber(digits) or 0 end
  return number(days) * DAY + number(hours) * 3600 + number(minutes) * 60 + number(seconds)
end

-- The reading of a time on the clock of an event.
local function reading_for(event, time)
  if not time.utc or event.utc or not event.zone then return time.reading end
  return time.reading + event.zone:offset_at(time.reading)
end

local function day_for(event, time)
  return floor(reading_for(event, time) / DAY)
end

local ESCAPES = { n = " ", N = " " }

local function read_text(text)
  return (text:gsub("\\(.)", function(sign) return ESCAPES[sign] or sign end):gsub("%c", " ")
    :match "^%s*(.-)%s*$":sub(1, MAX_NAME))
end

-- ---- events ----

-- The times in a list, each with its length where it is a period.
local function read_times(value)
  local times = {}
  for item in (value .. ","):gmatch "([^,]*)," do
    local from, to = item:match "^(.-)/(.*)$"
    local time = read_time(from or item)
    if to then time.length = to:find "P" and read_duration(to) or read_time(to).reading - time.reading end
    times[#times + 1] = time
  end
  return times
end

local READ = {
  DTSTART = read_time,
  DTEND = read_time,
  DURATION = read_duration,
  RDATE = read_times,
  EXDATE = read_times,
  ["RECURRENCE-ID"] = read_time,
  RRULE = function(value) return value end,
  SUMMARY = read_text,
  STATUS = string.upper,
  UID = function(value) return value end,
}
local REPEATED = { RDATE = true, EXDATE = true }

-- Adds a property to those of a component.
local function keep(properties, name, parameters, value, line)
  local read = READ[name]
  if not read then return end
  local ok, result = pcall(read, value)
  if not ok then refuse("%s: %s", name, type(result) == "table" and result.message or tostring(result)) end
  if REPEATED[name] then
    local list = properties[name] or {}
    for _, time in ipairs(result) do list[#list + 1] = time end
    properties[name] = list
    return
  end
  if properties[name] then refuse("%s: a second one in an event", name) end
  properties[name] = result
  if name == "DTSTART" then properties.zone = parameters.TZID and zones.load(parameters.TZID) end
  if name == "RRULE" then properties.rule_line = line end
end

local function length_of(event, properties)
  local start, finish = properties.DTSTART, properties.DTEND
  local length = properties.DURATION
  if finish then
    if start.is_date ~= finish.is_date then refuse "DTSTART and DTEND are not both dates, or both times" end
    length = reading_for(event, finish) - start.reading
  end
  length = length or 0
  if length < 0 then refuse "it ends before it begins" end
  if length > MAX_LENGTH then refuse "it is longer than a year" end
  return start.is_date and math.max(length, DAY) or length
end

local function rule_of(event, text, line)
  if not text then return nil end
  local start = floor(event.start / DAY)
  local rule, problem = recurrence.parse(text, start, function(value)
    local ok, time = pcall(read_time, value)
    if not ok then return nil end
    local reading = reading_for(event, time)
    local same_day = floor(reading / DAY)
    if time.is_date or reading % DAY >= event.start % DAY then return same_day end
    return same_day - 1
  end)
  if not rule then error({ message = "RRULE: " .. problem, line = line }, 0) end
  return rule
end

-- An event of a component's properties, or nil for one that does not take place.
local function new_event(properties)
  local start = properties.DTSTART
  if not start then refuse "an event without DTSTART" end
  local event = {
    start = start.reading, utc = start.utc, zone = properties.zone, uid = properties.UID,
    name = properties.SUMMARY or "", except = {}, extra = {}, cancelled = properties.STATUS == "CANCELLED",
  }
  event.length = length_of(event, properties)
  local replaced = properties["RECURRENCE-ID"]
  event.replaces = replaced and day_for(event, replaced)
  event.rule = not replaced and rule_of(event, properties.RRULE, properties.rule_line) or nil
  for _, time in ipairs(properties.EXDATE or {}) do event.except[day_for(event, time)] = true end
  for _, time in ipairs(properties.RDATE or {}) do
    local length = time.length or event.length
    if length < 0 or length > MAX_LENGTH then refuse "RDATE: a period that cannot be" end
    event.extra[#event.extra + 1] = { start = reading_for(event, time), length = length }
  end
  return event
end

-- Takes the occurrences that other events replace out of the recurring ones, and all that is cancelled.
local function settle(events)
  local by_uid, list = {}, {}
  for _, event in ipairs(events) do
    if event.uid and not event.replaces then by_uid[event.uid] = event end
  end
  for _, event in ipairs(events) do
    local master = event.replaces and by_uid[event.uid]
    if master then master.except[event.replaces] = true end
    if not event.cancelled then list[#list + 1] = event end
  end
  return list
end

local function read(text)
  local events, open, properties = {}, {}, nil
  local line = 1
  local function step(each)
    local name, parameters, value = split(table.concat(each.parts))
    if name == "BEGIN" then
      open[#open + 1] = value:upper()
      if open[1] ~= "VCALENDAR" then refuse "the file does not begin with BEGIN:VCALENDAR" end
      if #open == 2 and open[2] == "VEVENT" then properties = {} end
    elseif #open == 0 then
      refuse "the file does not begin with BEGIN:VCALENDAR"
    elseif name == "END" then
      if table.remove(open) ~= value:upper() then refuse("END:%s without its BEGIN", value) end
      if #open == 1 and properties then
        events[#events + 1] = new_event(properties)
        properties = nil
      end
    elseif properties and #open == 2 then
      keep(properties, name, parameters, value, each.number)
    end
    if #events > MAX_EVENTS then refuse("more than %d events", MAX_EVENTS) end
  end

  local lines = content_lines(text)
  for _, each in ipairs(lines) do
    line = each.number
    local ok, wrong = pcall(step, each)
    if not ok and type(wrong) ~= "table" then error(wrong, 0) end
    if not ok then return nil, ("line %d: %s"):format(wrong.line or line, wrong.message) end
  end
  if #lines == 0 then return nil, "line 1: the file does not begin with BEGIN:VCALENDAR" end
  if #open > 0 then return nil, ("line %d: %s is not closed"):format(line, open[#open]) end
  return settle(events)
end

--- Reads a file.
-- @tparam string text
-- @treturn[1] {table,...} events: `start`, in seconds since 1970-01-01 on the event's clock; `length`, in
--   seconds; `utc`, whether that clock is UTC; `rule`, of `schedule.recurrence`, if it recurs; `extra`,
--   further occurrences, each with `start` and `length`; `except`, the set of days without it; `name`
-- @treturn[2] nil
-- @treturn[2] string the line, and what is wrong there
function M.parse(text)
  if #text > MAX_SIZE then return nil, ("the file is larger than %d bytes"):format(MAX_SIZE) end
  return read(text)
end

return M
