--- Compiles a JMESPath expression, by operator precedence.
--
-- Source: the grammar of the JMESPath specification; where it leaves a precedence open, that of the
-- implementation that botocore uses.
-- @module aws.jmespath.parser

local functions = require "lazy" "aws.jmespath.functions"
local lexer = require "aws.jmespath.lexer"
local nodes = require "aws.jmespath.nodes"
local value = require "aws.jmespath.value"

local M = {}

-- How strongly what follows an operand binds it. What binds less than 10 ends a projection.
local power = {
  pipe = 1, ["or"] = 2, ["and"] = 3,
  eq = 5, ne = 5, lt = 5, lte = 5, gt = 5, gte = 5,
  flatten = 9, star = 20, filter = 21, dot = 40, ["not"] = 45, lbracket = 55,
}
local PROJECTION_STOP = 10

local Parser = {}
Parser.__index = Parser

function Parser:peek(ahead)
  local token = self.tokens[self.position + (ahead or 0)]
  return token and token.type
end

function Parser:take()
  local token = self.tokens[self.position]
  self.position = self.position + 1
  return token
end

function Parser:unexpected(token)
  value.fail("syntax", "unexpected " .. token.text, token.column)
end

function Parser:expect(kind)
  local token = self:take()
  if token.type ~= kind then
    self:unexpected(token)
  end
  return token
end

-- Takes a token of this type if it is next.
function Parser:accept(kind)
  if self:peek() == kind then
    return self:take()
  end
end

local begin, continue = {}, {} -- by type of token: what an operand begins with, and what goes on with one

-- `least`: an operator that binds no stronger than this is left to the caller.
function Parser:expression(least)
  local token = self:take()
  local node = (begin[token.type] or self.unexpected)(self, token)
  while continue[self:peek()] and power[self:peek()] > least do
    node = continue[self:peek()](self, node, self:take())
  end
  return node
end

-- Operands

function begin.identifier(parser, token)
  if parser:accept("lparen") then
    return parser:call(token)
  end
  return nodes.field(token.value)
end

function begin.quoted_identifier(_, token)
  return nodes.field(token.value)
end

function begin.literal(_, token)
  return nodes.literal(token.value)
end

function begin.current()
  return nodes.identity
end

function begin.star(parser)
  return nodes.value_projection(nodes.identity, parser:projected(power.star))
end

function begin.lparen(parser)
  local node = parser:expression(0)
  parser:expect("rparen")
  return node
end

begin["not"] = function(parser)
  return nodes["not"](parser:expression(power["not"]))
end

function begin.lbrace(parser)
  return parser:multi_select_hash()
end

function begin.lbracket(parser)
  local following = parser:peek()
  local is_projection = following == "star" and parser:peek(1) == "rbracket"
  if following == "number" or following == "colon" or is_projection then
    return parser:bracket(nodes.identity)
  end
  return parser:multi_select_list()
end

function begin.filter(parser)
  return parser:filter(nodes.identity)
end

function begin.flatten(parser)
  return parser:flatten(nodes.identity)
end

-- What goes on with an operand

for _, operator in ipairs { "or", "and", "eq", "ne", "lt", "lte", "gt", "gte" } do
  continue[operator] = function(parser, left)
    return nodes[operator](left, parser:expression(power[operator]))
  end
end

function continue.pipe(parser, left)
  return nodes.chain(left, parser:expression(power.pipe))
end

function continue.dot(parser, left)
  if parser:accept("star") then
    return nodes.value_projection(left, parser:projected(power.dot))
  end
  return nodes.chain(left, parser:after_dot(power.dot))
end

function continue.lbracket(parser, left)
  return parser:bracket(left)
end

function continue.filter(parser, left)
  return parser:filter(left)
end

function continue.flatten(parser, left)
  return parser:flatten(left)
end

-- Parts of these

-- What a projection does with each element: all that follows, up to what ends the projection.
function Parser:projected(least)
  local following = self:peek()
  if (power[following] or 0) < PROJECTION_STOP then
    return nodes.identity
  end
  if following == "lbracket" or following == "filter" then
    return self:expression(least)
  end
  self:expect("dot")
  return self:after_dot(least)
end

local allowed_after_dot = { identifier = true, quoted_identifier = true, star = true }

function Parser:after_dot(least)
  if self:accept("lbracket") then
    return self:multi_select_list()
  end
  if self:accept("lbrace") then
    return self:multi_select_hash()
  end
  if not allowed_after_dot[self:peek()] then
    self:unexpected(self:take())
  end
  return self:expression(least)
end

function Parser:filter(left)
  local condition = self:expression(0)
  self:expect("rbracket")
  if self:peek() == "flatten" then
    return nodes.filter(left, condition, nodes.identity)
  end
  return nodes.filter(left, condition, self:projected(power.filter))
end

function Parser:flatten(left)
  return nodes.projection(nodes.flatten(left), self:projected(power.flatten))
end

-- [*], [number] or a slice, behind its first bracket
function Parser:bracket(left)
  if self:accept("star") then
    self:expect("rbracket")
    return nodes.projection(left, self:projected(power.star))
  end
  local start = self:accept("number")
  if start and self:accept("rbracket") then
    return nodes.chain(left, nodes.index(start.value))
  end
  local slice = nodes.chain(left, self:slice(start))
  return nodes.projection(slice, self:projected(power.star))
end

local function number_of(token)
  return token and token.value
end

-- A slice, behind its first number
function Parser:slice(start)
  self:expect("colon")
  local stop = self:accept("number")
  local step = self:accept("colon") and self:accept("number")
  self:expect("rbracket")
  if step and step.value == 0 then
    value.fail("invalid-value", "a slice cannot have a step of 0", step.column)
  end
  return nodes.slice(number_of(start), number_of(stop), number_of(step) or 1)
end

function Parser:multi_select_list()
  local expressions = {}
  repeat
    expressions[#expressions + 1] = self:expression(0)
  until not self:accept("comma")
  self:expect("rbracket")
  return nodes.multi_select_list(expressions)
end

function Parser:multi_select_hash()
  local pairs = {}
  repeat
    local name = self:accept("quoted_identifier") or self:expect("identifier")
    self:expect("colon")
    pairs[#pairs + 1] = { name = name.value, expression = self:expression(0) }
  until not self:accept("comma")
  self:expect("rbrace")
  return nodes.multi_select_hash(pairs)
end

-- An expression reference stands for itself; it is not evaluated before the function does it.
function Parser:argument()
  if self:accept("expref") then
    return nodes.literal(self:expression(0))
  end
  return self:expression(0)
end

-- A function's call, behind its first parenthesis
function Parser:call(name)
  local arguments = {}
  if not self:accept("rparen") then
    repeat
      arguments[#arguments + 1] = self:argument()
    until not self:accept("comma")
    self:expect("rparen")
  end
  return functions.call(name.value, arguments, name.column)
end

--- Compiles an expression; a failure is raised for `value.catch`.
-- @tparam string expression
-- @treturn function from a value to the value that the expression has for it
function M.compile(expression)
  local parser = setmetatable({ tokens = lexer.tokens(expression), position = 1 }, Parser)
  local node = parser:expression(0)
  parser:expect("end")
  return node
end

return M
