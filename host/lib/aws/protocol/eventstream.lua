--- Event streams: frames of `application/vnd.amazon.eventstream`, and the events that they hold.
-- Source: Smithy 2.0, "Amazon Event Stream Specification".
-- @module aws.protocol.eventstream

local digest = require "host.digest"
local failure = require "aws.protocol.failure"

local M = {}

local PRELUDE, OVERHEAD = 12, 16
local MAX_FRAME = 24 * 1024 * 1024

local function unsigned(text, at, size)
  local value = 0
  for i = at, at + size - 1 do value = value * 256 + text:byte(i) end
  return value
end

local function signed(text, at, size)
  local value = unsigned(text, at, size)
  return value >= 2 ^ (size * 8 - 1) and value - 2 ^ (size * 8) or value
end

local function uuid(text, at)
  local hex = digest.hex(text:sub(at, at + 15))
  return (hex:gsub("^(%x%x%x%x%x%x%x%x)(%x%x%x%x)(%x%x%x%x)(%x%x%x%x)", "%1-%2-%3-%4-"))
end

-- By type: the size of the value (nil: two bytes before it tell), and how it is read.
local HEADER_TYPES = {
  [0] = { 0, function() return true end },
  [1] = { 0, function() return false end },
  [2] = { 1, function(text, at) return signed(text, at, 1) end },
  [3] = { 2, function(text, at) return signed(text, at, 2) end },
  [4] = { 4, function(text, at) return signed(text, at, 4) end },
  [5] = { 8, function(text, at) return signed(text, at, 8) end },
  [6] = { nil, function(text, at, size) return text:sub(at, at + size - 1) end },
  [7] = { nil, function(text, at, size) return text:sub(at, at + size - 1) end },
  [8] = { 8, function(text, at) return signed(text, at, 8) / 1000 end },
  [9] = { 16, uuid },
}

local function read_header(text, at, last)
  local name_size = text:byte(at)
  local name = text:sub(at + 1, at + name_size)
  local kind = at + name_size + 1
  local type_ = kind <= last and HEADER_TYPES[text:byte(kind)]
  if not type_ then return nil end
  local size, value = type_[1], kind + 1
  if not size then
    if value + 1 > last then return nil end
    size, value = unsigned(text, value, 2), value + 2
  end
  if value + size - 1 > last then return nil end
  return value + size, name, type_[2](text, value, size)
end

local function read_headers(text, at, last)
  local headers = {}
  while at <= last do
    local after, name, value = read_header(text, at, last)
    if not after then return nil end
    headers[name] = value
    at = after
  end
  return headers
end

--- Reads the frame that begins at a byte of a text.
-- @tparam string text
-- @tparam number at
-- @treturn ?table `{ headers, payload }`; nil where there is no whole and sound frame
-- @treturn number|string the byte after the frame; what is wrong
function M.frame(text, at)
  if #text - at + 1 < OVERHEAD then return nil, "an event is cut short" end
  local size, headers_size = unsigned(text, at, 4), unsigned(text, at + 4, 4)
  if digest.crc32(text:sub(at, at + 7)) ~= text:sub(at + 8, at + 11) then
    return nil, "an event's prelude has a wrong checksum"
  end
  if size > MAX_FRAME or size < OVERHEAD + headers_size then return nil, "an event has an impossible size" end
  local last = at + size - 1
  if last > #text then return nil, "an event is cut short" end
  if digest.crc32(text:sub(at, last - 4)) ~= text:sub(last - 3, last) then
    return nil, "an event has a wrong checksum"
  end
  local payload = at + PRELUDE + headers_size
  local headers = read_headers(text, at + PRELUDE, payload - 1)
  if not headers then return nil, "an event's headers cannot be read" end
  return { headers = headers, payload = text:sub(payload, last - 4) }, last + 1
end

--- The member of an output that is an event stream.
-- @tparam table output view of a structure
-- @treturn ?string its name
function M.member_of(output)
  for _, name in ipairs(output.names) do
    if output.members[name].eventstream then return name end
  end
end

-- Reads an event's payload into `event`, by the member that is bound to it or all the others.
local function read_payload(view, payload, event, read)
  local rest
  for _, name in ipairs(view.names) do
    local member = view.members[name]
    if member.eventpayload then
      if member.type == "blob" or member.type == "string" then
        event[name] = payload
        return true
      end
      local value, message = read(member, payload)
      event[name] = value
      return value ~= nil, message
    end
    rest = rest or not member.eventheader
  end
  if not rest or payload == "" then return true end
  local value, message = read(view, payload)
  for name, item in pairs(value or {}) do
    if event[name] == nil then event[name] = item end
  end
  return value ~= nil, message
end

local function read_event(stream, frame, read)
  local name = frame.headers[":event-type"]
  local view = stream.members[name]
  if not view then return { SDK_UNKNOWN_MEMBER = { name = name } } end
  local event = {}
  for _, member in ipairs(view.names) do
    if view.members[member].eventheader then event[member] = frame.headers[member] end
  end
  local ok, message = read_payload(view, frame.payload, event, read)
  if not ok then return nil, message end
  return { [name] = event }
end

local function read_exception(stream, frame, read)
  local headers = frame.headers
  local code = headers[":exception-type"] or headers[":error-code"]
  local view = headers[":exception-type"] and stream.members[headers[":exception-type"]]
  local detail = view and frame.payload ~= "" and read(view, frame.payload) or {}
  local message = headers[":error-message"] or detail.message or detail.Message
  return { code = code, message = message, detail = detail }
end

--- An iterator over the events of a body: each call gives `{ MemberName = event }`, nil at the
-- end, or nil and an error.
-- @tparam table answer
-- @tparam table stream view of the event stream
-- @tparam function read takes a view and a payload, gives the value, or nil and what is wrong
-- @tparam ?number at the byte to begin with
-- @treturn function
function M.events(answer, stream, read, at)
  local body = answer.body or ""
  at = at or 1
  local function stop(...)
    at = #body + 1
    return ...
  end
  return function()
    while at <= #body do
      local frame, after = M.frame(body, at)
      if not frame then return stop(failure.invalid(answer, after)) end
      at = after
      local kind = frame.headers[":message-type"]
      if kind == "exception" or kind == "error" then
        return stop(failure.answered(answer, read_exception(stream, frame, read)))
      end
      if frame.headers[":event-type"] ~= "initial-response" then
        local event, message = read_event(stream, frame, read)
        if not event then return stop(failure.invalid(answer, message)) end
        return event
      end
    end
  end
end

--- The output of an operation whose protocol has no bindings to HTTP: the first event holds the
-- members beside the stream.
-- @tparam table answer
-- @tparam table output view of the output
-- @tparam string name of the member that is the stream
-- @tparam function read as for @{events}
-- @treturn ?table
-- @treturn ?aws.error
function M.rpc_output(answer, output, name, read)
  local body = answer.body or ""
  local first, after = M.frame(body, 1)
  if not first then return failure.invalid(answer, after) end
  local stream = output.members[name]
  if first.headers[":message-type"] ~= "event" then
    return failure.answered(answer, read_exception(stream, first, read))
  end
  local result = {}
  if first.headers[":event-type"] == "initial-response" then
    local message
    if first.payload ~= "" then result, message = read(output, first.payload) end
    if not result then return failure.invalid(answer, message) end
  else
    after = 1
  end
  result[name] = M.events(answer, stream, read, after)
  return result
end

return M
