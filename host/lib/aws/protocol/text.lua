--- Scalars as the text that query strings, headers, forms and XML hold.
-- @module aws.protocol.text

local scalar = require "host.scalar"
local timestamp = require "aws.protocol.timestamp"

local M = {}

local INTEGER = { integer = true, long = true, short = true, byte = true, bigInteger = true }
local FLOAT = { float = true, double = true, bigDecimal = true }

--- The shortest decimal that reads back as the same number.
-- @tparam number|cdata value a 64-bit integer of the FFI is taken too
-- @treturn string
function M.number(value)
  if type(value) == "cdata" then return (tostring(value):gsub("U?LL$", "")) end
  if value ~= value then return "NaN" end
  if value == math.huge then return "Infinity" end
  if value == -math.huge then return "-Infinity" end
  if value == math.floor(value) and math.abs(value) < 2 ^ 63 then return ("%.0f"):format(value) end
  for digits = 15, 16 do
    local text = ("%." .. digits .. "g"):format(value)
    if tonumber(text) == value then return text end
  end
  return ("%.17g"):format(value)
end

--- Writes a scalar.
-- @tparam table view of its shape
-- @param value the scalar
-- @tparam string form the timestamp format where the shape names none
-- @treturn string
function M.write(view, value, form)
  local kind = view.type
  if kind == "timestamp" then return timestamp.format(value, view.timestampFormat or form) end
  if kind == "boolean" then return value and "true" or "false" end
  if kind == "blob" then return scalar.base64(value) end
  if type(value) == "number" or type(value) == "cdata" then return M.number(value) end
  if type(value) ~= "string" then
    error(("%s: expected a %s, got a %s"):format(view.shape, kind, type(value)), 0)
  end
  return value
end

--- Reads a scalar.
-- @tparam table view of its shape
-- @tparam string value the text
-- @return the scalar; nil if the text is none of its type
function M.read(view, value)
  local kind = view.type
  if kind == "boolean" then return value:lower() == "true" end
  if kind == "timestamp" then return scalar.timestamp(value) end
  if kind == "blob" then return scalar.unbase64(value) end
  if INTEGER[kind] then return scalar.integer(value) end
  if FLOAT[kind] then return scalar.float(value) end
  return value
end

--- Whether a shape type is a whole number.
M.is_integer = INTEGER
--- Whether a shape type is a number with a fraction.
M.is_float = FLOAT

return M
