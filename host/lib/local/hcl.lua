--- Reads what a Terraform file says in plain values.
--
-- Blocks and their arguments are read, and of the expressions strings, numbers, booleans, lists, objects,
-- and references to what the file itself sets: a local, or a variable by its default. Any other
-- expression is kept as `hcl.UNKNOWN`: only Terraform can evaluate it.
--
-- Source: HCL Native Syntax Specification.
-- @module local.hcl

local M = {}

--- Stands for a value that only Terraform can tell.
M.UNKNOWN = setmetatable({}, { __tostring = function() return "an expression" end })

-- ---- tokens ----

local ESCAPES = { n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\" }
local TWO = { ["=="] = true, ["!="] = true, ["<="] = true, [">="] = true, ["&&"] = true, ["||"] = true,
  ["=>"] = true }

local Lexer = {}
Lexer.__index = Lexer

function Lexer:fail(text)
  error({ hcl = ("%s:%d: %s"):format(self.name, self.line, text) }, 0)
end

function Lexer:add(kind, value)
  self.tokens[#self.tokens + 1] = { kind = kind, value = value, line = self.line }
end

-- The end of an interpolation whose "${" ends before `at`: braces nest, strings hold any.
function Lexer:skip_template(at)
  local depth = 1
  while depth > 0 do
    local where, found = self.text:match('()([{}"])', at)
    if not where then self:fail("an interpolation has no end") end
    at = where + 1
    if found == "{" then depth = depth + 1 end
    if found == "}" then depth = depth - 1 end
    if found == '"' then at = select(2, self:read_string(where)) end
  end
  return at
end

-- The string that begins with the quote at `at`: its parts, texts and { template = source }, and the
-- place behind it.
function Lexer:read_string(at)
  local parts, text = {}, {}
  at = at + 1
  while true do
    local plain, where = self.text:match('^([^"\\$%%\n]*)()', at)
    text[#text + 1] = plain
    at = where
    local here = self.text:sub(at, at)
    if here == '"' then break end
    if here == "" or here == "\n" then self:fail("a string has no end") end
    if here == "\\" then
      local letter = self.text:sub(at + 1, at + 1)
      text[#text + 1] = ESCAPES[letter] or "\\" .. letter
      at = at + 2
    elseif self.text:find("^[$%%]{", at) and self.text:sub(at - 1, at - 1) ~= here then
      local after = self:skip_template(at + 2)
      parts[#parts + 1] = table.concat(text)
      parts[#parts + 1] = { template = self.text:sub(at + 2, after - 2), directive = here == "%" }
      text, at = {}, after
    else
      text[#text + 1] = here
      at = at + 1
    end
  end
  parts[#parts + 1] = table.concat(text)
  return parts, at + 1
end

-- The heredoc at `at`: the place behind it. What it says is not read.
function Lexer:skip_heredoc(at)
  local word, body = self.text:match("^<<%-?([%w_]+)[^\n]*\n()", at)
  if not word then return nil end
  local _, last = self.text:find("\n[ \t]*" .. word .. "%f[^%w_]", body - 1)
  if not last then self:fail("the text that ends with " .. word .. " has no end") end
  return last + 1
end

local function count_lines(text)
  local _, count = text:gsub("\n", "")
  return count
end

-- Reads one token at `at`; returns the place behind it.
function Lexer:step(at)
  local text = self.text
  local newline = text:match("^\n()", at)
  if newline then
    self:add("newline", "\n")
    self.line = self.line + 1
    return newline
  end
  local after = text:match("^[ \t\r]+()", at) or text:match("^#[^\n]*()", at) or text:match("^//[^\n]*()", at)
  if after then return after end
  if text:find("^/%*", at) then
    local _, last = text:find("*/", at + 2, true)
    if not last then self:fail("a comment has no end") end
    self.line = self.line + count_lines(text:sub(at, last))
    return last + 1
  end
  if text:sub(at, at) == '"' then
    local parts, behind = self:read_string(at)
    self:add("string", parts)
    return behind
  end
  local heredoc = text:find("^<<", at) and self:skip_heredoc(at)
  if heredoc then
    self:add("heredoc", "")
    self.line = self.line + count_lines(text:sub(at, heredoc - 1))
    return heredoc
  end
  local word, behind = text:match("^([%a_][%w_-]*)()", at)
  if word then
    self:add("word", word)
    return behind
  end
  local number
  number, behind = text:match("^(%d+%.?%d*[eE]?%d*)()", at)
  if number then
    self:add("number", tonumber(number))
    return behind
  end
  local two = text:sub(at, at + 1)
  local sign = TWO[two] and two or text:sub(at, at)
  self:add("sign", sign)
  return at + #sign
end

local function tokens_of(text, name)
  local lexer = setmetatable({ text = text, name = name, line = 1, tokens = {} }, Lexer)
  local at = 1
  while at <= #text do at = lexer:step(at) end
  lexer:add("end", "the end of the file")
  return lexer.tokens
end

-- ---- blocks and expressions ----

local Parser = {}
Parser.__index = Parser

local OPENING = { ["("] = ")", ["["] = "]", ["{"] = "}" }
local CLOSING = { [")"] = true, ["]"] = true, ["}"] = true }

function Parser:peek() return self.tokens[self.at] end

function Parser:fail(what)
  local token = self:peek()
  local shown = type(token.value) == "table" and "a string" or tostring(token.value)
  if shown == "\n" then shown = "the end of the line" end
  error({ hcl = ("%s:%d: expected %s, got %s"):format(self.name, token.line, what, shown) }, 0)
end

function Parser:is(sign)
  local token = self:peek()
  return token.kind == "sign" and token.value == sign
end

function Parser:take(sign)
  if not self:is(sign) then return false end
  self.at = self.at + 1
  return true
end

function Parser:skip_newlines()
  while self:peek().kind == "newline" do self.at = self.at + 1 end
end

-- Whether the expression is over: at its line's end, or at what ends the list or object it is in.
function Parser:ends()
  local token = self:peek()
  return token.kind == "newline" or token.kind == "end" or self:is(",")
    or token.kind == "sign" and CLOSING[token.value]
end

-- Skips an expression that only Terraform understands.
function Parser:skip_expression()
  local closing = {}
  while #closing > 0 or not self:ends() do
    local token = self:peek()
    if token.kind == "end" then self:fail(closing[#closing]) end
    if token.kind == "sign" then
      if OPENING[token.value] then
        closing[#closing + 1] = OPENING[token.value]
      elseif CLOSING[token.value] then
        if token.value ~= closing[#closing] then self:fail(closing[#closing]) end
        closing[#closing] = nil
      end
    end
    self.at = self.at + 1
  end
  return M.UNKNOWN
end

-- A reference "var.name" or "local.name", as a thunk's two words.
local function reference(root, name)
  if root == "var" or root == "local" then return { root = root, name = name } end
end

function Parser:string_value(parts)
  local value = {}
  for i, part in ipairs(parts) do
    if type(part) == "table" then
      local root, name = part.template:match("^%s*(%a+)%.([%w_-]+)%s*$")
      local referred = not part.directive and root and reference(root, name)
      if not referred then return M.UNKNOWN end
      part = referred
    end
    value[i] = part
  end
  return #value == 1 and value[1] or { joined = value }
end

local WORDS = { ["true"] = true, ["false"] = false }

local primaries = {}

function primaries.string(self, token) return self:string_value(token.value) end
function primaries.number(_, token) return token.value end

function primaries.word(self, token)
  if WORDS[token.value] ~= nil then return WORDS[token.value] end
  if token.value == "null" then return nil end
  local name = self.tokens[self.at + 1]
  if self:is(".") and name.kind == "word" then
    local referred = reference(token.value, name.value)
    if referred then
      self.at = self.at + 2
      return referred
    end
  end
  return M.UNKNOWN
end

function primaries.sign(self, token)
  if token.value == "-" and self:peek().kind == "number" then
    self.at = self.at + 1
    return -self.tokens[self.at - 1].value
  elseif token.value == "[" then
    return self:list()
  elseif token.value == "{" then
    return self:object()
  end
  return M.UNKNOWN
end

function Parser:expression()
  local start = self.at
  local token = self:peek()
  local primary = primaries[token.kind]
  if self:ends() then self:fail("a value") end
  self.at = self.at + 1
  local value = M.UNKNOWN
  if primary then value = primary(self, token) end
  if value ~= M.UNKNOWN and self:ends() then return value end
  self.at = start
  return self:skip_expression()
end

function Parser:list()
  local list = {}
  self:skip_newlines()
  if self:peek().kind == "word" and self:peek().value == "for" then return M.UNKNOWN end
  while not self:take("]") do
    list[#list + 1] = self:expression()
    self:skip_newlines()
    if not self:take(",") and not self:is("]") then return M.UNKNOWN end
    self:skip_newlines()
  end
  return { list = list }
end

function Parser:object()
  local object = {}
  self:skip_newlines()
  if self:peek().kind == "word" and self:peek().value == "for" then return M.UNKNOWN end
  while not self:take("}") do
    local key = self:peek()
    self.at = self.at + 1
    local name = key.kind == "word" and key.value or key.kind == "string" and self:string_value(key.value)
    if type(name) ~= "string" or not (self:take("=") or self:take(":")) then return M.UNKNOWN end
    object[name] = self:expression()
    self:skip_newlines()
    self:take(",")
    self:skip_newlines()
  end
  return { object = object }
end

function Parser:block(kind)
  local labels = {}
  while not self:take("{") do
    local token = self:peek()
    if token.kind ~= "string" and token.kind ~= "word" then self:fail("= or {") end
    labels[#labels + 1] = token.kind == "word" and token.value or self:string_value(token.value)
    self.at = self.at + 1
  end
  local block = self:body("}")
  block.kind, block.labels = kind, labels
  return block
end

-- Arguments and blocks up to `closing`, or to the end of the file.
function Parser:body(closing)
  local body = { arguments = {}, blocks = {} }
  while true do
    self:skip_newlines()
    if closing and self:take(closing) then return body end
    local token = self:peek()
    if not closing and token.kind == "end" then return body end
    if token.kind ~= "word" then self:fail(closing and "an argument, a block or }" or "a block") end
    self.at = self.at + 1
    if self:take("=") then
      body.arguments[token.value] = self:expression()
      if not self:ends() or self:is(",") then self:fail("the end of the line") end
    else
      body.blocks[#body.blocks + 1] = self:block(token.value)
    end
  end
end

-- ---- values ----

local resolve

local function resolve_all(map, world, depth)
  local values = {}
  for key, value in pairs(map) do values[key] = resolve(value, world, depth) end
  return values
end

local function resolve_joined(parts, world, depth)
  local texts = {}
  for i, part in ipairs(parts) do
    local value = resolve(part, world, depth)
    if type(value) ~= "string" and type(value) ~= "number" then return M.UNKNOWN end
    texts[i] = tostring(value)
  end
  return table.concat(texts)
end

-- Replaces references by what they refer to. Those that lead round in a circle are unknown.
function resolve(value, world, depth)
  if type(value) ~= "table" or value == M.UNKNOWN then return value end
  if depth > 20 then return M.UNKNOWN end
  if value.list then return resolve_all(value.list, world, depth + 1) end
  if value.object then return resolve_all(value.object, world, depth + 1) end
  if value.joined then return resolve_joined(value.joined, world, depth + 1) end
  local found = world[value.root][value.name]
  if found == nil then return M.UNKNOWN end
  return resolve(found, world, depth + 1)
end

local function world_of(body)
  local world = { var = {}, ["local"] = {} }
  for _, block in ipairs(body.blocks) do
    if block.kind == "variable" then world.var[block.labels[1]] = block.arguments.default end
    if block.kind == "locals" then
      for name, value in pairs(block.arguments) do world["local"][name] = value end
    end
  end
  return world
end

--- Reads a file's text.
-- @tparam string text
-- @tparam string name the file's, for messages
-- @treturn ?{table,...} its blocks: `{ kind, labels, arguments }`, the latter by their names
-- @treturn ?string what is wrong, and in which line
function M.read(text, name)
  local ok, result = pcall(function()
    local parser = setmetatable({ tokens = tokens_of(text, name), at = 1, name = name }, Parser)
    return parser:body(nil)
  end)
  if not ok then
    if type(result) == "table" and result.hcl then return nil, result.hcl end
    error(result, 0)
  end
  local world = world_of(result)
  for _, block in ipairs(result.blocks) do
    for argument, value in pairs(block.arguments) do
      block.arguments[argument] = resolve(value, world, 0)
    end
  end
  return result.blocks
end

return M
