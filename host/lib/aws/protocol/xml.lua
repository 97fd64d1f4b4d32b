--- Answers in XML: what a good one holds, and the errors.
-- @module aws.protocol.xml

local failure = require "aws.protocol.failure"
local json = require "json"
local shapes = require "aws.protocol.shapes"
local xml = require "host.xml"
local xml_shape = require "lazy" "aws.protocol.xml_shape"

local M = {}

local array = getmetatable(json.array {})

local function compile(text)
  return xml.compile(text, array)
end

--- A decoder for answers that hold what a view describes; a sink.
-- @tparam ?table view of the output; nil for none
-- @treturn userdata
function M.decoder(view)
  view = view or xml_shape.NOTHING
  local compiled = rawget(view, "xml_document")
  if not compiled then
    compiled = compile(view.xml_shape or xml_shape.document(view))
    view.xml_document = compiled
  end
  return xml.decoder(compiled)
end

local function read_document(decoder, body)
  local ok, message = decoder:write(body)
  if not ok then return nil, message end
  return decoder:finish()
end

-- What a good document holds; nil where it is of another kind.
local function result_of(document, view)
  if document.sole ~= nil then
    return { [xml_shape.sole_scalar(view)] = document.sole ~= "" and document.sole or nil }
  end
  return document.result or document.wrapped and document.wrapped.result
end

--- Reads a document.
-- @tparam table view of what its root holds
-- @tparam string body
-- @return ?the value
-- @treturn ?string what is wrong
function M.read(view, body)
  local document, message = read_document(M.decoder(view), body)
  if not document then return nil, message end
  local result = result_of(document, view)
  if result == nil then return nil, "another root than expected" end
  return result
end

-- The parts of an error's document: what is in Error, and the request id.
local function error_parts(document)
  if document.error then return document.error, document.error.RequestId end
  local response = document.response
  if not response then return nil end
  return response.error or response.errors and response.errors.error or {}, response.request_id
end

local function modelled_detail(view, body)
  local compiled = rawget(view, "xml_error_document")
  if not compiled then
    compiled = compile(xml_shape.document(xml_shape.NOTHING, view))
    view.xml_error_document = compiled
  end
  local document = read_document(xml.decoder(compiled), body)
  return document and (error_parts(document))
end

local ENVELOPE = { Code = true, Message = true, message = true, Type = true, RequestId = true, HostId = true }

local function unmodelled_detail(parts)
  local detail = {}
  for name, value in pairs(parts) do
    if not ENVELOPE[name] then detail[name] = value end
  end
  return detail
end

local function fail_with(model, operation, answer, document)
  local parts, request_id = error_parts(document)
  if not parts then return failure.answered(answer, {}) end
  local view = parts.Code and answer.body and shapes.of_error(model, operation, parts.Code)
  return failure.answered(answer, {
    code = parts.Code,
    message = parts.Message or parts.message,
    request_id = request_id,
    detail = view and modelled_detail(view, answer.body) or unmodelled_detail(parts),
  })
end

--- The error that an answer of status 300 and above holds.
-- @tparam table model
-- @tparam table operation
-- @tparam table answer
-- @treturn nil
-- @treturn aws.error
function M.failed(model, operation, answer)
  local document = read_document(M.decoder(nil), answer.body or "")
  return fail_with(model, operation, answer, document or {})
end

--- What a good answer's body holds, or the error that it holds in spite of its status.
-- @tparam table model
-- @tparam table operation
-- @tparam table answer with `body`, or with `sink`: the decoder that has taken it
-- @tparam ?table view of the body
-- @treturn ?table
-- @treturn ?aws.error
function M.succeeded(model, operation, answer, view)
  local document, message
  if answer.sink then
    document, message = answer.sink:finish()
  else
    document, message = read_document(M.decoder(view), answer.body or "")
  end
  if not document then return failure.invalid(answer, "the answer is not the XML expected: " .. message) end
  if document.error or document.response then return fail_with(model, operation, answer, document) end
  local result = result_of(document, view)
  if not result then
    return failure.invalid(answer, "the answer is XML, but not of " .. operation.name)
  end
  return result
end

return M
