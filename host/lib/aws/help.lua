--- What a service's model says of its operations, as pages to read: `aws.help`.
-- @module aws.help

local models = require "aws.model"
local names = require "aws.names"
local nearest = require "nearest"
local prose = require "aws.prose"
local protocol = require "aws.protocol"
local terminal = require "host.terminal"

local M = {}

-- Characters of a line; levels of nested structures that are shown; values of an enumeration.
local STDOUT = 1
local WIDTH = 100
local DEPTH = 3
local VALUES = 24

-- What a value of a type is called, one and many.
local WORDS = {
  string = { "string", "strings" },
  character = { "string", "strings" },
  blob = { "string of bytes", "strings of bytes" },
  boolean = { "boolean", "booleans" },
  integer = { "whole number", "whole numbers" },
  long = { "whole number", "whole numbers" },
  float = { "number", "numbers" },
  double = { "number", "numbers" },
  timestamp = { "time in seconds since 1970", "times in seconds since 1970" },
  structure = { "structure", "structures" },
}

local HAS_LENGTH = { string = true, blob = true, list = true, map = true }

-- ---- a shape in words ----

local words_of

local function container(model, shape, many)
  if shape.type == "list" then
    return (many and "lists of " or "list of ") .. words_of(model, shape.member, true)
  end
  return (many and "maps from " or "map from ") .. words_of(model, shape.key, true)
    .. " to " .. words_of(model, shape.value, true)
end

function words_of(model, reference, many)
  local shape = model.shapes[reference.shape]
  if shape.document or reference.document or reference.jsonvalue then return "any JSON value" end
  if shape.eventstream then return "iterator over events" end
  if shape.union then return many and "unions (of one member each)" or "union (exactly one member)" end
  local words = WORDS[shape.type]
  return words and words[many and 2 or 1] or container(model, shape, many)
end

-- What the lists and maps around it hold in the end.
local function innermost(model, reference)
  local shape = model.shapes[reference.shape]
  while shape.type == "list" or shape.type == "map" do
    reference = shape.member or shape.value
    shape = model.shapes[reference.shape]
  end
  return shape, reference.shape
end

local function bounds(shape)
  local of = HAS_LENGTH[shape.type] and "length " or ""
  if shape.min and shape.max then
    return of .. (shape.min == shape.max and shape.min or shape.min .. " to " .. shape.max)
  end
  return shape.min and of .. "at least " .. shape.min or shape.max and of .. "at most " .. shape.max
end

