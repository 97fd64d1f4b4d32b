--- The calls that a spec expects of AWS, and their answers. `spec_helper` puts them in AWS's place.
--
-- An expected call is what a line of a recording holds, or a table of the spec's own:
--
--     { service = "ec2", operation = "StopInstances", params = { InstanceIds = { "i-1" } }, output = {} }
--     { service = "ec2", operation = "StartInstances", error = { code = "Unsupported", status = 400 } }
--
-- Calls may come in any order: each takes the first expected call left that it fits. Without `params`
-- any will do; without `region`, or for a client that was given none, so will any region. What a spec
-- writes down is held against the service's model, output included.
-- @module aws.stub

local customizations = require "aws.customizations"
local error_of = require("aws.error").new
local json = require "json"
local models = require "aws.model"
local names = require "aws.names"
local nearest = require "nearest"
local show = require "repl.show"
local validate = require "aws.validate"

local M = {}

local FIELDS = { "service", "operation", "region", "params", "output", "error" }
local OF_RECORDINGS = { started = true, duration = true, attempts = true, request_id = true }
local ERROR_FIELDS = { "code", "message", "status", "request_id", "detail" }

-- What a recording has in place of a secret.
local REMOVED = "***"

local LISTED = 5 -- expected calls that a message names

-- ---- an expected call ----

local function check_fields(given, known, what, also)
  local is_known = {}
  for _, name in ipairs(known) do is_known[name] = true end
  for name in pairs(given) do
    if not is_known[name] and not (also and also[name]) then
      error(("%s: unknown field %q%s"):format(what, tostring(name),
        nearest.suggest(tostring(name), known)), 0)
    end
  end
end

