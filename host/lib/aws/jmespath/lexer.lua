--- Takes a JMESPath expression apart.
-- @module aws.jmespath.lexer

local json = require "json"
local value = require "aws.jmespath.value"

local M = {}

local operators = { -- of two characters, then of one
  ["||"] = "or", ["&&"] = "and", ["=="] = "eq", ["!="] = "ne", ["<="] = "lte", [">="] = "gte",
  ["[]"] = "flatten", ["[?"] = "filter",
  ["|"] = "pipe", ["&"] = "expref", ["!"] = "not", ["<"] = "lt", [">"] = "gt",
  ["["] = "lbracket", ["]"] = "rbracket", ["{"] = "lbrace", ["}"] = "rbrace",
  ["("] = "lparen", [")"] = "rparen",
  ["."] = "dot", ["*"] = "star", [","] = "comma", [":"] = "colon", ["@"] = "current",
}

-- What is between the delimiter at `start` and the next one that no backslash is before; and where that is.
local function delimited(expression, start)
  local delimiter = expression:sub(start, start)
  local position = start + 1
  while true do
    local found = expression:find("[\\" .. delimiter .. "]", position)
    if not found then
      value.fail("syntax", "no closing " .. delimiter, start)
    end
    if expression:sub(found, found) == delimiter then
      return expression:sub(start + 1, found - 1), found
    end
    position = found + 2
  end
end

local readers = {}

readers["'"] = function(expression, start)
  local text, last = delimited(expression, start)
  return "literal", text:gsub("\\'", "'"), last
end

readers['"'] = function(expression, start)
  local text, last = delimited(expression, start)
  local name = json.decode('"' .. text .. '"')
  if name == nil then
    value.fail("syntax", "not a JSON string", start)
  end
  return "quoted_identifier", name, last
end

-- JEP 12: a literal that is no JSON is a string that lacks its quotes; AWS's own expressions have some.
readers["`"] = function(expression, start)
  local text, last = delimited(expression, start)
  text = text:gsub("\\`", "`")
  local decoded = json.decode(text)
  if decoded == nil then
    decoded = json.decode('"' .. text:gsub("^%s+", "") .. '"')
  end
  if decoded == nil then
    value.fail("syntax", "not a JSON value", start)
  end
  return "literal", decoded, last
end

local function read_word(expression, start)
  local _, last = expression:find("^[%a_][%w_]*", start)
  if last then
    return "identifier", expression:sub(start, last), last
  end
  _, last = expression:find("^%-?%d+", start)
  if last then
    return "number", tonumber(expression:sub(start, last)), last
  end
end

local function read_operator(expression, start)
  for length = 2, 1, -1 do
    local operator = expression:sub(start, start + length - 1)
    if operators[operator] then
      return operators[operator], operator, start + #operator - 1
    end
  end
end

--- The tokens of an expression: `{ type, value, column, text }`. The last one is of type "end".
function M.tokens(expression)
  local tokens = {}
  local position = expression:find("[^ \t\r\n]")
  while position do
    local reader = readers[expression:sub(position, position)] or read_word
    local kind, content, last = reader(expression, position)
    if not kind then
      kind, content, last = read_operator(expression, position)
    end
    if not kind then
      value.fail("syntax", "unexpected " .. expression:sub(position, position), position)
    end
    local text = expression:sub(position, last)
    tokens[#tokens + 1] = { type = kind, value = content, column = position, text = text }
    position = expression:find("[^ \t\r\n]", last + 1)
  end
  tokens[#tokens + 1] = { type = "end", column = #expression + 1, text = "end of the expression" }
  return tokens
end

return M
