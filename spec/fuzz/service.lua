--- A service with every kind of member, and what its answers may do to a decoder.
--
-- An input is a byte that picks the operation and the status, header lines up to an empty one where
-- the byte says that there are some, and the body.
local check = require "check"
local protocol = require "aws.protocol"

local M = {}

local function structure(members)
  return { type = "structure", members = members }
end

local function list_of(shape, name)
  return { type = "list", member = { shape = shape, locationName = name } }
end

local function shapes()
  return {
    Text = { type = "string" },
    Count = { type = "integer" },
    Large = { type = "long" },
    Ratio = { type = "float" },
    Flag = { type = "boolean" },
    Time = { type = "timestamp" },
    HttpTime = { type = "timestamp", timestampFormat = "rfc822" },
    Bytes = { type = "blob" },
    Anything = { type = "structure", document = true, members = {} },
    Texts = list_of("Text", "item"),
    Times = list_of "Time",
    Counts = list_of "Count",
    Nodes = list_of "Node",
    Flat = { type = "list", flattened = true, member = { shape = "Node", locationName = "flatNode" } },
    Map = { type = "map", key = { shape = "Text" }, value = { shape = "Node" } },
    FlatMap = { type = "map", flattened = true, key = { shape = "Text", locationName = "k" },
      value = { shape = "Count", locationName = "v" } },
    Either = { type = "structure", union = true,
      members = { one = { shape = "Text" }, two = { shape = "Node" } } },
    Node = structure {
      text = { shape = "Text" }, count = { shape = "Count" }, large = { shape = "Large" },
      ratio = { shape = "Ratio" }, flag = { shape = "Flag" }, time = { shape = "Time" },
      httpTime = { shape = "HttpTime" }, bytes = { shape = "Bytes" }, texts = { shape = "Texts" },
      child = { shape = "Node", locationName = "Child" }, nodes = { shape = "Nodes" },
      flat = { shape = "Flat" },
      map = { shape = "Map" }, flatMap = { shape = "FlatMap" }, either = { shape = "Either" },
      anything = { shape = "Anything" },
      lang = { shape = "Text", xmlAttribute = true, locationName = "xml:lang" },
    },
    Bound = structure {
      text = { shape = "Text", location = "header", locationName = "x-text" },
      time = { shape = "Time", location = "header", locationName = "x-time" },
      count = { shape = "Count", location = "header", locationName = "x-count" },
      flag = { shape = "Flag", location = "header", locationName = "x-flag" },
      texts = { shape = "Texts", location = "header", locationName = "x-texts" },
      times = { shape = "Times", location = "header", locationName = "x-times" },
      counts = { shape = "Counts", location = "header", locationName = "x-counts" },
      json = { shape = "Text", jsonvalue = true, location = "header", locationName = "x-json" },
      status = { shape = "Count", location = "statusCode" },
      meta = { shape = "Metadata", location = "headers", locationName = "x-meta-" },
      node = { shape = "Node" },
    },
    Metadata = { type = "map", key = { shape = "Text" }, value = { shape = "Text" } },
    Payload = { type = "structure", payload = "node", members = { node = { shape = "Node" },
      count = { shape = "Count", location = "header", locationName = "x-count" } } },
    Raw = { type = "structure", payload = "bytes", members = { bytes = { shape = "Bytes" } } },
    Streamed = { type = "structure", payload = "events", members = { events = { shape = "Events" } } },
    Events = { type = "structure", eventstream = true, members = {
      Node = { shape = "Node" }, Head = { shape = "Head" }, Chunk = { shape = "Chunk" },
      Broken = { shape = "Broken" },
    } },
    Head = structure { size = { shape = "Count", eventheader = true }, node = { shape = "Node" } },
    Chunk = structure { bytes = { shape = "Bytes", eventpayload = true } },
    Broken = { type = "structure", exception = true, error = { code = "BrokenThing" }, members = {
      message = { shape = "Text" }, node = { shape = "Node" },
      count = { shape = "Count", location = "header", locationName = "x-count" },
    } },
  }
end

local OUTPUTS = { "Node", "Bound", "Payload", "Raw", "Streamed", false }

--- The model of the service in a protocol.
function M.model(protocol_name)
  local operations = {}
  for i, output in ipairs(OUTPUTS) do
    operations["Do" .. i] = {
      name = "Do" .. i,
      http = { method = "POST", requestUri = "/" },
      output = output and { shape = output, resultWrapper = i == 2 and "Result" or nil } or nil,
      errors = { { shape = "Broken" } },
    }
  end
  return {
    metadata = { protocol = protocol_name, apiVersion = "1", targetPrefix = "T", serviceId = "Things" },
    operations = operations,
    shapes = shapes(),
  }
end

local function split_headers(text)
  local headers = {}
  local body = 1
  for line, after in text:gmatch "([^\n]*)\n()" do
    body = after
    if line == "" then break end
    local name, value = line:match "^([^:]+):%s*(.*)$"
    if name then headers[name] = value end
  end
  return headers, text:sub(body)
end

local function check_error(err)
  assert(type(err) == "table", "an error that is no table")
  assert(type(err.code) == "string" and type(err.message) == "string" and type(err.detail) == "table")
  check.refusal(nil, tostring(err))
end

-- Reads an event stream to its end.
local function drain(events)
  for _ = 1, 10000 do
    local event, err = events()
    if event == nil then
      if err then check_error(err) end
      return
    end
  end
  error "an event stream without an end"
end

local STATUSES = { 200, 200, 204, 400, 404, 500, 301, 200 }

--- The function that a target of this protocol is.
function M.target(protocol_name)
  local model = M.model(protocol_name)
  return function(input)
    local choice, body = check.choice(input)
    local headers = {}
    if choice >= 128 then headers, body = split_headers(body) end
    local operation = "Do" .. choice % #OUTPUTS + 1
    local status = STATUSES[math.floor(choice / #OUTPUTS) % #STATUSES + 1]
    local output, err = protocol.decode(model, operation, { status = status, headers = headers, body = body })
    if output == nil then return check_error(err) end
    assert(err == nil and type(output) == "table")
    if type(output.events) == "function" then drain(output.events) end
  end
end

return M
