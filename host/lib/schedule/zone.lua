--- IANA time zones, read from TZif files. The C library's idea of local time is never asked.
--
-- Two words are used throughout. A *reading* is what a zone's clock shows, as a number: the seconds since
-- 1970-01-01 00:00 counted as though that clock were on UTC. A *period* is a stretch of time with one offset;
-- neighbouring periods may share theirs. The clock is set forward (a gap: readings that never come) or back
-- (a fold: readings that come twice) only between periods.
-- @module schedule.zone

local calendar = require "schedule.calendar"
local lazy = require "lazy"

local posix_tz, tzif, zone_files = lazy "schedule.posix_tz", lazy "schedule.tzif", lazy "schedule.zone_files"

local floor, max, huge = math.floor, math.max, math.huge

local M = {}

local MAX_NAME = 255
-- The offsets that tzif and posix_tz let through lie between these, in seconds. Two readings taken further
-- apart than their spread are in the order in which they were taken.
local MIN_OFFSET, MAX_OFFSET = -25 * 3600, 26 * 3600

--- The longest time after which an earlier reading can be shown again, in seconds.
M.SPREAD = MAX_OFFSET - MIN_OFFSET

--- A zone. The field `name` is its name.
-- @type Zone
local Zone = {}
Zone.__index = Zone

-- Makes the period that holds t the zone's current one. Callers mostly stay within one period for long.
local function enter_period(self, t)
  local times = self.times
  local count = #times
  if self.rules and (count == 0 or t >= times[count]) then
    local from
    self.offset, self.isdst, from, self.till = self.rules:offset_at(t)
    self.from = max(from, times[count] or -huge)
    return
  end
  local low, high = 0, count
  while low < high do
    local middle = floor((low + high + 1) / 2)
    if times[middle] <= t then
      low = middle
    else
      high = middle - 1
    end
  end
  self.offset, self.isdst = self.offsets[low], self.daylight[low]
  self.from, self.till = times[low] or -huge, times[low + 1] or huge
end

local function check_time(t)
  if type(t) ~= "number" or t - t ~= 0 then
    error("bad time: expected a finite number of seconds, got " .. tostring(t), 3)
  end
end

--- The offset in force at a time.
-- @tparam number t seconds since 1970 UTC
-- @treturn number seconds east of UTC
-- @treturn boolean whether it is daylight saving time
-- @treturn number start of the period, or -math.huge
-- @treturn number end of the period, which is the next one's start, or math.huge
function Zone:offset_at(t)
  check_time(t)
  if t < self.from or t >= self.till then
    enter_period(self, t)
  end
  return self.offset, self.isdst, self.from, self.till
end

--- What the clock shows at a time. A fraction of a second is dropped.
-- @tparam number t seconds since 1970 UTC
-- @treturn table year, month, day, hour, min, sec, wday (1 = Sunday), isdst, offset (seconds east of UTC)
function Zone:local_time(t)
  local offset, isdst = self:offset_at(t)
  local reading = floor(t) + offset
  local day = floor(reading / calendar.DAY)
  local second = reading - day * calendar.DAY
  local year, month, date = calendar.date(day)
  return {
    year = year,
    month = month,
    day = date,
    hour = floor(second / 3600),
    min = floor(second / 60) % 60,
    sec = second % 60,
    wday = calendar.weekday(day) + 1,
    isdst = isdst,
    offset = offset,
  }
end

--- The first time at which the clock shows a reading or a later one. So this is the first of two for a
-- reading that comes twice, and the first instant after the gap for one that never comes.
-- @tparam number reading
-- @treturn number seconds since 1970 UTC
function Zone:first_time(reading)
  local t = reading - MAX_OFFSET -- no clock is there yet
  while true do
    local offset, _, from, till = self:offset_at(t)
    if reading < till + offset then
      return max(reading - offset, from)
    end
    t = till
  end
end

--- The latest reading that the clock has shown up to a time. It differs from the one shown while the clock,
-- having been set back, catches up.
-- @tparam number t seconds since 1970 UTC, a whole number
-- @treturn number
function Zone:latest_reading(t)
  local offset, _, from = self:offset_at(t)
  local latest = t + offset
  while t - from < M.SPREAD do
    local last = from - 1
    offset, _, from = self:offset_at(last)
    latest = max(latest, last + offset)
  end
  return latest
