--- JMESPath: finds and reshapes what is in a JSON value.
--
-- The whole language of the specification (jmespath.org). Where that leaves something open, it is as the
-- implementation that botocore uses has it, with two exceptions: members of an object come in the order of
-- their names, and the functions are known, and their arguments counted, before anything is evaluated.
--
-- A null is nil or `json.null`, an array a table that `json.array` has marked or that has a first element.
-- @module aws.jmespath

local parser = require "aws.jmespath.parser"
local value = require "aws.jmespath.value"

local M = {}

local MAX_KEPT = 256

local kept, kept_count = {}, 0 -- compiled expressions

local function compiled(expression)
  if kept[expression] then
    return kept[expression]
  end
  local evaluate, message = value.catch(parser.compile, expression)
  if not evaluate then
    return nil, message
  end
  if kept_count >= MAX_KEPT then
    kept, kept_count = {}, 0
  end
  kept[expression] = evaluate
  kept_count = kept_count + 1
  return evaluate
end

--- Evaluates an expression.
-- @tparam string expression
-- @param data the value, as `json.decode` or an AWS call returns it
-- @return the value that the expression has: nil or `json.null` for null. It may share tables with the data
--  and with the expression's literals, so it is for reading.
-- @treturn ?string what is wrong: "syntax: …", "unknown-function: …", "invalid-arity: …", "invalid-type: …"
--  or "invalid-value: …", with the column in the expression
function M.search(expression, data)
  if type(expression) ~= "string" then
    error("expression: expected a string, got " .. type(expression), 2)
  end
  local evaluate, message = compiled(expression)
  if not evaluate then
    return nil, message
  end
  return value.catch(evaluate, data)
end

return M
