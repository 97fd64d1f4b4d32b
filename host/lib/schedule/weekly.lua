--- Moments that come every week, on the face of a zone's clock.
--
-- They fire as a cron schedule of fixed hours does (see `schedule.cron`): when the clock for the first time
-- shows a moment or, if that is skipped, a later reading; a moment that comes twice counts at the first.
--
-- A minute of the week is counted from Sunday 00:00.
-- @module schedule.weekly

local zones = require "schedule.zone"

local floor = math.floor

local M = {}

local UTC = zones.load "UTC"
local DAY = 24 * 60
local EPOCH = 4 * DAY -- 1970-01-01 was a Thursday

--- Minutes of a week.
M.WEEK = 7 * DAY
local WEEK = M.WEEK

--- Moments of the week, with the `next` and `previous` of a cron schedule.
-- @type Weekly
local Weekly = {}
Weekly.__index = Weekly

--- When a moment comes next.
-- @tparam number t seconds since 1970 UTC
-- @tparam[opt=UTC] schedule.zone.Zone zone whose clock is meant
-- @treturn number the first such time strictly after t
function Weekly:next(t, zone)
  zone = zone or UTC
  local reading = floor(zone:latest_reading(floor(t)) / 60) + 1
  local from = (reading + EPOCH) % WEEK
  local minutes = self.minutes
  for i = 1, #minutes do
    if minutes[i] >= from then return zone:first_time((reading - from + minutes[i]) * 60) end
  end
  return zone:first_time((reading - from + WEEK + minutes[1]) * 60)
end

--- When a moment came last.
-- @tparam number t seconds since 1970 UTC
-- @tparam[opt=UTC] schedule.zone.Zone zone whose clock is meant
-- @treturn number the last such time before or at t
function Weekly:previous(t, zone)
  zone = zone or UTC
  local reading = floor(zone:latest_reading(floor(t)) / 60)
  local till = (reading + EPOCH) % WEEK
  local minutes = self.minutes
  for i = #minutes, 1, -1 do
    if minutes[i] <= till then return zone:first_time((reading - till + minutes[i]) * 60) end
  end
  return zone:first_time((reading - till - WEEK + minutes[#minutes]) * 60)
end

--- @section end

--- Makes moments.
-- @tparam {number,...} minutes of the week, at least one, in any order and as often as wanted
-- @treturn Weekly
function M.new(minutes)
  local seen, list = {}, {}
  for _, minute in ipairs(minutes) do
    if not seen[minute] then
      seen[minute] = true
      list[#list + 1] = minute
    end
  end
  table.sort(list)
  return setmetatable({ minutes = list }, Weekly)
end

-- The spans cut at the end of the week, in order, overlapping and touching ones made one.
local function merged(spans)
  local cut = {}
  for _, span in ipairs(spans) do
    cut[#cut + 1] = { span[1], math.min(span[2], WEEK) }
    if span[2] > WEEK then cut[#cut + 1] = { 0, span[2] - WEEK } end
  end
  table.sort(cut, function(a, b) return a[1] < b[1] end)
  local list = {}
  for _, span in ipairs(cut) do
    local last = list[#list]
    if last and span[1] <= last[2] then
      last[2] = math.max(last[2], span[2])
    else
      list[#list + 1] = span
    end
  end
  return list
end

--- The edges of the union of spans.
-- @tparam {{number,number},...} spans first minute of the week, below WEEK, and the one at which it is over,
--   which may lie up to a week beyond WEEK
-- @treturn[1] Weekly where the union begins
-- @treturn[1] Weekly where it ends
-- @treturn[2] nil if it is the whole week
function M.edges(spans)
  local list = merged(spans)
  local from, till = {}, {}
  for i, span in ipairs(list) do from[i], till[i] = span[1], span[2] end
  if from[1] == 0 and till[#till] == WEEK then -- the end of one week joins the next
    if #list == 1 then return nil end
    table.remove(from, 1)
    table.remove(till)
  elseif till[#till] == WEEK then
    till[#till] = 0
  end
  return M.new(from), M.new(till)
end

return M
