--- A service model cut down to the operations that a function declares.
--
-- What is kept: the metadata, the declared operations, every shape that they reach (input, output, errors),
-- their paginators, the waiters that poll them, the endpoint rules that they can meet. What goes: other
-- operations, and all that only documents. Of answers in XML the shapes are written as they are read.
-- @module bundle.prune

local models = require "aws.model"
local protocol = require "aws.protocol"
local reduce = require("bundle.rules").reduce
local shapes_of = require("aws.protocol.shapes").of
local xml_shape = require "aws.protocol.xml_shape"

local M = {}

-- Fields of operations, shapes, members and rules that no part of the client reads.
local DOCUMENTATION = {
  box = true,
  deprecated = true,
  deprecatedMessage = true,
  deprecatedSince = true,
  documentation = true,
  documentationUrl = true,
  enum = true,
  examples = true,
  pattern = true,
  sensitive = true,
  synthetic = true,
}

local function copy(value)
  if type(value) ~= "table" then return value end
  local result = {}
  for key, element in pairs(value) do result[key] = copy(element) end
  return result
end

-- An operation, shape or member: a table whose keys are the model's own words.
local function described(fields)
  local result = {}
  for key, value in pairs(fields) do
    if not DOCUMENTATION[key] then result[key] = copy(value) end
  end
  return result
end

local function reference(fields)
  return fields and described(fields)
end

local function shape_of(model, name)
  local shape = described(model.shapes[name])
  if shape.members then
    -- A member may be called "documentation"; only what is inside it is filtered.
    shape.members = {}
    for member, fields in pairs(model.shapes[name].members) do shape.members[member] = described(fields) end
  end
  shape.member, shape.key, shape.value = reference(shape.member), reference(shape.key), reference(shape.value)
  return shape
end

-- The names of the shapes that a shape or an operation refers to.
local function references(fields)
  local names = {}
  local function add(target)
    if target then names[#names + 1] = target.shape end
  end
  add(fields.input)
  add(fields.output)
  add(fields.member)
  add(fields.key)
  add(fields.value)
  for _, target in ipairs(fields.errors or {}) do add(target) end
  for _, target in pairs(fields.members or {}) do add(target) end
  return names
end

local function reach(model, operations)
  local shapes, pending = {}, {}
  for _, operation in pairs(operations) do pending[#pending + 1] = operation end
  while #pending > 0 do
    for _, name in ipairs(references(table.remove(pending))) do
      if not shapes[name] then
        shapes[name] = shape_of(model, name)
        pending[#pending + 1] = shapes[name]
      end
    end
  end
  return shapes
end

-- The protocols whose answers are in XML, and hold all of their operation's output.
local IN_XML = { query = true, ec2 = true }

-- To write an answer's shape takes a first call two million instructions, to load what it is written of one.
local function write_outputs(model, operations)
  for name, operation in pairs(operations) do
    local output = shapes_of(model, model.operations[name].output)
    if output then operation.output.xml_shape = xml_shape.document(output) end
  end
end

local function without_outputs(operations)
  local result = {}
  for name, operation in pairs(operations) do
    result[name] = { input = operation.input, errors = operation.errors }
  end
  return result
end

local COMPOUND = { structure = true, list = true, map = true }

-- Adds an output without what its text says. An only scalar stays, whose text does not say the name.
local function add_output(shapes, model, name)
  if shapes[name] then return end
  local shape = shape_of(model, name)
  shapes[name] = shape
  for member, target in pairs(model.shapes[name].members) do
    if COMPOUND[model.shapes[target.shape].type] then
      shape.members[member] = nil
    elseif not shapes[target.shape] then
      shapes[target.shape] = shape_of(model, target.shape)
    end
  end
end

local function reach_in_xml(model, operations)
  local shapes = reach(model, without_outputs(operations))
  for _, operation in pairs(operations) do
    if operation.output then add_output(shapes, model, operation.output.shape) end
  end
  return shapes
end

-- The entries of a table that pass, or nil when none does.
local function select(entries, passes)
  local result
  for name, entry in pairs(entries or {}) do
    if passes(name, entry) then
      result = result or {}
      result[name] = described(entry)
    end
  end
  return result
end

--- Drops the regions' descriptions from AWS's partitions.
-- @tparam table partitions the `partitions.json` table; left as it is
-- @treturn table
function M.partitions(partitions)
  local result = copy(partitions)
  for _, partition in ipairs(result.partitions) do
    for _, region in pairs(partition.regions) do region.description = nil end
  end
  return result
end

--- Prunes a model.
-- @tparam table model as `aws.model` loads it; left as it is
-- @tparam {string,...} declared names of operations that it has
-- @treturn table a model of the same form, with `undeclared`: the other operations' names in one string
function M.model(model, declared)
  local operations = {}
  for _, name in ipairs(declared) do operations[name] = described(model.operations[name]) end

  local undeclared = {}
  for name in pairs(model.operations) do
    if not operations[name] then undeclared[#undeclared + 1] = name end
  end
  table.sort(undeclared)

  local in_xml = IN_XML[protocol.name(model)]
  if in_xml then write_outputs(model, operations) end
  return {
    form = models.FORM,
    source = model.source,
    metadata = copy(model.metadata),
    clientContextParams = copy(model.clientContextParams),
    operations = operations,
    undeclared = table.concat(undeclared, " "),
    shapes = (in_xml and reach_in_xml or reach)(model, operations),
    paginators = select(model.paginators, function(name) return operations[name] ~= nil end),
    waiters = select(model.waiters, function(_, waiter) return operations[waiter.operation] ~= nil end),
    endpoint_rules = reduce(model, declared),
  }
end

return M
