--- A time as a zone's clock shows it, for people and for tags.
-- @module schedule.clock

local M = {}

local function parts(t, zone)
  local at = zone:local_time(t)
  local east = math.abs(at.offset)
  local offset = ("%s%02d:%02d"):format(at.offset < 0 and "-" or "+", math.floor(east / 3600),
    math.floor(east % 3600 / 60))
  return ("%04d-%02d-%02d"):format(at.year, at.month, at.day), at, offset
end

--- @tparam number t seconds since 1970 UTC
-- @tparam schedule.zone.Zone zone
-- @treturn string such as `2026-11-24 08:00 -05:00`
function M.text(t, zone)
  local date, at, offset = parts(t, zone)
  return ("%s %02d:%02d %s"):format(date, at.hour, at.min, offset)
end

--- @tparam number t seconds since 1970 UTC
-- @tparam schedule.zone.Zone zone
-- @treturn string such as `2026-11-24T08:00:00-05:00` (RFC 3339)
function M.rfc3339(t, zone)
  local date, at, offset = parts(t, zone)
  return ("%sT%02d:%02d:%02d%s"):format(date, at.hour, at.min, at.sec, offset)
end

return M
