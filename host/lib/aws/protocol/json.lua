--- The `json` protocol, versions 1.0 and 1.1.
-- Source: Smithy 2.0, "AWS JSON 1.0 protocol" and "AWS JSON 1.1 protocol".
-- @module aws.protocol.json

local checksum = require "aws.protocol.checksum"
local eventstream = require "aws.protocol.eventstream"
local failure = require "aws.protocol.failure"
local params_of = require "aws.protocol.params"
local reader = require "aws.protocol.json_reader"
local shapes = require "aws.protocol.shapes"
local writer = require "aws.protocol.json_writer"

local M = {}

local CODE_FIELDS = { "__type", "code", "Code" }

--- Writes a request.
function M.encode(model, operation, params, options)
  local metadata = model.metadata
  local input = shapes.of(model, operation.input)
  params = params_of.complete(input, params, options.token)
  local headers = {
    ["X-Amz-Target"] = metadata.targetPrefix .. "." .. operation.name,
    ["Content-Type"] = "application/x-amz-json-" .. (metadata.jsonVersion or "1.0"),
  }
  if metadata.awsQueryCompatible then headers["x-amzn-query-mode"] = "true" end
  return {
    method = operation.http and operation.http.method or "POST",
    path = "/",
    headers = headers,
    body = input and writer.write(input, params) or "{}",
    host_prefix = params_of.host_prefix(operation, input, params),
  }
end

local function read_body(answer, view, body)
  if body == "" and #view.names == 0 then return {} end
  if body == "" then return failure.invalid(answer, "the answer has no body") end
  local output, message = reader.read(view, body)
  if not output then return failure.invalid(answer, "the answer is not the JSON expected: " .. message) end
  return output
end

--- Reads an answer.
function M.decode(model, operation, answer)
  if failure.is_error(answer) then return reader.failed(model, operation, answer, CODE_FIELDS) end
  local body = answer.body or ""
  local wrong = checksum.mismatch(operation, answer, body)
  if wrong then return failure.invalid(answer, wrong) end
  local output = shapes.of(model, operation.output)
  if not output then return {} end
  local stream = eventstream.member_of(output)
  if stream then return eventstream.rpc_output(answer, output, stream, reader.read) end
  return read_body(answer, output, body)
end

return M
