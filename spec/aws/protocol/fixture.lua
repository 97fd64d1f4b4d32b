--- Small models, written with the shapes in the places that refer to them.

local protocol = require "aws.protocol"

local M = {}

local function is_ref(value)
  return type(value) == "table" and (value.type or value.shape)
end

-- Gives an inline shape a name of its own; the traits stay with the reference, where they count too.
local function hoist(shapes, inline, path)
  if inline.shape then return inline end
  local definition, ref = { type = inline.type }, { shape = inline.name or path }
  for field, value in pairs(inline) do
    if field == "members" then
      definition.members = {}
      for name, member in pairs(value) do
        definition.members[name] = hoist(shapes, member, path .. "." .. name)
      end
    elseif is_ref(value) then
      definition[field] = hoist(shapes, value, path .. "." .. field)
    elseif field ~= "type" and field ~= "name" then
      ref[field] = value
    end
  end
  if inline.exception then definition.exception, definition.error = true, inline.error end
  shapes[ref.shape] = definition
  return ref
end

--- A model with one operation, `Do`.
-- @tparam table spec `protocol`, `input`, `output`: inline structures; `errors`: name → inline
-- structure; `shapes`: more, by name; `metadata`, `operation`: fields that are added
-- @treturn table
function M.model(spec)
  local shapes = {}
  for name, inline in pairs(spec.shapes or {}) do
    inline.name = name
    hoist(shapes, inline, name)
  end
  local operation = { name = "Do", http = { method = "POST", requestUri = "/" }, errors = {} }
  if spec.input then operation.input = hoist(shapes, spec.input, "DoRequest") end
  if spec.output then operation.output = hoist(shapes, spec.output, "DoResult") end
  for name, inline in pairs(spec.errors or {}) do
    inline.name, inline.exception = name, true
    operation.errors[#operation.errors + 1] = hoist(shapes, inline, name)
  end
  for field, value in pairs(spec.operation or {}) do operation[field] = value end
  local metadata = { protocol = spec.protocol, apiVersion = "2020-01-02", targetPrefix = "Target",
    jsonVersion = "1.1" }
  for field, value in pairs(spec.metadata or {}) do metadata[field] = value end
  return { metadata = metadata, operations = { Do = operation }, shapes = shapes }
end

function M.structure(members, traits)
  local shape = { type = "structure", members = members }
  for field, value in pairs(traits or {}) do shape[field] = value end
  return shape
end

function M.list(member, traits)
  local shape = { type = "list", member = member }
  for field, value in pairs(traits or {}) do shape[field] = value end
  return shape
end

function M.map(value, traits)
  local shape = { type = "map", key = { type = "string" }, value = value }
  for field, trait in pairs(traits or {}) do shape[field] = trait end
  return shape
end

--- A scalar shape with traits.
function M.scalar(kind, traits)
  local shape = { type = kind }
  for field, value in pairs(traits or {}) do shape[field] = value end
  return shape
end

--- Writes a request of the operation `Do`.
function M.encode(model, params, options)
  return protocol.encode(model, "Do", params, options)
end

--- Reads an answer of the operation `Do`.
function M.decode(model, body, status, headers)
  return protocol.decode(model, "Do", { status = status or 200, headers = headers or {}, body = body })
end

return M
