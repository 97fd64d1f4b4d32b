--- Requests and answers of AWS's operations, as a service model in the botocore form describes
-- them. Pure: no network, no clock, no environment.
-- @module aws.protocol

local checksum = require "aws.protocol.checksum"
local compression = require "aws.protocol.compression"
local shapes = require "aws.protocol.shapes"

local M = {}

-- Where a service speaks several, the first of these is used: botocore's order.
local PROTOCOLS = {
  { "json", "aws.protocol.json" },
  { "rest-json", "aws.protocol.rest_json" },
  { "rest-xml", "aws.protocol.rest_xml" },
  { "smithy-rpc-v2-cbor", "aws.protocol.rpc_cbor" },
  { "query", "aws.protocol.query" },
  { "ec2", "aws.protocol.ec2" },
}

--- The protocol that a service is spoken to in.
-- @tparam table model
-- @treturn string
function M.name(model)
  local metadata = model.metadata
  local offered = {}
  for _, name in ipairs(metadata.protocols or { metadata.protocol }) do offered[name] = true end
  for _, protocol in ipairs(PROTOCOLS) do
    if offered[protocol[1]] then return protocol[1], protocol[2] end
  end
  error(("no protocol of %s is known: %s"):format(
    metadata.serviceId or "the service", table.concat(metadata.protocols or { metadata.protocol }, ", ")), 2)
end

local function codec_of(model)
  local _, module = M.name(model)
  return require(module)
end

local function operation_of(model, name)
  local operation = model.operations[name]
  if not operation then error("the model has no operation " .. tostring(name), 3) end
  return operation
end

--- Writes a request. Parameters that do not fit the model raise an error.
-- @tparam table model a service model, whole or pruned
-- @tparam string operation its name
-- @tparam ?table params the parameters, with AWS's own spelling of members; timestamps are seconds
-- since 1970 UTC, blobs are strings
-- @tparam ?table options `token`: a function that makes an idempotency token where the caller left
-- one out; `compress_from`: the least size in bytes of a body that is compressed where the model
-- allows it, or false for never
-- @treturn table `{ method, path, headers, body, host_prefix }`: `path` with the query string,
-- encoded; `headers` by name; `body` a string; `host_prefix` nil where the model has none
function M.encode(model, operation, params, options)
  options = options or {}
  operation = operation_of(model, operation)
  local ok, request = pcall(codec_of(model).encode, model, operation, params, options)
  if not ok then error(request, 2) end
  compression.apply(operation, request, options.compress_from)
  checksum.add(operation, shapes.of(model, operation.input), params or {}, request)
  return request
end

-- The headers by lower-case name; `original` maps those to the names as they came.
local function by_lower_name(headers)
  local lower, original = {}, {}
  for name, value in pairs(headers or {}) do
    local key = tostring(name):lower()
    lower[key] = type(value) == "table" and table.concat(value, ",") or value
    original[key] = name
  end
  return lower, original
end

--- Reads an answer.
-- @tparam table model a service model, whole or pruned
-- @tparam string operation its name
-- @tparam table response `{ status, headers, body }`, or with `sink` in the place of `body` where
-- @{sink} gave one that has taken it
-- @treturn ?table the output
-- @treturn ?aws.error what AWS answered, or `InvalidResponse` for what cannot be read
function M.decode(model, operation, response)
  local headers, original = by_lower_name(response.headers)
  local answer = {
    status = response.status,
    headers = headers,
    header_names = original,
    body = response.body,
    sink = response.sink,
  }
  return codec_of(model).decode(model, operation_of(model, operation), answer)
end

--- Something that decodes the body of a good answer while it comes in, for `host.http`.
-- @tparam table model a service model, whole or pruned
-- @tparam string operation its name
-- @treturn ?userdata nil where the answer must be had whole
function M.sink(model, operation)
  local codec = codec_of(model)
  return codec.sink and codec.sink(model, operation_of(model, operation)) or nil
end

return M
