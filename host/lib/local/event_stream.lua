--- Writes the frames of `application/vnd.amazon.eventstream`, which a streamed response comes in.
--
-- Source: Amazon Transcribe Developer Guide, "Event stream encoding".
-- @module local.event_stream

local bit = require "bit"
local digest = require "host.digest"

local M = {}

local STRING = 7 -- a header's type
local PRELUDE, CHECKSUM = 12, 4 -- bytes

local function uint16(number)
  return string.char(bit.band(bit.rshift(number, 8), 255), bit.band(number, 255))
end

local function uint32(number)
  return uint16(bit.rshift(number, 16)) .. uint16(bit.band(number, 0xffff))
end

local function header(name, value)
  return string.char(#name) .. name .. string.char(STRING) .. uint16(#value) .. value
end

--- Makes the frame of an event.
-- @tparam string kind such as `PayloadChunk`
-- @tparam string content_type
-- @tparam string payload
-- @treturn string
function M.event(kind, content_type, payload)
  local headers = header(":message-type", "event") .. header(":event-type", kind)
    .. header(":content-type", content_type)
  local size = PRELUDE + #headers + #payload + CHECKSUM
  local prelude = uint32(size) .. uint32(#headers)
  local frame = prelude .. digest.crc32(prelude) .. headers .. payload
  return frame .. digest.crc32(frame)
end

return M
