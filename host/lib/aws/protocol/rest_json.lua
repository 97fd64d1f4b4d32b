--- The `rest-json` protocol.
-- Source: Smithy 2.0, "AWS REST JSON 1.0 protocol".
-- @module aws.protocol.rest_json

local failure = require "aws.protocol.failure"
local reader = require "aws.protocol.json_reader"
local rest = require "aws.protocol.rest"
local writer = require "aws.protocol.json_writer"

local M = {}

local CODE_FIELDS = { "code", "Code", "__type" }

local codec = {
  content_type = "application/json",
  nothing = "{}",
  write = writer.write,
  read_event = reader.read,
}

function codec.read(_, _, answer, view)
  local value, message = reader.read(view, answer.body)
  if value == nil then return failure.invalid(answer, "the answer is not the JSON expected: " .. message) end
  return value
end

--- Writes a request.
function M.encode(model, operation, params, options)
  return rest.encode(codec, model, operation, params, options)
end

--- Reads an answer.
function M.decode(model, operation, answer)
  if not failure.is_error(answer) then return rest.decode(codec, model, operation, answer) end
  return reader.failed(model, operation, answer, CODE_FIELDS, function(view, detail)
    rest.read_bound(answer, view, detail)
  end)
end

return M
