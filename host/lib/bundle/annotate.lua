--- Annotations for editors (LuaLS, the Lua language server): what the operations that a function declares
-- take and give, as classes.
--
-- The file holds definitions alone and is never run. It adds to the class `aws` of `host/lib/aws/init.lua`
-- what `client` returns for each declared service.
-- @module bundle.annotate

local names = require "aws.names"
local prose = require "aws.prose"

local M = {}

local COMMON = [[
---@class aws.options
---@field region? string
---@field endpoint? string a URL in place of AWS's
---@field credentials? { access_key: string, secret_key: string, session_token?: string }
---@field max_attempts? integer of a call, the first included
---@field timeout? number seconds for one attempt

---@class aws.wait
---@field delay? number seconds between the attempts
---@field max_attempts? integer

---@class aws.presign
---@field expires? integer seconds that the URL is good for

---@class aws.error
---@field code string
---@field message? string
---@field status? integer
---@field request_id? string
---@field service? string
---@field operation? string
---@field detail? table the error's modelled members
]]

local TYPES = {
  string = "string",
  character = "string",
  blob = "string",
  boolean = "boolean",
  integer = "integer",
  long = "integer",
  float = "number",
  double = "number",
  timestamp = "number",
}

local Writer = {}
Writer.__index = Writer

