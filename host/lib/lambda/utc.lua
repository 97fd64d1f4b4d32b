--- A time as text, in UTC.
-- @module lambda.utc

local M = {}

--- Formats a time with milliseconds.
-- @tparam number seconds since 1970 UTC
-- @treturn string such as `2026-11-24T10:00:00.250Z` (RFC 3339)
function M.format(seconds)
  local whole = math.floor(seconds)
  local milliseconds = math.floor((seconds - whole) * 1000)
  return os.date("!%Y-%m-%dT%H:%M:%S", whole) .. string.format(".%03dZ", milliseconds)
end

return M
