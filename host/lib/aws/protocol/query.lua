--- The `query` protocol: parameters as a form, answers in XML.
-- Source: Smithy 2.0, "AWS query protocol".
-- @module aws.protocol.query

local failure = require "aws.protocol.failure"
local params_of = require "aws.protocol.params"
local shapes = require "aws.protocol.shapes"
local text = require "aws.protocol.text"
local uri = require "aws.protocol.uri"
local xml = require "aws.protocol.xml"

local M = {}

-- How names are built; `ec2` has another.
local QUERY = {}

function QUERY.member(view, name)
  return view.locationName or name
end

function QUERY.list(view, prefix)
  local name = view.member.locationName
  if not view.flattened then return prefix .. "." .. (name or "member") end
  -- A flattened list's elements are named by the element, in the place of the list's own name.
  return name and (prefix:match("^.*%.") or "") .. name or prefix
end

QUERY.writes_empty_lists = true

local Form = {}
Form.__index = Form

function Form:add(name, value)
  self[#self + 1] = { name, value }
end

function Form:structure(view, value, prefix)
  for name, member, item in params_of.each(view, value) do
    self:write(member, item, prefix .. self.naming.member(member, name))
  end
end

function Form:list(view, value, prefix)
  if #value == 0 then
    if self.naming.writes_empty_lists then self:add(prefix, "") end
    return
  end
  local stem = self.naming.list(view, prefix)
  for i, item in ipairs(value) do
    self:write(view.member, item, stem .. "." .. i)
  end
end

function Form:map(view, value, prefix)
  if not view.flattened then prefix = prefix .. ".entry" end
  local key_name = self.naming.member(view.key, "key")
  local value_name = self.naming.member(view.value, "value")
  for i, key in ipairs(params_of.sorted_keys(value)) do
    local stem = prefix .. "." .. i .. "."
    self:write(view.key, key, stem .. key_name)
    self:write(view.value, value[key], stem .. value_name)
  end
end

function Form:write(view, value, name)
  local kind = view.type
  if kind ~= "structure" and kind ~= "list" and kind ~= "map" then
    return self:add(name, text.write(view, value, "iso8601"))
  end
  if type(value) ~= "table" then
    error(("%s: expected a %s, got a %s"):format(name, kind, type(value)), 0)
  end
  if kind == "structure" then return self:structure(view, value, name .. ".") end
  return self[kind](self, view, value, name)
end

--- Writes a request with the names of a dialect.
-- @tparam table model
-- @tparam table operation
-- @tparam ?table params
-- @tparam table options `token`
-- @tparam table naming the dialect
-- @treturn table the request
function M.encode_with(model, operation, params, options, naming)
  local input = shapes.of(model, operation.input)
  params = params_of.complete(input, params, options.token)
  local form = setmetatable({ naming = naming }, Form)
  form:add("Action", operation.name)
  form:add("Version", model.metadata.apiVersion)
  if input then form:structure(input, params, "") end
  return {
    method = operation.http and operation.http.method or "POST",
    path = "/",
    headers = { ["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8" },
    body = uri.form(form),
    host_prefix = params_of.host_prefix(operation, input, params),
  }
end

--- Writes a request.
function M.encode(model, operation, params, options)
  return M.encode_with(model, operation, params, options, QUERY)
end

--- Reads an answer.
function M.decode(model, operation, answer)
  if failure.is_error(answer) then return xml.failed(model, operation, answer) end
  return xml.succeeded(model, operation, answer, shapes.of(model, operation.output))
end

--- Something that takes the body of a good answer as it comes.
function M.sink(model, operation)
  return xml.decoder(shapes.of(model, operation.output))
end

return M
