--- Answers in XML: the model's shapes compiled for `host.xml`, and the errors that XML answers hold.
-- @module aws.protocol.xml

local failure = require "aws.protocol.failure"
local json = require "json"
local shapes = require "aws.protocol.shapes"
local text = require "aws.protocol.text"
local xml = require "host.xml"

local M = {}

-- The members of an error that no model describes; those below Message are of S3's "Error
-- responses" page.
local ERRORS = {
  shapes = {
    Text = { type = "string" },
    Nothing = { type = "structure", members = {} },
    Error = { type = "structure", members = {} },
  },
}
for name in ([[Code Message message Type RequestId HostId Bucket BucketName Condition Endpoint Key Method
               Region Resource ResourceType VersionId]]):gmatch("%a+") do
  ERRORS.shapes.Error.members[name] = { shape = "Text" }
end

local NOTHING = shapes.of(ERRORS, { shape = "Nothing" })
local ERROR = shapes.of(ERRORS, { shape = "Error" })

-- The tag that a member's element has; a flattened list's elements may have one of their own.
local function tag_of(name, view)
  local own = view.type == "list" and view.flattened and view.member.locationName
  return own or view.locationName or name
end

local OWN_KIND = { structure = true, list = true, map = true, boolean = true, timestamp = true, blob = true }

local function kind_of(view)
  local kind = view.type
  if kind == "structure" and view.union then return "union" end
  if OWN_KIND[kind] then return kind end
  return text.is_integer[kind] and "integer" or text.is_float[kind] and "float" or "string"
end

-- Members that an answer's headers or status give are not in its body.
local ELSEWHERE = { header = true, headers = true, statusCode = true }

local function in_body(member)
  return not (ELSEWHERE[member.location] or member.eventheader)
end

local function form_of(view)
  if view.xmlAttribute then return "attribute" end
  return view.flattened and (view.type == "list" or view.type == "map") and "flattened" or "element"
end

-- Compiles a view and all it reaches, once.
local Compiler = {}
Compiler.__index = Compiler

function Compiler:add(node)
  self.nodes[#self.nodes + 1] = node
  return #self.nodes
end

-- The number of a view's node. A view is numbered before its parts are looked at, so one that
-- holds itself ends.
function Compiler:number(view)
  local number = self.numbers[view]
  if number then return number end
  local node = { kind = kind_of(view) }
  number = self:add(node)
  self.numbers[view] = number
  if node.kind == "structure" or node.kind == "union" then
    self:structure(node, view)
  elseif node.kind == "list" then
    node[1] = { tag = "member", shape = self:number(view.member) }
  elseif node.kind == "map" then
    node[1] = { tag = view.key.locationName or "key", shape = self:number(view.key) }
    node[2] = { tag = view.value.locationName or "value", shape = self:number(view.value) }
  end
  return number
end

function Compiler:structure(node, view)
  for _, name in ipairs(view.names) do
    local member = view.members[name]
    if in_body(member) then
      node[#node + 1] = {
        tag = tag_of(name, member), name = name, form = form_of(member), shape = self:number(member),
      }
    end
  end
  if node.kind == "union" then
    local unknown = self:add { kind = "unknown", { tag = "name", name = "name", shape = self:string() } }
    node[#node + 1] = { tag = "*", name = "SDK_UNKNOWN_MEMBER", shape = unknown }
  end
end

function Compiler:string()
  self.string_number = self.string_number or self:add { kind = "string" }
  return self.string_number
end

for _, method in pairs(Compiler) do
  if type(method) == "function" then jit.off(method) end
end

-- The only member of a structure's body, if that is a scalar: S3 gives it without the structure
-- around it where its model says otherwise (GetBucketLocation).
local function sole_scalar(view)
  local sole
  for _, name in ipairs(view.names) do
    if in_body(view.members[name]) then
      if sole then return nil end
      sole = name
    end
  end
  local member = sole and view.members[sole]
  if member and member.type ~= "structure" and member.type ~= "list" and member.type ~= "map" then
    return sole, member
  end
end

-- The shape of a document that holds what `view` describes, within the element `wrapper` of the
-- root where one is given, or an error that holds what `failed` describes.
local function compile(view, wrapper, failed)
  local compiler = setmetatable({ nodes = {}, numbers = {} }, Compiler)
  local document = { kind = "structure" }
  compiler:add(document)
  -- Errors as EC2 (Response/Errors/Error), the query protocol (ErrorResponse/Error) and S3 (Error)
  -- write them.
  local error_number = compiler:number(failed)
  local response = compiler:add { kind = "structure",
    { tag = "Error", name = "error", shape = error_number },
    { tag = "Errors", name = "errors", shape = compiler:add { kind = "structure",
      { tag = "Error", name = "error", shape = error_number } } },
    { tag = "RequestId", name = "request_id", shape = compiler:string() },
    { tag = "RequestID", name = "request_id", shape = compiler:string() },
  }
  local function root(tag, name, shape)
    document[#document + 1] = { tag = tag, name = name, shape = shape }
  end
  root("Error", "error", error_number)
  root("ErrorResponse", "response", response)
  root("Response", "response", response)
  root("html", "html", compiler:string())
  local result = compiler:number(view)
  if wrapper then
    root("*", "wrapped",
      compiler:add { kind = "structure", { tag = wrapper, name = "result", shape = result } })
  else
    local name, sole = sole_scalar(view)
    if name then root(tag_of(name, sole), "sole", compiler:number(sole)) end
    root("*", "result", result)
  end
  return xml.compile(compiler.nodes, getmetatable(json.array {}))
end

--- A decoder for answers that hold what a view describes; a sink.
-- @tparam ?table view of the output; nil for none
-- @treturn userdata
function M.decoder(view)
  view = view or NOTHING
  local compiled = rawget(view, "xml_document")
  if not compiled then
    compiled = compile(view, view.resultWrapper, ERROR)
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
    return { [sole_scalar(view)] = document.sole ~= "" and document.sole or nil }
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
    compiled = compile(NOTHING, nil, view)
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
  local result = result_of(document, view or NOTHING)
  if not result then
    return failure.invalid(answer, "the answer is XML, but not of " .. operation.name)
  end
  return result
end

return M