end

--- The time of a date and time of day on the zone's clock: the first of two, or the first instant after a
-- gap. Values beyond their bounds count on as in os.time (day 32 is the next month's 1st); hours, minutes and
-- seconds that are not given are 0 (unlike os.time, whose day starts at noon).
-- @tparam table date year, month, day, and hour, min, sec if any; other fields are ignored
-- @treturn number seconds since 1970 UTC
function Zone:utc(date)
  if type(date) ~= "table" then
    error("bad date: expected a table, got " .. type(date), 2)
  end
  for _, field in ipairs { "year", "month", "day", "hour", "min", "sec" } do
    local value = date[field]
    local optional = field == "hour" or field == "min" or field == "sec"
    if not (value == nil and optional) and (type(value) ~= "number" or value - value ~= 0) then
      error(("bad date: %s is %s, expected a number"):format(field, tostring(value)), 2)
    end
  end
  local day = calendar.day(date.year, date.month, date.day)
  return self:first_time(
    day * calendar.DAY + (date.hour or 0) * 3600 + (date.min or 0) * 60 + (date.sec or 0))
end

--- @section end

-- A zone whose current period is empty, so that the first question enters one.
local function new(name, decoded, rules)
  return setmetatable({
    name = name,
    times = decoded.times,
    offsets = decoded.offsets,
    daylight = decoded.isdst,
    rules = rules,
    from = huge,
    till = -huge,
  }, Zone)
end

local function built_in(name)
  return new(name, { times = {}, offsets = { [0] = 0 }, isdst = { [0] = false } })
end

-- Zones that need no file.
local BUILT_IN = { UTC = built_in "UTC", ["Etc/UTC"] = built_in "Etc/UTC" }

local function read_zone(name, directories)
  local data, path
  if #name <= MAX_NAME then
    data, path = zone_files.read(name, directories)
  end
  if not data then
    return nil, zone_files.unknown(name, directories)
  end
  local decoded, message = tzif.decode(data)
  local rules
  if decoded and decoded.footer then
    rules, message = posix_tz.parse(decoded.footer)
  end
  if message then
    return nil, ("time zone %s: %s: %s"):format(name, path, message)
  end
  return new(name, decoded, rules)
end

-- By folders and name: zones, of which there are as many as files; and what is wrong with other names. Those
-- are any that a tag can hold, so there is a limit, and behind it a new beginning.
local MOST_REFUSED = 256
local loaded, refused, refused_count = {}, {}, 0

local function keep_refusal(key, refusal)
  if refused_count >= MOST_REFUSED then
    refused, refused_count = {}, 0
  end
  refused[key] = refusal
  refused_count = refused_count + 1
end

--- Loads a zone by its IANA name. "UTC" needs no file. The answer is kept: it costs nothing to ask again.
-- @tparam string name such as "Europe/Berlin"; letter case matters
-- @tparam[opt] table options `directories`: where to look for TZif files, instead of $TZDIR,
-- /usr/share/zoneinfo, /usr/share/lib/zoneinfo and $LAMBDA_TASK_ROOT/zoneinfo, or an archive of that name
-- with `.bin` behind it, which build-lambda puts there
-- @treturn[1] Zone
-- @treturn[2] nil
-- @treturn[2] string what is wrong, with the nearest names for one that is unknown
-- @treturn[2] ?string the nearest name
function M.load(name, options)
  if type(name) ~= "string" then
    error("bad zone name: expected a string, got " .. type(name), 2)
  end
  if BUILT_IN[name] then
    return BUILT_IN[name]
  end
  local directories = options and options.directories or zone_files.directories()
  local key = table.concat(directories, ":") .. ":" .. name
  if loaded[key] then
    return loaded[key]
  end
  local refusal = refused[key]
  if refusal then
    return nil, refusal.message, refusal.near
  end
  local zone, message, near = read_zone(name, directories)
  if zone then
    loaded[key] = zone
  elseif #name <= MAX_NAME then
    keep_refusal(key, { message = message, near = near })
  end
  return zone, message, near
end

return M
