--- The functions that a JMESPath expression can call.
-- @module aws.jmespath.functions

local json = require "json"
local value = require "aws.jmespath.value"

local is_null, or_null = value.is_null, value.or_null

local M = {}

local known = {}

local function set_of(alternatives)
  local set = {}
  for name in alternatives:gmatch("%a+") do
    set[name] = true
  end
  return set
end

-- A parameter is written as the types that it may have ("string|array"). Elements that an array shall have
-- are in brackets, and are of one type then.
local function parameter_of(text)
  local elements = text:match("%[(.*)%]")
  return {
    text = text,
    types = set_of(text:match("^[%a|]+")),
    elements = elements and set_of(elements),
  }
end

-- `f` returns the result, or nil and what is wrong with the arguments. A last parameter of "..." stands for
-- any number more of the one before it.
local function define(name, parameters, f)
  local is_variadic = parameters[#parameters] == "..."
  local count = is_variadic and #parameters - 1 or #parameters
  local parsed = {}
  for place = 1, count do
    parsed[place] = parameter_of(parameters[place])
  end
  known[name] = { apply = f, parameters = parsed, is_variadic = is_variadic }
end

-- Numbers

define("abs", { "number" }, math.abs)

define("ceil", { "number" }, function(number)
  return math.ceil(number) + 0 -- makes 0 of -0
end)

define("floor", { "number" }, math.floor)

local function sum(numbers)
  local total = 0
  for _, number in ipairs(numbers) do
    total = total + number
  end
  return total
end

define("sum", { "array[number]" }, sum)

define("avg", { "array[number]" }, function(numbers)
  if #numbers > 0 then
    return sum(numbers) / #numbers
  end
end)

-- Strings

local CHARACTER = "[^\128-\191][\128-\191]*" -- of UTF-8

define("starts_with", { "string", "string" }, function(text, prefix)
  return text:sub(1, #prefix) == prefix
end)

define("ends_with", { "string", "string" }, function(text, suffix)
  return #suffix <= #text and text:sub(#text - #suffix + 1) == suffix
end)

define("join", { "string", "array[string]" }, function(separator, strings)
  return table.concat(strings, separator)
end)

-- Strings and arrays

define("contains", { "array|string", "any" }, function(subject, wanted)
  if type(subject) == "string" then
    return type(wanted) == "string" and subject:find(wanted, 1, true) ~= nil
  end
  for place = 1, #subject do
    if value.equals(subject[place], wanted) then
      return true
    end
  end
  return false
end)

define("length", { "string|array|object" }, function(subject)
  if type(subject) == "string" then
    return (select(2, subject:gsub(CHARACTER, "")))
  end
  if value.is_array(subject) then
    return #subject
  end
  return #value.sorted_names(subject)
end)

local function reversed(list)
  local result = json.array()
  for place = #list, 1, -1 do
    result[#result + 1] = list[place]
  end
  return result
end

define("reverse", { "string|array" }, function(subject)
  if type(subject) ~= "string" then
    return reversed(subject)
  end
  local characters = {}
  for character in subject:gmatch(CHARACTER) do
    characters[#characters + 1] = character
  end
  return table.concat(reversed(characters))
end)

-- Order: strings have that of their code points, which is that of UTF-8's bytes

local function is_less(a, b)
  return a < b
end

local function is_greater(a, b)
  return a > b
end

-- The first element whose key no other is before.
local function first_by(list, keys, is_before)
  local best
  for place = 1, #list do
    if not best or is_before(keys[place], keys[best]) then
      best = place
    end
  end
  return best and list[best]
end

local function least(list, keys)
  return first_by(list, keys, is_less)
end

local function greatest(list, keys)
  return first_by(list, keys, is_greater)
end

-- table.sort is not stable: between equal keys the places decide.
local function sorted(list, keys)
  local places, result = {}, json.array()
  for place = 1, #list do
    places[place] = place
  end
  table.sort(places, function(a, b)
    if keys[a] == keys[b] then
      return a < b
    end
    return keys[a] < keys[b]
  end)
  for index, place in ipairs(places) do
    result[index] = list[place]
  end
  return result
end

-- The elements are their own keys.
local function by_element(order)
  return function(list)
    return order(list, list)
  end
end

-- The expression's values for the elements are the keys, and have to be all numbers or all strings.
local function by_expression(order)
  return function(list, expression)
    local keys, first = {}, nil
    for place = 1, #list do
      local key = expression(list[place])
      local kind = value.type(key)
      first = first or kind
      if kind ~= first or (kind ~= "number" and kind ~= "string") then
        return nil, "expected only numbers or only strings to order by, got " .. kind
      end
      keys[place] = key
    end
    return order(list, keys)
  end
end

define("min", { "array[number|string]" }, by_element(least))
define("max", { "array[number|string]" }, by_element(greatest))
define("sort", { "array[number|string]" }, by_element(sorted))
define("min_by", { "array", "expref" }, by_expression(least))
define("max_by", { "array", "expref" }, by_expression(greatest))
define("sort_by", { "array", "expref" }, by_expression(sorted))

-- Arrays and objects

define("map", { "expref", "array" }, function(expression, list)
  local results = json.array()
  for place = 1, #list do
    results[place] = or_null(expression(list[place]))
  end
  return results
end)

define("keys", { "object" }, function(object)
  return json.array(value.sorted_names(object))
end)

define("values", { "object" }, function(object)
  local members = json.array()
  for place, name in ipairs(value.sorted_names(object)) do
    members[place] = object[name]
  end
  return members
end)

define("merge", { "object", "..." }, function(...)
  local merged = {}
  for place = 1, select("#", ...) do
    for name, member in pairs((select(place, ...))) do
      merged[name] = member
    end
  end
  return merged
end)

-- Any value

define("not_null", { "any", "..." }, function(...)
  for place = 1, select("#", ...) do
    local argument = select(place, ...)
    if not is_null(argument) then
      return argument
    end
  end
end)

define("type", { "any" }, value.type)

define("to_array", { "any" }, function(any)
  if value.is_array(any) then
    return any
  end
  return json.array { or_null(any) }
end)

define("to_string", { "any" }, function(any)
  if type(any) == "string" then
    return any
  end
  return json.encode(or_null(any))
end)

-- RFC 8259, section 6
local function is_json_number(text)
  local rest = text:match("^%-?0(.*)$") or text:match("^%-?[1-9]%d*(.*)$")
  rest = rest and (rest:match("^%.%d+(.*)$") or rest)
  return rest == "" or (rest and rest:find("^[eE][+-]?%d+$") ~= nil)
end

define("to_number", { "any" }, function(any)
  if type(any) == "number" then
    return any
  end
  if type(any) == "string" and is_json_number(any) then
    return tonumber(any)
  end
end)

-- What is wrong with the elements of an array, or nil.
local function element_problem(list, allowed)
  local first = value.type(list[1])
  for place = 1, #list do
    local kind = value.type(list[place])
    if not allowed[kind] or kind ~= first then
      return kind
    end
  end
end

local function argument_problem(argument, parameter)
  local kind = value.type(argument)
  if kind == "expref" and not parameter.types.expref then
    return "an expression"
  end
  if not parameter.types[kind] and not parameter.types.any then
    return kind
  end
  local problem = parameter.elements and element_problem(argument, parameter.elements)
  return problem and "an array with " .. problem
end

local function check_arity(name, definition, count, column)
  local expected = #definition.parameters
  if count == expected or (definition.is_variadic and count > expected) then
    return
  end
  local message = definition.is_variadic and "%s(): expected at least %d arguments, got %d"
    or "%s(): expected %d arguments, got %d"
  value.fail("invalid-arity", message:format(name, expected, count), column)
end

--- Compiles the call of a function.
-- @tparam string name
-- @tparam {function,...} arguments compiled
-- @tparam number column of the name in the expression
-- @treturn function from a value to the function's
function M.call(name, arguments, column)
  local definition = known[name]
  if not definition then
    value.fail("unknown-function", name .. "()", column)
  end
  local count = #arguments
  check_arity(name, definition, count, column)

  local function fail(problem)
    value.fail("invalid-type", name .. "(): " .. problem, column)
  end

  local parameters, apply = definition.parameters, definition.apply
  return function(current)
    local evaluated = {}
    for place = 1, count do
      local parameter = parameters[math.min(place, #parameters)]
      local argument = arguments[place](current)
      local problem = argument_problem(argument, parameter)
      if problem then
        fail(("argument %d: expected %s, got %s"):format(place, parameter.text, problem))
      end
      evaluated[place] = argument
    end
    local result, problem = apply(unpack(evaluated, 1, count))
    if problem then
      fail(problem)
    end
    return result
  end
end

return M
