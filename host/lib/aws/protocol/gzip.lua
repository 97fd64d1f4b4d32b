--- Gzip, for requests that a model lets be compressed: LZ77 with the fixed Huffman codes, which
-- needs no tables of its own in the stream.
-- Source: RFC 1951 (DEFLATE) section 3.2.6, RFC 1952 (gzip).
-- @module aws.protocol.gzip

local bit = require "bit"
local digest = require "host.digest"
local ffi = require "ffi"

local M = {}

local band, bor, lshift, rshift, bxor = bit.band, bit.bor, bit.lshift, bit.rshift, bit.bxor

local WINDOW, SHORTEST, LONGEST = 32768, 3, 258
local HASH_SIZE = 32768
local END_OF_BLOCK = 256

local function reversed(code, size)
  local out = 0
  for _ = 1, size do
    out = bor(lshift(out, 1), band(code, 1))
    code = rshift(code, 1)
  end
  return out
end

-- The fixed code of each literal and length, with its bits in the order in which they are written.
local codes, code_sizes = {}, {}
for symbol = 0, 287 do
  local code, size
  if symbol < 144 then
    code, size = 48 + symbol, 8
  elseif symbol < 256 then
    code, size = 400 + symbol - 144, 9
  elseif symbol < 280 then
    code, size = symbol - 256, 7
  else
    code, size = 192 + symbol - 280, 8
  end
  codes[symbol], code_sizes[symbol] = reversed(code, size), size
end

-- Symbols that stand for ranges of values, each as wide as its number of extra bits allows.
local function classes(first_symbol, first_value, extra_bits)
  local list, value = {}, first_value
  for i, extra in ipairs(extra_bits) do
    list[i] = { symbol = first_symbol + i - 1, base = value, extra = extra }
    value = value + 2 ^ extra
  end
  return list
end

local LENGTHS = classes(257, 3,
  { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5 })
LENGTHS[#LENGTHS + 1] = { symbol = 285, base = LONGEST, extra = 0 }
local DISTANCES = classes(0, 1,
  { 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13 })

local function class_of(list, value)
  local low, high = 1, #list
  while low < high do
    local middle = rshift(low + high + 1, 1)
    if list[middle].base <= value then low = middle else high = middle - 1 end
  end
  return list[low]
end

local Writer = {}
Writer.__index = Writer

function Writer:bits(value, size)
  self.pending = bor(self.pending, lshift(value, self.count))
  self.count = self.count + size
  while self.count >= 8 do
    self.out[self.length] = band(self.pending, 255)
    self.length = self.length + 1
    self.pending = rshift(self.pending, 8)
    self.count = self.count - 8
  end
end

function Writer:symbol(symbol)
  self:bits(codes[symbol], code_sizes[symbol])
end

function Writer:match(length, distance)
  local class = class_of(LENGTHS, length)
  self:symbol(class.symbol)
  self:bits(length - class.base, class.extra)
  class = class_of(DISTANCES, distance)
  self:bits(reversed(class.symbol, 5), 5)
  self:bits(distance - class.base, class.extra)
end

local function match_length(bytes, at, earlier, size)
  local most = math.min(LONGEST, size - at)
  local length = 0
  while length < most and bytes[at + length] == bytes[earlier + length] do length = length + 1 end
  return length
end

local function deflate(data)
  local size = #data
  local bytes = ffi.cast("const uint8_t *", data)
  local writer = setmetatable({ pending = 0, count = 0, length = 0 }, Writer)
  writer.out = ffi.new("uint8_t[?]", size + math.floor(size / 8) + 16) -- nine bits a byte at worst
  local last_at = ffi.new("int32_t[?]", HASH_SIZE) -- by hash of three bytes, where they were
  ffi.fill(last_at, ffi.sizeof(last_at), 255)
  writer:bits(3, 3) -- the last block, of fixed codes
  local at = 0
  while at < size do
    local length, earlier = 0, -1
    if at + SHORTEST <= size then
      local hash = band(bxor(bytes[at], lshift(bytes[at + 1], 5), lshift(bytes[at + 2], 10)), HASH_SIZE - 1)
      earlier = last_at[hash]
      last_at[hash] = at
      if earlier >= 0 and at - earlier <= WINDOW then length = match_length(bytes, at, earlier, size) end
    end
    if length >= SHORTEST then
      writer:match(length, at - earlier)
      at = at + length
    else
      writer:symbol(bytes[at])
      at = at + 1
    end
  end
  writer:symbol(END_OF_BLOCK)
  writer:bits(0, 7) -- to the end of the byte
  return ffi.string(writer.out, writer.length)
end

local function little_endian(value)
  return string.char(value % 256, math.floor(value / 256) % 256, math.floor(value / 65536) % 256,
    math.floor(value / 16777216) % 256)
end

--- Compresses a text.
-- @tparam string data
-- @treturn string a gzip file, without name or time
function M.compress(data)
  return "\31\139\8\0\0\0\0\0\0\255" .. deflate(data) .. digest.crc32(data):reverse() .. little_endian(#data)
end

return M
