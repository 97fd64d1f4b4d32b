--- Parameters beside the shapes of an operation: what is missing, unknown, of the wrong type or out of
-- bounds, all at once and each with its path (`Filters[2].Values: expected a list, got a string`).
--
-- No value is in a message: it may be a secret.
-- @module aws.validate

local absent = require("aws.protocol.params").absent
local json = require "json"
local nearest = require "lazy" "nearest"
local timestamp = require "aws.protocol.timestamp"

local M = {}

local check

local function is_list(value)
  if type(value) ~= "table" then return false end
  local count = 0
  for key in pairs(value) do
    if type(key) ~= "number" then return false end
    count = count + 1
  end
  return count == #value
end

local function kind(value)
  if value == json.null then return "null" end
  local of = type(value)
  if of ~= "table" then return "a " .. of end
  return next(value) ~= nil and is_list(value) and "a list" or "a table"
end

local function report(state, path, text, ...)
  local where = path == "" and "" or path .. ": "
  state.problems[#state.problems + 1] = where .. text:format(...)
end

local function expected(state, path, what, value)
  report(state, path, "expected %s, got %s", what, kind(value))
end

-- Bounds of a length, or of a number where no unit is named.
local function check_bounds(state, path, shape, amount, unit)
  local suffix = unit and " " .. unit or ""
  if shape.min and amount < shape.min then
    report(state, path, "expected at least %s%s, got %s", shape.min, suffix, amount)
  elseif shape.max and amount > shape.max then
    report(state, path, "expected at most %s%s, got %s", shape.max, suffix, amount)
  end
end

local function characters(text)
  local _, continuation = text:gsub("[\128-\191]", "")
  return #text - continuation
end

local function check_required(state, path, shape, value)
  for _, name in ipairs(shape.required or {}) do
    if absent(value[name]) and not shape.members[name].idempotencyToken then
      report(state, path == "" and name or path .. "." .. name, "missing, but required")
    end
  end
end

local function check_member(state, path, shape, name, value)
  local member = shape.members[name]
  if member then return check(state, path == "" and name or path .. "." .. name, member, value) end
  local known = {}
  for candidate in pairs(shape.members) do known[#known + 1] = candidate end
  report(state, path == "" and tostring(name) or path .. "." .. tostring(name), "unknown member%s",
    nearest.suggest(tostring(name), known))
end

local function sorted_keys(value)
  local keys = {}
  for key, element in pairs(value) do
    if not absent(element) then keys[#keys + 1] = key end
  end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

local checks = {}

function checks.structure(state, path, shape, value)
  if type(value) ~= "table" or value == json.null or #value > 0 then
    return expected(state, path, "a table of members", value)
  end
  local keys = sorted_keys(value)
  check_required(state, path, shape, value)
  if shape.union and #keys ~= 1 then
    report(state, path, "expected exactly one member, got %d", #keys)
  end
  for _, name in ipairs(keys) do check_member(state, path, shape, name, value[name]) end
end

function checks.list(state, path, shape, value)
  if not is_list(value) then return expected(state, path, "a list", value) end
  check_bounds(state, path, shape, #value, "elements")
  for i, element in ipairs(value) do
    if not (shape.sparse and element == json.null) then
      check(state, ("%s[%d]"):format(path, i), shape.member, element)
    end
  end
end

function checks.map(state, path, shape, value)
  if type(value) ~= "table" or #value > 0 then return expected(state, path, "a map", value) end
  local keys = sorted_keys(value)
  check_bounds(state, path, shape, #keys, "entries")
  for _, key in ipairs(keys) do
    check(state, ("%s (the key %q)"):format(path, tostring(key)), shape.key, key)
    check(state, ("%s[%q]"):format(path, tostring(key)), shape.value, value[key])
  end
end

function checks.string(state, path, shape, value)
  if type(value) ~= "string" then return expected(state, path, "a string", value) end
  check_bounds(state, path, shape, characters(value), "characters")
end

function checks.blob(state, path, shape, value)
  if type(value) ~= "string" then return expected(state, path, "a string of bytes", value) end
  check_bounds(state, path, shape, #value, "bytes")
end

function checks.boolean(state, path, _, value)
  if type(value) ~= "boolean" then expected(state, path, "a boolean", value) end
end

function checks.integer(state, path, shape, value)
  if type(value) ~= "number" then return expected(state, path, "a whole number", value) end
  if value % 1 ~= 0 then return report(state, path, "expected a whole number, got a fraction") end
  check_bounds(state, path, shape, value)
end

function checks.float(state, path, shape, value)
  if type(value) ~= "number" then return expected(state, path, "a number", value) end
  check_bounds(state, path, shape, value)
end

function checks.timestamp(state, path, _, value)
  local seconds = timestamp.parse(value)
  if not seconds then return expected(state, path, "a time in seconds since 1970", value) end
  if seconds ~= seconds or math.abs(seconds) == math.huge then
    report(state, path, "expected a time in seconds since 1970, got no finite number")
  end
end

checks.character = checks.string
checks.long = checks.integer
checks.double = checks.float

-- `reference` names a shape and may say more about its use here.
function check(state, path, reference, value)
  local shape = state.shapes[reference.shape]
  if shape.document or reference.document or reference.jsonvalue then return end
  checks[shape.type](state, path, shape, value)
end

--- Checks the parameters of an operation.
-- @tparam table model
-- @tparam string operation AWS's name
-- @tparam table params
-- @treturn {string,...} the problems; empty where there are none
function M.problems(model, operation, params)
  local state = { shapes = model.shapes, problems = {} }
  local input = model.operations[operation].input
  if type(params) ~= "table" then
    expected(state, "", "a table of parameters", params)
  elseif input then
    check(state, "", input, params)
  elseif next(params) ~= nil then
    report(state, tostring(next(params)), "unknown member; the operation takes none")
  end
  return state.problems
end

return M