local function values(shape)
  local enum = shape.enum
  if not enum then return nil end
  local shown = {}
  for i = 1, math.min(#enum, VALUES) do shown[i] = ("%q"):format(enum[i]) end
  if #enum > VALUES then shown[#shown + 1] = ("%d more"):format(#enum - VALUES) end
  return table.concat(shown, " | ")
end

-- A member's type and all that bounds it.
local function traits(model, reference, required)
  local shape, inner = model.shapes[reference.shape], innermost(model, reference)
  local list = { words_of(model, reference) }
  list[#list + 1] = required and "required" or nil
  list[#list + 1] = (shape.deprecated or reference.deprecated) and "deprecated" or nil
  list[#list + 1] = reference.idempotencyToken and "made up when left out" or nil
  list[#list + 1] = bounds(shape)
  list[#list + 1] = shape.pattern and "pattern " .. shape.pattern or nil
  list[#list + 1] = values(inner)
  return table.concat(list, ", ")
end

-- ---- the page ----

local Page = {}
Page.__index = Page

local function new_page(colour)
  return setmetatable({ lines = {}, colour = colour }, Page)
end

function Page:paint(text, code)
  return self.colour and ("\27[%sm%s\27[0m"):format(code, text) or text
end

-- A paragraph whose first word or words, the head, stand out.
function Page:entry(indent, head, text)
  local lines = prose.wrap(head .. text, WIDTH - #indent, "    ")
  lines[1] = self:paint(head, "1") .. (lines[1] or ""):sub(#head + 1)
  for _, line in ipairs(lines) do self.lines[#self.lines + 1] = indent .. line end
end

function Page:title(text)
  for _, line in ipairs(prose.wrap(text, WIDTH, "    ")) do
    self.lines[#self.lines + 1] = self:paint(line, "1")
  end
end

function Page:heading(text)
  self.lines[#self.lines + 1] = ""
  self.lines[#self.lines + 1] = self:paint(text, "1;4")
end

function Page:text(text, indent)
  self:entry(indent or "  ", "", text)
end

function Page:finish()
  return table.concat(self.lines, "\n") .. "\n"
end

-- ---- members ----

local function required_set(shape)
  local set = {}
  for _, name in ipairs(shape.required or {}) do set[name] = true end
  return set
end

-- Names of members: those that are required first.
local function member_names(shape)
  local required, list = required_set(shape), {}
  for name in pairs(shape.members or {}) do list[#list + 1] = name end
  table.sort(list, function(a, b)
    if required[a] ~= required[b] then return required[a] == true end
    return a < b
  end)
  return list
end

local function description(text)
  local summary = prose.summary(text)
  return summary ~= "" and ": " .. summary or ""
end

-- Members, and theirs below them. A structure that the page has shown is not shown again: only the names
-- of its members are; so it is with what lies too deep.
local function add_members(page, model, shape, indent, shown)
  local required = required_set(shape)
  for _, name in ipairs(member_names(shape)) do
    local reference = shape.members[name]
    local inner, inner_name = innermost(model, reference)
    local nested = inner.type == "structure" and next(inner.members or {}) ~= nil
    local below = nested and not shown[inner_name] and #indent / 2 < DEPTH
    local folded = nested and not below and (" { %s }"):format(table.concat(member_names(inner), ", ")) or ""
    page:entry(indent, name, (" (%s%s)%s"):format(traits(model, reference, required[name]), folded,
      description(reference.documentation)))
    if below then
      shown[inner_name] = true
      add_members(page, model, inner, indent .. "  ", shown)
    end
  end
end

local function add_structure(page, model, title, reference)
  page:heading(title)
  local shape = reference and model.shapes[reference.shape]
  if not shape or next(shape.members or {}) == nil then return page:text("none") end
  add_members(page, model, shape, "  ", { [reference.shape] = true })
end

-- ---- the parts of an operation's page ----

local function variable(service)
  return (service:gsub("%-", "_"))
end

local function signature(model, operation, method)
  local input = operation.input and model.shapes[operation.input.shape] or {}
  local parts, optional = {}, false
  local required = required_set(input)
  for _, name in ipairs(member_names(input)) do
    if required[name] and not input.members[name].idempotencyToken then
      parts[#parts + 1] = name .. " = …"
    else
      optional = true
    end
  end
  if optional then parts[#parts + 1] = "…" end
  local braces = #parts > 0 and "{ " .. table.concat(parts, ", ") .. " }" or "{}"
  return ("local output, err = %s:%s%s"):format(variable(model.service), method, braces)
end

local function add_errors(page, model, operation)
  page:heading("Errors (err.code)")
  if #(operation.errors or {}) == 0 then return page:text("The model names none.") end
  for _, reference in ipairs(operation.errors) do
    local shape = model.shapes[reference.shape]
    local code = shape.error and shape.error.code or reference.shape
    page:entry("  ", code, description(shape.documentation or reference.documentation))
  end
end

local function add_paginator(page, model, name, method)
  local paginator = model.paginators and model.paginators[name]
  if not paginator then return end
  local keys = paginator.result_key
  page:heading("Pages")
  page:text(("for item in %s:each(%q, params) do … end"):format(variable(model.service), method))
  page:text("gives the items of " .. (type(keys) == "table" and table.concat(keys, ", ") or keys), "    ")
end

local function waiters_of(model, name)
  local list = {}
  for waiter, definition in pairs(model.waiters or {}) do
    if definition.operation == name then
      list[#list + 1] = { name = names.snake_case(waiter), definition = definition }
    end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

local function add_waiters(page, model, name)
  local waiters = waiters_of(model, name)
  if #waiters == 0 then return end
  page:heading("Waiters")
  for _, waiter in ipairs(waiters) do
    page:entry("  ", ("%s:wait(%q, params)"):format(variable(model.service), waiter.name),
      (": every %d s, at most %d times"):format(waiter.definition.delay, waiter.definition.maxAttempts))
  end
end

local function source(model)
  local metadata = model.metadata
  return ("%s, version %s, in the protocol %s; %s"):format(metadata.serviceFullName or model.service,
    metadata.apiVersion, protocol.name(model), model.source)
end

local function summary(model, text)
  local found = prose.summary(text)
  if found ~= "" then return found end
  return model.bundled and "(A bundle's models hold no descriptions; a checkout's do.)" or "(not described)"
end

local function operation_page(page, model, name)
  local operation, method = model.operations[name], names.snake_case(name)
  page:title(signature(model, operation, method))
  page:text(summary(model, operation.documentation))
  if operation.deprecated then page:text("Deprecated. " .. (operation.deprecatedMessage or "")) end
  add_structure(page, model, "Parameters", operation.input)
  add_structure(page, model, "Output", operation.output)
  add_errors(page, model, operation)
  add_paginator(page, model, name, method)
  add_waiters(page, model, name)
  page:heading("Source")
  page:text(source(model))
end

-- ---- lists ----

local function methods(model)
  local list = {}
  for name in pairs(model.operations) do list[#list + 1] = name end
  table.sort(list, function(a, b) return names.snake_case(a) < names.snake_case(b) end)
  return list
end

local function service_page(page, model)
  local full = model.metadata.serviceFullName or model.service
  page:entry("", full, description(model.documentation))
  page:heading("Operations")
  for _, name in ipairs(methods(model)) do
    page:entry("  ", names.snake_case(name), description(model.operations[name].documentation))
  end
  page:heading("Source")
  page:text(source(model))
end

local function services_page(page, known)
  page:title("Services")
  local text = #known > 0 and table.concat(known, " ") or "none: no service model is here"
  for _, line in ipairs(prose.wrap(text, WIDTH - 2, "")) do page:text(line) end
end

-- The name of an operation that is given in boto3's spelling or AWS's.
local function find_operation(model, given)
  if model.operations[given] then return given end
  local known = {}
  for name in pairs(model.operations) do
    local method = names.snake_case(name)
    if method == given then return name end
    known[#known + 1] = method
  end
  return nil, ("%s has no operation %q%s"):format(model.service, given, nearest.suggest(given, known))
end

--- A page: of an operation, of a service with its operations, or of all services.
-- @tparam[opt] string service boto3's name, such as `ec2`
-- @tparam[opt] string operation such as `describe_instances` or `DescribeInstances`
-- @tparam[opt] table options `colour` (boolean), `getenv` (as `os.getenv`)
-- @treturn ?string the text
-- @treturn ?string what is wrong, with the nearest names
function M.page(service, operation, options)
  options = options or {}
  local page = new_page(options.colour)
  if not service then
    services_page(page, models.services(options.getenv))
    return page:finish()
  end
  local model, message = models.load(service, options.getenv)
  if not model then return nil, message end
  if not operation then
    service_page(page, model)
    return page:finish()
  end
  local name
  name, message = find_operation(model, operation)
  if not name then return nil, message end
  operation_page(page, model, name)
  return page:finish()
end

--- Prints a page, in colour on a terminal; names that are unknown are the caller's mistake.
-- @tparam[opt] string service
-- @tparam[opt] string operation
function M.print(service, operation)
  local colour = terminal.has_colours(STDOUT)
  local text, message = M.page(service, operation, { colour = colour })
  if not text then error("aws.help: " .. message, 3) end
  io.stdout:write(text)
end

return M
