--- The `rest-xml` protocol.
-- Source: Smithy 2.0, "AWS REST XML protocol".
-- @module aws.protocol.rest_xml

local failure = require "aws.protocol.failure"
local rest = require "aws.protocol.rest"
local shapes = require "aws.protocol.shapes"
local writer = require "aws.protocol.xml_writer"
local xml = require "aws.protocol.xml"

local M = {}

local codec = {
  content_type = "application/xml",
  nothing = "",
  write = writer.write,
  read = xml.succeeded,
  read_event = xml.read,
}

--- Writes a request.
function M.encode(model, operation, params, options)
  return rest.encode(codec, model, operation, params, options)
end

--- Reads an answer.
function M.decode(model, operation, answer)
  if not failure.is_error(answer) then return rest.decode(codec, model, operation, answer) end
  local output, err = xml.failed(model, operation, answer)
  local view = shapes.of_error(model, operation, err.code)
  if view then pcall(rest.read_bound, answer, view, err.detail) end
  return output, err
end

--- Something that takes the body of a good answer as it comes.
function M.sink(model, operation)
  local view = rest.body_view(shapes.of(model, operation.output))
  return view and xml.decoder(view)
end

return M
