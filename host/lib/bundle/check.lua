--- Whether a function declares what its code visibly calls.
-- @module bundle.check

local names = require "aws.names"
local nearest = require "nearest"
local scan = require "bundle.scan"

local M = {}

-- Methods of a client that are no operations; the value says what their first argument names.
local CLIENT_METHODS = { pages = "operation", each = "operation", wait = "waiter" }

local function sorted_names(map)
  local list = {}
  for name in pairs(map) do list[#list + 1] = name end
  table.sort(list)
  return list
end

-- A service as a key of `aws` in requirements.lua.
local function field(service)
  return service:find("^[%a_][%w_]*$") and service or ('["%s"]'):format(service)
end

--- Loads the models of the declared services and checks the operations' names.
-- @tparam {[string]={string,...}} declared service → operations
-- @tparam function load service → model | nil, message
-- @tparam string shown the declaration's file, for messages
-- @treturn {[string]=table} service → whole model
-- @treturn {string,...} what is wrong, a line each
function M.models(declared, load, shown)
  local models, messages = {}, {}
  for _, service in ipairs(sorted_names(declared)) do
    local model, message = load(service)
    models[service] = model
    if not model then messages[#messages + 1] = ("%s: %s"):format(shown, message) end
    for _, operation in ipairs(model and declared[service] or {}) do
      if not model.operations[operation] then
        messages[#messages + 1] = ("%s: %s has no operation %q%s"):format(
          shown, service, operation, nearest.suggest(operation, sorted_names(model.operations)))
      end
    end
  end
  return models, messages
end

-- By boto3's spelling: operations → their names, waiters → the operation they poll.
local function index(model)
  local operations, waiters = {}, {}
  for name in pairs(model.operations) do operations[names.snake_case(name)] = name end
  for name, waiter in pairs(model.waiters or {}) do waiters[names.snake_case(name)] = waiter.operation end
  return { operation = operations, waiter = waiters }
end

local Checker = {}
Checker.__index = Checker

function Checker:complain(entry, line, format, ...)
  self.messages[#self.messages + 1] = ("%s:%d: "):format(entry.shown, line) .. format:format(...)
end

function Checker:require_operation(entry, call, service, operation)
  if self.declared[service][operation] then return end
  self:complain(entry, call.line, "%s:%s calls an operation that is not declared: add %q to aws.%s in %s",
    call.receiver, call.method, operation, field(service), self.shown)
end

-- What a call names, were its receiver a client: the kind, and the name or nil when that is no literal.
local function named(call)
  local kind = CLIENT_METHODS[call.method]
  if kind then return kind, call.argument end
  return "operation", call.method
end

-- A method call on what is surely a client.
function Checker:client_call(entry, call)
  local kind, name = named(call)
  if not name then return end
  local known = self.known[call.service][kind]
  if known[name] then return self:require_operation(entry, call, call.service, known[name]) end
  self:complain(entry, call.line, "%s has no %s %q%s",
    call.service, kind, name, nearest.suggest(name, sorted_names(known)))
end

-- A method call on anything else. A name of several words that is an operation of a declared service, and
-- that the function itself gives to nothing, can only be that operation.
function Checker:other_call(entry, call)
  local kind, name = named(call)
  if not name or not name:find("_", 1, true) or self.defined[name] then return end
  local service, operation
  for _, candidate in ipairs(sorted_names(self.known)) do
    local match = self.known[candidate][kind][name]
    if match and self.declared[candidate][match] then return end
    if match and not operation then service, operation = candidate, match end
  end
  if operation then self:require_operation(entry, call, service, operation) end
end

--- Checks the calls in Lua sources that are free of syntax errors.
-- @tparam {table,...} entries `{ path, bytes, shown }`; other files than `*.lua` are passed over
-- @tparam {[string]={string,...}} declared service → operations
-- @tparam {[string]=table} models service → whole model, for each declared service
-- @tparam string shown the declaration's file, for messages
-- @treturn {string,...} what is wrong, a line each, with file and line
function M.calls(entries, declared, models, shown)
  local checker = setmetatable({
    declared = {},  -- service → set of operations
    known = {},     -- service → its index
    defined = {},   -- set of the names that the sources give
    shown = shown,
    messages = {},
  }, Checker)
  for service, operations in pairs(declared) do
    checker.known[service] = index(models[service])
    checker.declared[service] = {}
    for _, operation in ipairs(operations) do checker.declared[service][operation] = true end
  end

  local scanned = {}
  for _, entry in ipairs(entries) do
    if entry.path:find("%.lua$") then
      local found = scan.file(entry.bytes)
      scanned[#scanned + 1] = { entry = entry, found = found }
      for name in pairs(found.defined) do checker.defined[name] = true end
    end
  end

  for _, file in ipairs(scanned) do
    for _, client in ipairs(file.found.clients) do
      if not declared[client.service] then
        checker:complain(file.entry, client.line, "service %q is not declared: add %s = { … } to aws in %s",
          client.service, field(client.service), shown)
      end
    end
    for _, call in ipairs(file.found.calls) do
      if not call.service then
        checker:other_call(file.entry, call)
      elseif declared[call.service] then
        checker:client_call(file.entry, call)
      end
    end
  end
  return checker.messages
end

return M
