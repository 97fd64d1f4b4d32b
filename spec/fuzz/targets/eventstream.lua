-- Frames of event streams: raw bytes, or with sums that are right, so that what is in them is reached.
local check = require "check"
local digest = require "host.digest"
local eventstream = require "aws.protocol.eventstream"

local function big_endian(value)
  return string.char(math.floor(value / 16777216) % 256, math.floor(value / 65536) % 256,
    math.floor(value / 256) % 256, value % 256)
end

local function frame_of(headers, payload)
  local prelude = big_endian(16 + #headers + #payload) .. big_endian(#headers)
  local text = prelude .. digest.crc32(prelude) .. headers .. payload
  return text .. digest.crc32(text)
end

return function(input)
  local choice, text = check.choice(input)
  if choice % 2 == 1 then
    local cut = math.floor(choice / 2)
    text = frame_of(text:sub(1, cut), text:sub(cut + 1))
  end
  local at = 1
  while at <= #text do
    local frame, after = eventstream.frame(text, at)
    if not frame then return check.refusal(frame, after) end
    assert(after > at and after <= #text + 1, "a frame that ends before it begins, or beyond the text")
    assert(type(frame.headers) == "table" and #frame.payload <= after - at - 16)
    at = after
  end
end
