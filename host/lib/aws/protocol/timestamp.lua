--- The three forms in which AWS's protocols write an instant.
-- @module aws.protocol.timestamp

local scalar = require "host.scalar"

local M = {}

local WEEKDAYS = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" }
local MONTHS = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }

-- Whole seconds, and the microseconds above them.
local function split(seconds)
  local whole = math.floor(seconds)
  local micro = math.floor((seconds - whole) * 1e6 + 0.5)
  if micro == 1000000 then return whole + 1, 0 end
  return whole, micro
end

local format = {}

function format.iso8601(seconds)
  local whole, micro = split(seconds)
  local text = os.date("!%Y-%m-%dT%H:%M:%S", whole)
  return micro > 0 and ("%s.%06dZ"):format(text, micro) or text .. "Z"
end

-- strftime would name days and months in the process's locale.
function format.rfc822(seconds)
  local t = os.date("!*t", (split(seconds)))
  return ("%s, %02d %s %04d %02d:%02d:%02d GMT"):format(
    WEEKDAYS[t.wday], t.day, MONTHS[t.month], t.year, t.hour, t.min, t.sec)
end

function format.unixtimestamp(seconds)
  return ("%.0f"):format((split(seconds)))
end

--- Reads an instant in any of the three forms.
-- @tparam string|number value
-- @treturn ?number seconds since 1970 UTC; nil if it is none
function M.parse(value)
  if type(value) == "number" then return value end
  return type(value) == "string" and scalar.timestamp(value) or nil
end

--- Writes an instant.
-- @tparam number|string value seconds since 1970 UTC, or an instant in any of the three forms
-- @tparam string form `iso8601`, `rfc822` or `unixtimestamp`, in any case
-- @treturn string
function M.format(value, form)
  local seconds = M.parse(value)
  if not seconds then error("expected a timestamp (seconds since 1970), got " .. tostring(value), 0) end
  local write = format[form:lower()]
  if not write then error("unknown timestamp format " .. form, 0) end
  return write(seconds)
end

return M
