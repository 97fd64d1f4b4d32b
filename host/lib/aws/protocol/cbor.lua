--- CBOR: the part of RFC 8949 that AWS's protocols use.
-- @module aws.protocol.cbor

local bit = require "bit"
local ffi = require "ffi"
local json = require "json"

local M = {}

local char, floor = string.char, math.floor

local MAJOR = { unsigned = 0, negative = 32, bytes = 64, text = 96, array = 128, map = 160, tag = 192 }
local MAX_DEPTH = 500

local floats = ffi.new("union { float f; uint32_t i; }")
local doubles = ffi.new("union { double d; uint32_t i[2]; }")
local LOW, HIGH = ffi.abi("le") and 0 or 1, ffi.abi("le") and 1 or 0

-- ---- writing ----

local function big_endian(value, size)
  local out = {}
  for i = size, 1, -1 do
    out[i] = char(value % 256)
    value = floor(value / 256)
  end
  return table.concat(out)
end

local function head(major, value)
  if value < 24 then return char(major + value) end
  if value < 2 ^ 8 then return char(major + 24, value) end
  if value < 2 ^ 16 then return char(major + 25) .. big_endian(value, 2) end
  if value < 2 ^ 32 then return char(major + 26) .. big_endian(value, 4) end
  return char(major + 27) .. big_endian(value, 8)
end

--- Writes a whole number.
-- @tparam number|cdata value an integer of the FFI keeps all its 64 bits
-- @treturn string
function M.integer(value)
  if type(value) == "cdata" then
    local negative = ffi.istype("int64_t", value) and value < 0
    local rest = ffi.cast("uint64_t", negative and -1 - value or value)
    local high, low = tonumber(bit.rshift(rest, 32)), tonumber(bit.band(rest, 0xffffffffULL))
    local major = negative and MAJOR.negative or MAJOR.unsigned
    return char(major + 27) .. big_endian(high, 4) .. big_endian(low, 4)
  end
  if value >= 0 then return head(MAJOR.unsigned, value) end
  return head(MAJOR.negative, -1 - value)
end

-- What is no number, or without end, is the same in half the bytes.
local function special(value)
  if value ~= value then return "\249\126\0" end
  if value == math.huge then return "\249\124\0" end
  if value == -math.huge then return "\249\252\0" end
end

--- Writes a number of single precision.
-- @tparam number value
-- @treturn string
function M.float(value)
  floats.f = value
  return special(value) or "\250" .. big_endian(floats.i, 4)
end

--- Writes a number of double precision.
-- @tparam number value
-- @treturn string
function M.double(value)
  doubles.d = value
  return special(value) or "\251" .. big_endian(doubles.i[HIGH], 4) .. big_endian(doubles.i[LOW], 4)
end

