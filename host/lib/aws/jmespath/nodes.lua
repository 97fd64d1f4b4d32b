--- The parts of a compiled JMESPath expression: each makes a function from a value to a value.
-- @module aws.jmespath.nodes

local json = require "json"
local value = require "aws.jmespath.value"

local is_null, is_true, is_array, is_object = value.is_null, value.is_true, value.is_array, value.is_object
local or_null = value.or_null

local M = {}

function M.identity(current)
  return current
end

function M.literal(constant)
  return function()
    return constant
  end
end

-- An array has no names, so it needs no question.
function M.field(name)
  return function(current)
    if type(current) == "table" then
      return current[name]
    end
  end
end

-- Counts from 0, or with -1 from the end. An object has no first element and none before it.
function M.index(number)
  return function(current)
    if type(current) ~= "table" then
      return nil
    end
    return current[number >= 0 and number + 1 or #current + number + 1]
  end
end

-- A bound of a slice as a place from 0, or one step outside.
local function bound(given, length, step, default)
  if not given then
    return default
  end
  if given < 0 then
    given = given + length
  end
  local lowest, highest = 0, length
  if step < 0 then
    lowest, highest = -1, length - 1
  end
  return math.max(lowest, math.min(highest, given))
end

--- Source: the specification's "Slices", which are Python's.
function M.slice(start, stop, step)
  return function(current)
    if not is_array(current) then
      return nil
    end
    local length = #current
    local first = bound(start, length, step, step > 0 and 0 or length - 1)
    local outside = bound(stop, length, step, step > 0 and length or -1)
    local taken = json.array()
    for place = first, outside - (step > 0 and 1 or -1), step do
      taken[#taken + 1] = current[place + 1]
    end
    return taken
  end
end

function M.chain(left, right)
  return function(current)
    return right(left(current))
  end
end

local function project_into(results, element, right)
  local result = right(element)
  if not is_null(result) then
    results[#results + 1] = result
  end
end

function M.projection(left, right)
  return function(current)
    local base = left(current)
    if not is_array(base) then
      return nil
    end
    local results = json.array()
    for place = 1, #base do
      project_into(results, base[place], right)
    end
    return results
  end
end

function M.value_projection(left, right)
  return function(current)
    local base = left(current)
    if not is_object(base) then
      return nil
    end
    local results = json.array()
    for _, name in ipairs(value.sorted_names(base)) do
      project_into(results, base[name], right)
    end
    return results
  end
end

function M.filter(left, condition, right)
  return function(current)
    local base = left(current)
    if not is_array(base) then
      return nil
    end
    local results = json.array()
    for place = 1, #base do
      if is_true(condition(base[place])) then
        project_into(results, base[place], right)
      end
    end
    return results
  end
end

function M.flatten(inner)
  return function(current)
    local base = inner(current)
    if not is_array(base) then
      return nil
    end
    local merged = json.array()
    for place = 1, #base do
      local element = base[place]
      if is_array(element) then
        for inner_place = 1, #element do
          merged[#merged + 1] = element[inner_place]
        end
      else
        merged[#merged + 1] = element
      end
    end
    return merged
  end
end

function M.multi_select_list(expressions)
  return function(current)
    if is_null(current) then
      return nil
    end
    local list = json.array()
    for place, expression in ipairs(expressions) do
      list[place] = or_null(expression(current))
    end
    return list
  end
end

--- @tparam {{name=string,expression=function},...} pairs
function M.multi_select_hash(pairs)
  return function(current)
    if is_null(current) then
      return nil
    end
    local object = {}
    for _, pair in ipairs(pairs) do
      object[pair.name] = or_null(pair.expression(current))
    end
    return object
  end
end

M["or"] = function(left, right)
  return function(current)
    local result = left(current)
    if is_true(result) then
      return result
    end
    return right(current)
  end
end

M["and"] = function(left, right)
  return function(current)
    local result = left(current)
    if is_true(result) then
      return right(current)
    end
    return result
  end
end

M["not"] = function(inner)
  return function(current)
    return not is_true(inner(current))
  end
end

function M.eq(left, right)
  return function(current)
    return value.equals(left(current), right(current))
  end
end

function M.ne(left, right)
  return function(current)
    return not value.equals(left(current), right(current))
  end
end

-- Two numbers have an order; two strings have that of their code points, which the specification does not
-- have but botocore's users expect. Others have none.
local function ordering(is_so)
  return function(left, right)
    return function(current)
      local a, b = left(current), right(current)
      local kind = type(a)
      if kind == type(b) and (kind == "number" or kind == "string") then
        return is_so(a, b)
      end
    end
  end
end

M.lt = ordering(function(a, b) return a < b end)
M.lte = ordering(function(a, b) return a <= b end)
M.gt = ordering(function(a, b) return a > b end)
M.gte = ordering(function(a, b) return a >= b end)

return M
