--- The frames in which Lambda takes log lines on a descriptor of their own: a line may then hold line
-- breaks, and keeps its time and level.
--
-- A frame is its type (4 bytes), the line's length (4 bytes), the time in microseconds since 1970
-- UTC (8 bytes), all with the highest byte first, and the line.
--
-- Source: the logging contract of AWS's runtime interface clients.
-- @module lambda.telemetry

local bit = require "bit"

local M = {}

local TYPE = { JSON = 0xa55a0002, TEXT = 0xa55a0003 }
local LEVEL = { TRACE = 4, DEBUG = 8, INFO = 12, WARN = 16, ERROR = 20, FATAL = 24 }

-- Four bytes of a number below 2^32.
local function uint32(number)
  local n = bit.tobit(number)
  return string.char(bit.band(bit.rshift(n, 24), 255), bit.band(bit.rshift(n, 16), 255),
    bit.band(bit.rshift(n, 8), 255), bit.band(n, 255))
end

--- Frames a line.
-- @tparam string line
-- @tparam string kind `JSON` or `TEXT`
-- @tparam ?string level nil where the line has none
-- @tparam number time seconds since 1970 UTC
-- @treturn string
function M.frame(line, kind, level, time)
  local microseconds = math.floor(time * 1e6)
  local high = math.floor(microseconds / 2 ^ 32)
  return uint32(TYPE[kind] + (LEVEL[level] or 0)) .. uint32(#line)
    .. uint32(high) .. uint32(microseconds - high * 2 ^ 32) .. line
end

return M
