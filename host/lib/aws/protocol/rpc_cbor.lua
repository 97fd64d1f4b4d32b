--- The `smithy-rpc-v2-cbor` protocol.
-- Source: Smithy 2.0, "Smithy RPC v2 CBOR protocol".
-- @module aws.protocol.rpc_cbor

local cbor = require "aws.protocol.cbor"
local eventstream = require "aws.protocol.eventstream"
local failure = require "aws.protocol.failure"
local json = require "json"
local json_reader = require "aws.protocol.json_reader"
local params_of = require "aws.protocol.params"
local shapes = require "aws.protocol.shapes"
local text = require "aws.protocol.text"
local timestamp = require "aws.protocol.timestamp"
local tree = require "aws.protocol.tree"

local M = {}

local CODE_FIELDS = { "__type", "code", "Code" }

-- ---- requests ----

local write

local kind = {}

function kind.structure(view, value, out)
  local members = {}
  for name, member, item in params_of.each(view, value) do
    members[#members + 1] = { member.locationName or name, member, item }
  end
  out[#out + 1] = cbor.map(#members)
  for _, entry in ipairs(members) do
    out[#out + 1] = cbor.text(entry[1])
    write(entry[2], entry[3], out)
  end
end

function kind.list(view, value, out)
  out[#out + 1] = cbor.array(#value)
  for _, item in ipairs(value) do write(view.member, item, out) end
end

function kind.map(view, value, out)
  local keys = params_of.sorted_keys(value)
  out[#out + 1] = cbor.map(#keys)
  for _, key in ipairs(keys) do
    out[#out + 1] = cbor.text(key)
    write(view.value, value[key], out)
  end
end

function kind.timestamp(_, value, out)
  out[#out + 1] = cbor.timestamp(assert(timestamp.parse(value), "expected a timestamp"))
end

local SCALARS = { blob = cbor.bytes, boolean = cbor.boolean, float = cbor.float, double = cbor.double }
for name, writer in pairs(SCALARS) do
  kind[name] = function(_, value, out) out[#out + 1] = writer(value) end
end

local CONTAINERS = { structure = true, list = true, map = true }

function write(view, value, out)
  if value == json.null then
    out[#out + 1] = cbor.null
  elseif CONTAINERS[view.type] and type(value) ~= "table" then
    error(("%s: expected a %s, got a %s"):format(view.shape, view.type, type(value)), 0)
  elseif kind[view.type] then
    kind[view.type](view, value, out)
  elseif text.is_integer[view.type] then
    out[#out + 1] = cbor.integer(value)
  else
    out[#out + 1] = cbor.text(value)
  end
end

--- Writes a request.
function M.encode(model, operation, params, options)
  local input = shapes.of(model, operation.input)
  params = params_of.complete(input, params, options.token)
  local output = shapes.of(model, operation.output)
  local streams = output and eventstream.member_of(output)
  local headers = {
    ["smithy-protocol"] = "rpc-v2-cbor",
    ["Accept"] = streams and "application/vnd.amazon.eventstream" or "application/cbor",
  }
  if model.metadata.awsQueryCompatible then headers["x-amzn-query-mode"] = "true" end
  local body = {}
  if input then
    write(input, params, body)
    headers["Content-Type"] = "application/cbor"
  end
  return {
    method = "POST",
    path = ("/service/%s/operation/%s"):format(model.metadata.targetPrefix, operation.name),
    headers = headers,
    body = table.concat(body),
    host_prefix = params_of.host_prefix(operation, input, params),
  }
end

-- ---- answers ----

-- CBOR has the scalars' types itself.
local reader = tree.reader {
  timestamp = function(value)
    if type(value) ~= "number" then error("not a timestamp: " .. tostring(value), 0) end
    return value
  end,
}

local function read(view, body)
  return reader:read_body(cbor.decode, view, body)
end

local function failed(model, operation, answer)
  local parsed = cbor.decode(answer.body or "")
  if type(parsed) ~= "table" or json.is_array(parsed) then parsed = {} end
  return json_reader.failed_with(model, operation, answer, parsed, CODE_FIELDS, function(view, value)
    return reader:read(view, value)
  end)
end

--- Reads an answer.
function M.decode(model, operation, answer)
  if failure.is_error(answer) then return failed(model, operation, answer) end
  local output = shapes.of(model, operation.output)
  if not output then return {} end
  local stream = eventstream.member_of(output)
  if stream then return eventstream.rpc_output(answer, output, stream, read) end
  local body = answer.body or ""
  if body == "" and #output.names == 0 then return {} end
  local value, message = read(output, body)
  if value == nil then return failure.invalid(answer, message) end
  return value
end

return M