local function model_of(call, what)
  if type(call.service) ~= "string" then error(what .. ": service is missing", 0) end
  local model, message = models.load(call.service)
  if not model then error(what .. ": " .. message, 0) end
  if model.operations[call.operation] then return model end
  local known = {}
  for name in pairs(model.operations) do known[#known + 1] = name end
  error(("%s: %s has no operation %q%s"):format(what, call.service, tostring(call.operation),
    nearest.suggest(tostring(call.operation), known)), 0)
end

-- A model in which an operation takes what it gives. AWS's answers do not keep to bounds, nor do they have
-- all that is required: a spec writes down what it needs.
local function inverted(model, operation)
  local shapes = setmetatable({}, {
    __index = function(_, name)
      local loose = {}
      for field, value in pairs(model.shapes[name]) do loose[field] = value end
      loose.required, loose.min, loose.max, loose.union = nil, nil, nil, nil
      loose.document = loose.document or loose.eventstream
      return loose
    end,
  })
  return { shapes = shapes, operations = { [operation] = { input = model.operations[operation].output } } }
end

local function check_fit(model, operation, value, what)
  local problems = validate.problems(model, operation, value)
  if #problems == 0 then return end
  error(("%s: does not fit the model:\n  %s"):format(what, table.concat(problems, "\n  ")), 0)
end

local function check(call, what)
  if type(call) ~= "table" then error(what .. ": expected a table, got a " .. type(call), 0) end
  check_fields(call, FIELDS, what, OF_RECORDINGS)
  local model = model_of(call, what)
  if (call.output == nil) == (call.error == nil) then
    error(what .. ": expected an output or an error, and not both", 0)
  end
  if call.error and type(call.error.code) ~= "string" then error(what .. ": error.code is missing", 0) end
  if call.error then check_fields(call.error, ERROR_FIELDS, what .. ": error") end
  return model
end

local function name_of(service, operation)
  return service .. "." .. names.snake_case(operation)
end

-- Parameters may be written as the caller gives them, or as they are sent.
local function forms(model, call)
  if call.params == nil then return nil end
  return { call.params, (customizations.params(model, call.operation, call.params)) }
end

local function expectation(call, what, recorded)
  local model = check(call, what)
  local params = forms(model, call)
  if not recorded then
    local full = what .. ": " .. name_of(call.service, call.operation)
    if params then check_fit(model, call.operation, params[2], full .. ": params") end
    if call.output then
      check_fit(inverted(model, call.operation), call.operation, call.output, full .. ": output")
    end
  end
  return { call = call, params = params, recorded = recorded, what = what }
end

-- ---- comparing ----

local function keys_of(a, b)
  local keys, seen = {}, {}
  for _, map in ipairs { a, b } do
    for key in pairs(map) do
      if not seen[key] then keys[#keys + 1] = key end
      seen[key] = true
    end
  end
  table.sort(keys, function(x, y) return tostring(x) < tostring(y) end)
  return keys
end

local function shown(value)
  return value == nil and "nothing" or show.value(value, 2)
end

local function below(path, key)
  if type(key) == "number" then return ("%s[%d]"):format(path, key) end
  return path == "" and tostring(key) or path .. "." .. tostring(key)
end

-- The first difference in words; nil where there is none.
local function difference(expected, actual, path, recorded)
  if expected == json.null then expected = nil end
  if actual == json.null then actual = nil end
  if expected == actual or recorded and expected == REMOVED and actual ~= nil then return nil end
  if type(expected) ~= "table" or type(actual) ~= "table" then
    return ("%s: expected %s, got %s"):format(path == "" and "params" or path, shown(expected), shown(actual))
  end
  for _, key in ipairs(keys_of(expected, actual)) do
    local found = difference(expected[key], actual[key], below(path, key), recorded)
    if found then return found end
  end
end

local function params_difference(expected, params)
  if not expected.params then return nil end
  local first
  for _, form in ipairs(expected.params) do
    local found = difference(form, params, "", expected.recorded)
    if not found then return nil end
    first = first or found
  end
  return first
end

-- ---- the stub ----

local Stub = {}
Stub.__index = Stub

local function copy(value)
  if type(value) ~= "table" then return value end
  local new = {}
  for key, element in pairs(value) do new[key] = copy(element) end
  return setmetatable(new, getmetatable(value))
end

local function is_of(expected, call)
  local wanted = expected.call
  return wanted.service == call.service and wanted.operation == call.operation
    and (not wanted.region or not call.region or wanted.region == call.region)
end

local function in_words(call)
  local params = call.params and " " .. show.value(call.params) or ""
  return name_of(call.service, call.operation) .. params .. (call.region and " in " .. call.region or "")
end

local function explain(self, call)
  local lines, others, came = { "unexpected call: " .. in_words(call) }, {}, 0
  for _, expected in ipairs(self.expected) do
    if is_of(expected, call) and expected.came then
      came = came + 1
    elseif is_of(expected, call) then
      lines[#lines + 1] = expected.what .. " differs: " .. params_difference(expected, call.params)
    elseif not expected.came then
      others[#others + 1] = "still expected: " .. expected.what .. ": " .. in_words(expected.call)
    end
  end
  if came > 0 then lines[#lines + 1] = ("calls of it that came as expected: %d"):format(came) end
  if #lines == 1 then lines[2] = "no call of it is expected" end
  for i = 1, math.min(#others, LISTED) do lines[#lines + 1] = others[i] end
  if #others > LISTED then lines[#lines + 1] = ("and %d more"):format(#others - LISTED) end
  return table.concat(lines, "\n  ")
end

local function take(self, call)
  for _, expected in ipairs(self.expected) do
    if not expected.came and is_of(expected, call) and not params_difference(expected, call.params) then
      expected.came = true
      return expected.call
    end
  end
end

--- Notes what must not happen, and raises it.
-- @tparam string text
function Stub:refuse(text)
  self.refused[#self.refused + 1] = text
  error("aws.stub: " .. text, 0)
end

--- Answers a call; raises where it is not expected.
-- @tparam table call `{ service, operation, params, region }`; its parameters have been checked
-- @treturn ?table the output, the caller's own
-- @treturn ?aws.error
-- @treturn number the status
function Stub:answer(call)
  self.calls[#self.calls + 1] = copy(call)
  local expected = take(self, call)
  if not expected then self:refuse(explain(self, call)) end
  if expected.output then return copy(expected.output), nil, 200 end
  local err = copy(expected.error)
  err.service, err.operation = call.service, call.operation
  return nil, error_of(err), err.status
end

--- Expects more calls.
-- @tparam {table,...} calls
-- @tparam[opt] string file the recording that they are from
function Stub:expect(calls, file)
  for i, call in ipairs(calls) do
    local what = file and ("%s:%d"):format(file, i) or ("expected call %d"):format(#self.expected + 1)
    self.expected[#self.expected + 1] = expectation(call, what, file ~= nil)
  end
end

--- What went wrong: calls that nobody expected, and expected ones that never came.
-- @treturn {string,...} empty when all is well
function Stub:problems()
  local list = {}
  for _, text in ipairs(self.refused) do list[#list + 1] = text end
  for _, expected in ipairs(self.expected) do
    if not expected.came then
      list[#list + 1] = expected.what .. " never came: " .. in_words(expected.call)
    end
  end
  return list
end

--- Makes a stub that expects nothing yet. Its `calls` are those that have come, in their order.
-- @treturn stub
function M.new()
  return setmetatable({ expected = {}, calls = {}, refused = {} }, Stub)
end

--- Reads a recording: a call a line, in JSON.
-- @tparam string path
-- @treturn {table,...} the calls; raises where the file is no recording
function M.read(path)
  local file, message = io.open(path, "rb")
  if not file then error(message, 0) end
  local calls = {}
  for line in file:lines() do
    local call, problem = json.decode(line)
    if type(call) ~= "table" then
      file:close()
      error(("%s:%d: no recorded call: %s"):format(path, #calls + 1, problem or "not a JSON object"), 0)
    end
    calls[#calls + 1] = call
  end
  file:close()
  return calls
end

return M