function Writer:line(format, ...)
  self.lines[#self.lines + 1] = select("#", ...) > 0 and format:format(...) or format
end

local function sorted_keys(map)
  local list = {}
  for key in pairs(map or {}) do list[#list + 1] = key end
  table.sort(list)
  return list
end

local function variable(service)
  return (service:gsub("%-", "_"))
end

-- ---- types ----

-- A list of strings' type needs parentheses where one string's is a choice.
local function many(text)
  return text:find("[|%s]") and ("(%s)[]"):format(text) or text .. "[]"
end

-- The type of a reference to a shape; classes and aliases that it needs are noted.
function Writer:type_of(reference)
  local name, shape = reference.shape, self.model.shapes[reference.shape]
  if shape.document or reference.document or reference.jsonvalue then return "any" end
  if shape.type == "list" then return many(self:type_of(shape.member)) end
  if shape.type == "map" then
    return ("table<%s, %s>"):format(self:type_of(shape.key), self:type_of(shape.value))
  end
  if shape.type ~= "structure" and not shape.enum then return TYPES[shape.type] end
  self.needed[name] = true
  local class = ("aws.%s.%s"):format(variable(self.model.service), name)
  return shape.eventstream and ("fun(): %s?"):format(class) or class
end

-- A description behind a type; the mark keeps its first word from being read as a part of the type.
local function remark(text)
  local summary = prose.summary(text)
  return summary ~= "" and " # " .. summary or ""
end

function Writer:class(name, shape)
  local required = {}
  for _, member in ipairs(shape.required or {}) do required[member] = true end
  self:line("---@class aws.%s.%s", variable(self.model.service), name)
  for _, member in ipairs(sorted_keys(shape.members)) do
    local reference = shape.members[member]
    local optional = required[member] and not reference.idempotencyToken and "" or "?"
    local key = member:find("^[%a_][%w_]*$") and member .. optional or ("[%q]%s"):format(member, optional)
    self:line("---@field %s %s%s", key, self:type_of(reference), remark(reference.documentation))
  end
  self:line ""
end

function Writer:alias(name, shape)
  self:line("---@alias aws.%s.%s", variable(self.model.service), name)
  for _, value in ipairs(shape.enum) do self:line("---| %q", value) end
  self:line ""
end

-- The classes and aliases that have been asked for, until they ask for no more.
function Writer:types()
  local written = {}
  local name = next(self.needed)
  while name do
    for _, needed in ipairs(sorted_keys(self.needed)) do
      self.needed[needed] = nil
      if not written[needed] then
        written[needed] = true
        local shape = self.model.shapes[needed]
        if shape.enum then self:alias(needed, shape) else self:class(needed, shape) end
      end
    end
    name = next(self.needed)
  end
end

-- ---- a client ----

function Writer:params(operation)
  local input = operation.input
  if not input then return "?", "table" end
  local required = self.model.shapes[input.shape].required
  return required and #required > 0 and "" or "?", self:type_of(input)
end

function Writer:output(operation)
  return operation.output and self:type_of(operation.output) or "table"
end

-- The type of what a paginator's result key leads to, one item; nil for what is no plain path.
function Writer:item(operation, key)
  local reference = operation.output
  for part in key:gmatch "[^.]+" do
    local members = self.model.shapes[reference.shape].members
    reference = members and members[part]
    if not reference then return nil end
  end
  local shape = self.model.shapes[reference.shape]
  if TYPES[shape.type] == "integer" then return nil end
  return self:type_of(shape.type == "list" and shape.member or reference)
end

function Writer:items(operation, keys)
  local list = {}
  for _, key in ipairs(type(keys) == "table" and keys or { keys }) do
    list[#list + 1] = self:item(operation, key)
  end
  return #list > 0 and table.concat(list, "|") or "any"
end

function Writer:iterators(class, declared)
  for _, name in ipairs(declared) do
    local paginator = self.model.paginators and self.model.paginators[name]
    if paginator then
      local operation, method = self.model.operations[name], names.snake_case(name)
      local mark, params = self:params(operation)
      self:line("---@field pages fun(self: %s, name: %q, params%s: %s): fun(): %s",
        class, method, mark, params, self:output(operation))
      self:line("---@field each fun(self: %s, name: %q, params%s: %s): fun(): %s",
        class, method, mark, params, self:items(operation, paginator.result_key))
    end
  end
end

function Writer:waiters(class, declared)
  local is_declared = {}
  for _, name in ipairs(declared) do is_declared[name] = true end
  for _, name in ipairs(sorted_keys(self.model.waiters)) do
    local operation = self.model.waiters[name].operation
    if is_declared[operation] then
      local mark, params = self:params(self.model.operations[operation])
      self:line("---@field wait fun(self: %s, name: %q, params%s: %s, options?: aws.wait): "
        .. "true?, aws.error?", class, names.snake_case(name), mark, params)
    end
  end
end

function Writer:method(name)
  local operation = self.model.operations[name]
  local mark, params = self:params(operation)
  self:line ""
  self:line("--- %s", prose.summary(operation.documentation))
  self:line("---@param params%s %s", mark, params)
  self:line("---@return %s? output", self:output(operation))
  self:line "---@return aws.error? err"
  self:line("function %s:%s(params) end", variable(self.model.service), names.snake_case(name))
end

function Writer:client(declared)
  local service = variable(self.model.service)
  local class, quoted = "aws." .. service, {}
  for i, name in ipairs(declared) do quoted[i] = ("%q"):format(names.snake_case(name)) end
  self:line("---@class %s", class)
  self:iterators(class, declared)
  self:waiters(class, declared)
  self:line("---@field presign fun(self: %s, name: %s, params?: table, options?: aws.presign): "
    .. "string?, aws.error?", class, table.concat(quoted, "|"))
  self:line("local %s = {}", service)
  for _, name in ipairs(declared) do self:method(name) end
  self:line ""
end

--- Writes the annotations for a function.
-- @tparam string name the function's
-- @tparam {[string]={string,...}} declared service → operations, all known
-- @tparam {[string]=table} models service → whole model, for each declared service
-- @treturn string Lua that defines nothing at run time; the same for the same input
function M.text(name, declared, models)
  local writer = setmetatable({ lines = {}, needed = {} }, Writer)
  local services = sorted_keys(declared)
  writer:line "---@meta _"
  writer:line("-- The AWS operations that functions/%s declares, for editors; by scripts/annotate.", name)
  writer:line ""
  writer:line "---@class aws"
  for _, service in ipairs(services) do
    local class = "aws." .. variable(service)
    writer:line("---@field client fun(service: %q, options?: aws.options): %s", service, class)
  end
  writer:line ""
  writer:line(COMMON)
  for _, service in ipairs(services) do
    local operations = { unpack(declared[service]) }
    table.sort(operations)
    writer.model = models[service]
    writer:client(operations)
    writer:types()
  end
  return table.concat(writer.lines, "\n")
end

return M
