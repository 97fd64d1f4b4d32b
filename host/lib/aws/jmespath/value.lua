--- What JMESPath knows of a value: its type, whether it is true, whether two are equal.
--
-- A null is nil or `json.null`. A table is an array if it is marked as one (`json.array`) or has a first
-- element, else it is an object; so an empty table without the mark is an object. A Lua function is an
-- expression reference.
-- @module aws.jmespath.value

local json = require "json"

local M = {}

local null, is_marked = json.null, json.is_array

function M.is_null(value)
  return value == nil or value == null
end

--- A value that can stand in a table.
function M.or_null(value)
  if value == nil then
    return null
  end
  return value
end

function M.is_array(value)
  return type(value) == "table" and (value[1] ~= nil or is_marked(value))
end

function M.is_object(value)
  return type(value) == "table" and value[1] == nil and not is_marked(value)
end

local names = {
  ["nil"] = "null", userdata = "null", boolean = "boolean", number = "number", string = "string",
  ["function"] = "expref",
}

--- The name of a value's type, as the specification has it.
function M.type(value)
  if M.is_array(value) then
    return "array"
  end
  return names[type(value)] or "object"
end

--- Whether a value is true: all are but null, false, and empty strings, arrays and objects.
function M.is_true(value)
  if M.is_null(value) or value == false or value == "" then
    return false
  end
  return type(value) ~= "table" or next(value) ~= nil
end

local function has_members_of(a, b)
  for name, member in pairs(b) do
    if a[name] == nil or not M.equals(a[name], member) then
      return false
    end
  end
  return true
end

--- Whether two values are the same JSON.
function M.equals(a, b)
  if a == b or (M.is_null(a) and M.is_null(b)) then
    return true
  end
  if type(a) ~= "table" or type(b) ~= "table" or M.is_array(a) ~= M.is_array(b) then
    return false
  end
  return has_members_of(a, b) and has_members_of(b, a)
end

--- The names of an object's members in order, so that one expression has one result.
function M.sorted_names(object)
  local sorted = {}
  for name in pairs(object) do
    sorted[#sorted + 1] = name
  end
  table.sort(sorted)
  return sorted
end

local Failure = {}

--- Ends a search, which answers with nil and the message.
-- @tparam string kind the specification's name of the error
-- @tparam string message
-- @tparam number column in the expression, from 1
function M.fail(kind, message, column)
  error(setmetatable({ message = ("%s: %s (column %d)"):format(kind, message, column) }, Failure), 0)
end

--- Calls a function that may fail.
-- @treturn value what it returns, or nil
-- @treturn ?string the message of its failure; any other error is raised again
function M.catch(f, argument)
  local ok, result = pcall(f, argument)
  if ok then
    return result
  end
  if getmetatable(result) == Failure then
    return nil, result.message
  end
  if type(result) == "string" and result:find("stack overflow", 1, true) then
    return nil, "the expression or the data is nested too deeply"
  end
  error(result, 0)
end

return M