--- Writes a byte string.
-- @tparam string value
-- @treturn string
function M.bytes(value)
  return head(MAJOR.bytes, #value) .. value
end

--- Writes a text string.
-- @tparam string value in UTF-8
-- @treturn string
function M.text(value)
  return head(MAJOR.text, #value) .. value
end

--- Writes a truth value.
-- @tparam boolean value
-- @treturn string
function M.boolean(value)
  return value and "\245" or "\244"
end

--- Null.
M.null = "\246"

--- Writes what goes before the elements of an array.
-- @tparam number count
-- @treturn string
function M.array(count)
  return head(MAJOR.array, count)
end

--- Writes what goes before the keys and values of a map.
-- @tparam number count of pairs
-- @treturn string
function M.map(count)
  return head(MAJOR.map, count)
end

--- Writes an instant (tag 1).
-- @tparam number seconds since 1970 UTC
-- @treturn string
function M.timestamp(seconds)
  return head(MAJOR.tag, 1) .. M.integer(floor(seconds))
end

-- ---- reading ----

-- A failure is raised as a message and caught by decode.
local function fail(message)
  error(message, 0)
end

local function bytes_at(text, at, size)
  if at + size - 1 > #text then fail("the CBOR is cut short") end
  local value = 0
  for i = at, at + size - 1 do value = value * 256 + text:byte(i) end
  return value, at + size
end

local SIZES = { [24] = 1, [25] = 2, [26] = 4, [27] = 8 }
local INDEFINITE, BREAK = 31, 255

-- The number that follows an initial byte.
local function argument(text, at, info)
  if info < 24 then return info, at end
  local size = SIZES[info]
  if not size then fail("the CBOR has a length of unknown form") end
  return bytes_at(text, at, size)
end

local item

local function is_break(text, at)
  local byte = text:byte(at)
  if not byte then fail("the CBOR is cut short") end
  return byte == BREAK
end

local function string_item(text, at, info, major)
  if info ~= INDEFINITE then
    local size
    size, at = argument(text, at, info)
    if at + size - 1 > #text then fail("the CBOR is cut short") end
    return text:sub(at, at + size - 1), at + size
  end
  local chunks = {}
  while not is_break(text, at) do
    local initial = text:byte(at)
    local chunk_info = initial % 32
    if initial - chunk_info ~= major or chunk_info == INDEFINITE then
      fail("the CBOR has a string in a wrong part")
    end
    chunks[#chunks + 1], at = string_item(text, at + 1, chunk_info, major)
  end
  return table.concat(chunks), at + 1
end

local function array_item(text, at, info, depth)
  local array, count = json.array {}, nil
  if info ~= INDEFINITE then
    count, at = argument(text, at, info)
    -- Every element takes a byte at least.
    if count > #text - at + 1 then fail("the CBOR is cut short") end
  end
  local n = 0
  while count and n < count or not count and not is_break(text, at) do
    n = n + 1
    array[n], at = item(text, at, depth)
  end
  return array, count and at or at + 1
end

local function map_item(text, at, info, depth)
  local map, count = {}, nil
  if info ~= INDEFINITE then count, at = argument(text, at, info) end
  local n = 0
  while count and n < count or not count and not is_break(text, at) do
    local key, value
    key, at = item(text, at, depth)
    value, at = item(text, at, depth)
    if key == json.null or key ~= key then fail("the CBOR has a map with a key that is none") end
    if value ~= json.null then map[key] = value end
    n = n + 1
  end
  return map, count and at or at + 1
end

local function tag_item(text, at, info, depth)
  local tag, value
  tag, at = argument(text, at, info)
  value, at = item(text, at, depth)
  if tag ~= 1 then fail(("the CBOR has a tag of unknown meaning, %.0f"):format(tag)) end
  if type(value) ~= "number" then fail("the CBOR has a timestamp that is no number") end
  return value, at
end

local function half(bits)
  local exponent, fraction = floor(bits / 1024) % 32, bits % 1024
  local value
  if exponent == 31 then
    value = fraction == 0 and math.huge or 0 / 0
  elseif exponent == 0 then
    value = fraction * 2 ^ -24
  else
    value = (1024 + fraction) * 2 ^ (exponent - 25)
  end
  return bits >= 32768 and -value or value
end

-- LuaJIT keeps the types of its values in the bits of NaNs and takes those of the FFI as they are: a NaN
-- of the sender's choice would be a value of any type, at any address. So none comes in that way.
local function single(bits)
  if floor(bits / 2 ^ 23) % 256 == 255 and bits % 2 ^ 23 ~= 0 then return 0 / 0 end
  floats.i = bits
  return floats.f
end

local function double(high, low)
  if floor(high / 2 ^ 20) % 2048 == 2047 and (high % 2 ^ 20 ~= 0 or low ~= 0) then return 0 / 0 end
  doubles.i[HIGH], doubles.i[LOW] = high, low
  return doubles.d
end

local SIMPLE = { [20] = false, [21] = true, [22] = json.null, [23] = json.null }

local function simple_item(text, at, info)
  local simple = SIMPLE[info]
  if simple ~= nil then return simple, at end
  local bits
  if info == 25 then
    bits, at = bytes_at(text, at, 2)
    return half(bits), at
  elseif info == 26 then
    bits, at = bytes_at(text, at, 4)
    return single(bits), at
  elseif info == 27 then
    local low
    bits, at = bytes_at(text, at, 4)
    low, at = bytes_at(text, at, 4)
    return double(bits, low), at
  end
  fail("the CBOR has a value of unknown form")
end

-- The item at a byte, and the byte after it.
function item(text, at, depth)
  local initial = text:byte(at)
  if not initial then fail("the CBOR is cut short") end
  if depth > MAX_DEPTH then fail("the CBOR is nested too deep") end
  local info = initial % 32
  local major = initial - info
  at, depth = at + 1, depth + 1
  if major == MAJOR.text or major == MAJOR.bytes then return string_item(text, at, info, major) end
  if major == MAJOR.map then return map_item(text, at, info, depth) end
  if major == MAJOR.array then return array_item(text, at, info, depth) end
  if major == MAJOR.unsigned then return argument(text, at, info) end
  if major == MAJOR.negative then
    local value
    value, at = argument(text, at, info)
    return -1 - value, at
  end
  if major == MAJOR.tag then return tag_item(text, at, info, depth) end
  return simple_item(text, at, info)
end

--- Decodes a text of one item.
-- @tparam string text
-- @return the value: strings of both kinds as strings, arrays as `json.array`, null as `json.null`
-- (left out of maps), instants as seconds since 1970; nil where the text is no CBOR
-- @treturn ?string what is wrong
function M.decode(text)
  local ok, value, after = pcall(item, text, 1, 0)
  if not ok then return nil, tostring(value) end
  if after <= #text then return nil, "the CBOR has more than one item" end
  return value
end

return M
