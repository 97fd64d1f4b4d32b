--- Checksums of bodies: those that a model requires of a request, and those that an answer brings.
-- Source: Smithy 2.0, "httpChecksum trait" and "httpChecksumRequired trait".
-- @module aws.protocol.checksum

local bit = require "bit"
local digest = require "host.digest"
local ffi = require "ffi"
local scalar = require "host.scalar"

local M = {}

local crc64_table

-- The CRC-64/NVME of NVM Express's command set, reflected.
local function crc64nvme(data)
  if not crc64_table then
    crc64_table = ffi.new("uint64_t[256]")
    for i = 0, 255 do
      local value = ffi.new("uint64_t", i)
      for _ = 1, 8 do
        local low = bit.band(value, 1)
        value = bit.rshift(value, 1)
        if low ~= 0 then value = bit.bxor(value, 0x9A6C9329AC4BC9B5ULL) end
      end
      crc64_table[i] = value
    end
  end
  local crc, bytes = bit.bnot(0ULL), ffi.cast("const uint8_t *", data)
  for i = 0, #data - 1 do
    local index = tonumber(bit.band(bit.bxor(crc, bytes[i]), 0xff))
    crc = bit.bxor(crc64_table[index], bit.rshift(crc, 8))
  end
  crc = bit.bnot(crc)
  local out = {}
  for shift = 56, 0, -8 do
    out[#out + 1] = string.char(tonumber(bit.band(bit.rshift(crc, shift), 0xff)))
  end
  return table.concat(out)
end

local ALGORITHMS = {
  crc32 = digest.crc32, crc32c = digest.crc32c, crc64nvme = crc64nvme,
  sha1 = digest.sha1, sha256 = digest.sha256,
}

-- Whether the caller has given a checksum himself.
local function has_own(headers)
  for name in pairs(headers) do
    name = name:lower()
    if name == "content-md5" or ALGORITHMS[name:match("^x%-amz%-checksum%-(.*)$")] then return true end
  end
  return false
end

--- Adds the checksum header that an operation must or, by its parameters, shall have.
-- @tparam table operation
-- @tparam ?table input view of its input
-- @tparam table params
-- @tparam table request its headers are added to
function M.add(operation, input, params, request)
  local rules = operation.httpChecksum or {}
  local member = rules.requestAlgorithmMember
  local chosen = member and params[member]
  local required = operation.httpChecksumRequired or rules.requestChecksumRequired
  if not (chosen or required) or has_own(request.headers) then return end
  if not operation.httpChecksum then
    request.headers["Content-MD5"] = scalar.base64(digest.md5(request.body))
    return
  end
  local name = (chosen or "CRC32"):lower()
  local compute = ALGORITHMS[name]
  if not compute then error(("%s: no checksum algorithm %s is known"):format(member, chosen), 0) end
  local header = member and input.members[member] and input.members[member].locationName
  if header then request.headers[header] = name:upper() end
  request.headers["x-amz-checksum-" .. name] = scalar.base64(compute(request.body))
end

--- Whether an answer's body is other than its checksum says.
-- @tparam table operation
-- @tparam table answer its headers by lower-case name
-- @tparam string body
-- @treturn ?string what is wrong; nil if nothing is
function M.mismatch(operation, answer, body)
  local headers = answer.headers
  for _, algorithm in ipairs(operation.httpChecksum and operation.httpChecksum.responseAlgorithms or {}) do
    local name = algorithm:lower()
    local expected = headers["x-amz-checksum-" .. name]
    -- One with a dash is of an object's parts, and no checksum of the whole.
    if expected and ALGORITHMS[name] and not expected:find("-", 1, true) then
      local found = scalar.base64(ALGORITHMS[name](body))
      if found ~= expected then
        return ("the answer's %s checksum is %s, its body's %s"):format(algorithm, expected, found)
      end
    end
  end
  local decimal = headers["x-amz-crc32"]
  if decimal and not headers["content-encoding"] then
    local a, b, c, d = digest.crc32(body):byte(1, 4)
    local found = ((a * 256 + b) * 256 + c) * 256 + d
    if tonumber(decimal) ~= found then
      return ("the answer's CRC-32 is %s, its body's %.0f"):format(decimal, found)
    end
  end
end

return M
