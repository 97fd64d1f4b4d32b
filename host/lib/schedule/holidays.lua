--- Calendars of holidays, from iCalendar files or plain lists of dates.
--
-- A plain list has a day or a range of days a line, with a name if wanted:
--
--     # a comment
--     2026-12-25             Christmas Day
--     2026-12-27/2026-12-31  closed
-- @module schedule.holidays

local calendar = require "schedule.calendar"
local icalendar = require "schedule.icalendar"

local floor, max = math.floor, math.max

local M = {}

local DAY = calendar.DAY
local MAX_SIZE = 1024 * 1024
local MAX_RANGE = 366 -- days
local MAX_NAME = 100

-- ---- a plain list ----

local function read_date(text)
  local year, month, day = text:match "^(%d%d%d%d)-(%d%d)-(%d%d)$"
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  return year and calendar.exists(year, month, day) and calendar.day(year, month, day) or nil
end

-- The event of a line, or nil and what is wrong.
local function read_line(line)
  local dates, name = line:match "^(%S+)%s*(.*)$"
  local first, last = dates:match "^(.-)/(.*)$"
  local from, to = read_date(first or dates), read_date(last or dates)
  if not from or not to then
    return nil, ("%q is no date; for example: 2026-12-25, or 2026-12-27/2026-12-31"):format(dates:sub(1, 40))
  end
  if to < from then return nil, ("%q ends before it begins"):format(dates) end
  if to - from >= MAX_RANGE then return nil, ("%q is longer than a year"):format(dates) end
  return {
    start = from * DAY, length = (to - from + 1) * DAY, name = name:sub(1, MAX_NAME), except = {}, extra = {},
  }
end

local function read_list(text)
  if #text > MAX_SIZE then return nil, ("the file is larger than %d bytes"):format(MAX_SIZE) end
  local events, number = {}, 0
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    number = number + 1
    line = line:gsub("#.*$", ""):gsub("^\239\187\191", ""):match "^%s*(.-)%s*$"
    if line ~= "" then
      local event, problem = read_line(line)
      if not event then return nil, ("line %d: %s"):format(number, problem) end
      events[#events + 1] = event
    end
  end
  return events
end

-- ---- a calendar ----

--- A calendar.
-- @type Calendar
local Calendar = {}
Calendar.__index = Calendar

-- Calls back with the start and the length of each occurrence that may touch the days from first to last.
local function each_occurrence(event, first, last, fn)
  if event.rule then
    local before = floor(event.length / DAY) + 1
    local second = event.start % DAY
    for _, day in ipairs(event.rule:days(first - before, last)) do
      if not event.except[day] then fn(day * DAY + second, event.length) end
    end
  elseif not event.except[floor(event.start / DAY)] then
    fn(event.start, event.length)
  end
  for _, extra in ipairs(event.extra) do
    if not event.except[floor(extra.start / DAY)] then fn(extra.start, extra.length) end
  end
end

-- The holidays of a year: names by day.
local function days_of_year(self, year, zone)
  local days = {}
  local first, last = calendar.day(year, 1, 1), calendar.day(year, 12, 31)
  for _, event in ipairs(self.events) do
    -- A day more on either side: an event in UTC may be on another one in the zone.
    each_occurrence(event, first - 1, last + 1, function(start, length)
      local finish = start + max(length, 1) - 1
      if event.utc then
        start, finish = start + zone:offset_at(start), finish + zone:offset_at(finish)
      end
      for day = max(first, floor(start / DAY)), math.min(last, floor(finish / DAY)) do
        days[day] = days[day] or event.name
      end
    end)
  end
  return days
end

--- The holiday on a day.
-- @tparam number day of a zone's clock, in days since 1970-01-01
-- @tparam schedule.zone.Zone zone
-- @treturn ?string its name, which may be empty; nil if it is none
function Calendar:on(day, zone)
  local year = calendar.date(day)
  local key = self.in_utc and year .. zone.name or year
  local days = self.years[key]
  if not days then
    days = days_of_year(self, year, zone)
    self.years[key] = days
  end
  return days[day]
end

--- @section end

--- Reads a calendar.
-- @tparam string text of the file
-- @tparam string kind `ics`, an iCalendar, or `txt`, a plain list
-- @treturn[1] Calendar
-- @treturn[2] nil
-- @treturn[2] string the line, and what is wrong there
function M.parse(text, kind)
  local events, problem = (kind == "ics" and icalendar.parse or read_list)(text)
  if not events then return nil, problem end
  local in_utc = false
  for _, event in ipairs(events) do in_utc = in_utc or event.utc end
  return setmetatable({ events = events, in_utc = in_utc, years = {} }, Calendar)
end

return M
