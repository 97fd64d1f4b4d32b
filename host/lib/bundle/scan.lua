--- What a Lua file visibly asks of AWS, read from its source without running it.
--
-- The scan follows what is bound to `aws.client("ec2")`: locals in their scopes, fields by their path
-- (`self.ec2`), `x or aws.client("ec2")`, and `require` of the library under any name. What it takes for a
-- client is one; what it misses is caught when the call runs.
-- @module bundle.scan

local keywords = require "repl.keywords"
local lexer = require "bundle.lexer"

local M = {}

-- What a name can stand for. Anything that is none of these is OPAQUE.
local LIBRARY = { kind = "library" }          -- require "aws"
local CONSTRUCTOR = { kind = "constructor" }  -- aws.client
local OPAQUE = { kind = "opaque" }

local Scanner = {}
Scanner.__index = Scanner

function Scanner:is(position, text)
  local token = self.tokens[position]
  return token ~= nil and token.kind ~= "string" and token.text == text
end

function Scanner:is_name(position)
  local token = self.tokens[position]
  return token ~= nil and token.kind == "name" and not keywords[token.text]
end

function Scanner:is_string(position)
  local token = self.tokens[position]
  return token ~= nil and token.kind == "string"
end

-- Blocks: a scope with its variables, or a table constructor, in which `name =` assigns no variable.

function Scanner:push(block)
  block.variables = {}
  self.blocks[#self.blocks + 1] = block
end

function Scanner:pop()
  if #self.blocks > 1 then self.blocks[#self.blocks] = nil end
end

function Scanner:top()
  return self.blocks[#self.blocks]
end

function Scanner:declare(name, value)
  self:top().variables[name] = value
end

-- The block that holds a variable; the outermost for one that no block declares.
function Scanner:home(name)
  for level = #self.blocks, 1, -1 do
    if self.blocks[level].variables[name] then return self.blocks[level] end
  end
  return self.blocks[1]
end

-- `a`, `a.b.c`: the path and the position after it; nil where no name stands.
function Scanner:path(position)
  if not self:is_name(position) then return nil end
  local names = { self.tokens[position].text }
  while self:is(position + 1, ".") and self:is_name(position + 2) do
    position = position + 2
    names[#names + 1] = self.tokens[position].text
  end
  return table.concat(names, "."), position + 1
end

-- The path that ends at `position`; nil where it is the tail of something else, such as `f().ec2`.
function Scanner:path_before(position)
  local first = position
  while self:is(first - 1, ".") and self:is_name(first - 2) do first = first - 2 end
  if self:is(first - 1, ".") or self:is(first - 1, ":") then return nil, first end
  return self:path(first), first
end

function Scanner:lookup(path)
  if path:find(".", 1, true) then return self.fields[path] or OPAQUE end
  return self:home(path).variables[path] or OPAQUE
end

function Scanner:assign(path, value)
  if path:find(".", 1, true) then
    self.fields[path] = value
  else
    self:home(path).variables[path] = value
  end
end

-- `"text"` or `("text", …)`: the text and the position after the argument list; nil for any other.
function Scanner:string_argument(position)
  if self:is_string(position) then return self.tokens[position].text, position + 1 end
  if not (self:is(position, "(") and self:is_string(position + 1)) then return nil end
  if not (self:is(position + 2, ")") or self:is(position + 2, ",")) then return nil end
  local depth, last = 0, position
  repeat
    if self:is(last, "(") then depth = depth + 1 end
    if self:is(last, ")") then depth = depth - 1 end
    last = last + 1
  until depth == 0 or last > #self.tokens
  return self.tokens[position + 1].text, last
end

function Scanner:client(service, position)
  local line = self.tokens[position].line
  self.clients[position] = self.clients[position] or { kind = "client", service = service, line = line }
  return self.clients[position]
end

-- What the expression that begins at `position` stands for, and the position after the part that says so.
function Scanner:value(position)
  local value, after
  if self:is(position, "require") then
    local module
    module, after = self:string_argument(position + 1)
    value = module == "aws" and LIBRARY or OPAQUE
  elseif self:is_name(position) then
    local path
    path, after = self:path(position)
    value = self:lookup(path)
    -- `self.ec2` may be known where `self.ec2.stop_instances` is not.
    while value == OPAQUE and path:find(".", 1, true) do
      path, after = path:match("^(.*)%."), after - 2
      value = self:lookup(path)
    end
  end
  if value == LIBRARY and self:is(after, ".") and self:is(after + 1, "client") then
    value, after = CONSTRUCTOR, after + 2
  end
  if value == CONSTRUCTOR then
    local service, closed = self:string_argument(after)
    if service then value, after = self:client(service, position), closed end
  end
  return value or OPAQUE, after
end

-- Whether an expression is over at `position`, so that its value is the whole of it.
function Scanner:ends(position)
  local token = self.tokens[position]
  if not token then return true end
  if token.kind == "name" then return token.text ~= "and" end
  return token.kind == "symbol" and token.text:find("^[,;)}]$") ~= nil
end

-- The value that is assigned by the expression at `position`, and the position after it where that is known.
function Scanner:assigned(position)
  local value, after = self:value(position)
  if value ~= OPAQUE and self:ends(after) then return value, after end
  local _, given = self:path(position)
  if value == OPAQUE and given and self:is(given, "or") then
    value, after = self:value(given + 1)
    if value ~= OPAQUE and self:ends(after) then return value, after end
  end
  return OPAQUE
end

-- Statements and expressions, by the token that opens them. Each gets its position and returns the last one
-- that it has dealt with, or nothing when that is its own.

local on = {}

function on:repeat_(_) self:push {} end
function on:then_(_) self:push {} end
function on:end_(_) self:pop() end
function on:elseif_(_) self:pop() end

function on:else_(_)
  self:pop()
  self:push {}
end

-- The condition still sees the block's variables, and no token says where it ends.
function on:until_(_)
  local inner = self:top().variables
  self:pop()
  for name in pairs(inner) do self:assign(name, OPAQUE) end
end

function on:while_(_) self:push { awaits_do = true } end

function on:for_(position)
  self:push { awaits_do = true }
  repeat
    self:declare(self.tokens[position + 1].text, OPAQUE)
    position = position + 2
  until not self:is(position, ",")
  return position
end

function on:do_(_)
  local top = self:top()
  if top.awaits_do then top.awaits_do = nil else self:push {} end
end

function on:local_(position)
  if self:is(position + 1, "function") then
    self:declare(self.tokens[position + 2].text, OPAQUE)
    return nil
  end
  local names = {}
  repeat
    names[#names + 1] = self.tokens[position + 1].text
    position = position + 2
  until not self:is(position, ",")
  local expression = self:is(position, "=") and position + 1
  for _, name in ipairs(names) do
    local value, after = OPAQUE, nil
    if expression then value, after = self:assigned(expression) end
    expression = after and self:is(after, ",") and after + 1
    self:declare(name, value)
  end
  return self:is(position, "=") and position or position - 1
end

function on:function_(position)
  local path, after = self:path(position + 1)
  local has_self = false
  if path then
    if self:is(after, ":") then
      has_self = true
      self.defined[self.tokens[after + 1].text] = true
      after = after + 2
    else
      self.defined[path:match("[^.]+$")] = true
      self:assign(path, OPAQUE)
    end
  else
    after = position + 1
  end
  self:push {}
  if has_self then self:declare("self", OPAQUE) end
  while not self:is(after, ")") do
    if self:is_name(after) then self:declare(self.tokens[after].text, OPAQUE) end
    after = after + 1
  end
  return after
end

on["{"] = function(self) self:push { is_table = true } end
on["}"] = function(self) self:pop() end

on["="] = function(self, position)
  if not self:is_name(position - 1) then return end
  local path, first = self:path_before(position - 1)
  self.defined[self.tokens[position - 1].text] = true
  if not path or self:top().is_table then return end
  local several = self:is(first - 1, ",")
  self:assign(path, several and OPAQUE or (self:assigned(position + 1)))
end

-- Notes the method that is named behind the `:` or `.` at `position`.
function Scanner:call(position, client)
  local before = self.tokens[position - 1]
  self.calls[#self.calls + 1] = {
    service = client and client.service,
    receiver = client and before.text == ")" and "client" or before.text,
    method = self.tokens[position + 1].text,
    argument = (self:string_argument(position + 2)),
    line = self.tokens[position + 1].line,
  }
end

on[":"] = function(self, position)
  if not self:is_name(position + 1) then return end
  local after = position + 2
  if self:is(after, "(") or self:is(after, "{") or self:is_string(after) then
    self:call(position, self.receivers[position])
  end
end

-- A name that begins an expression: notes the client it stands for where the `:` of a call may be, and the
-- method that is taken from it, as in `pcall(ec2.stop_instances, ec2)`.
local function on_name(self, position)
  if self:is(position - 1, ".") or self:is(position - 1, ":") then return end
  local value, after = self:value(position)
  if value.kind ~= "client" then return end
  self.receivers[after] = value
  if self:is(after, ".") and self:is_name(after + 1) and not self:is(after + 2, "=") then
    self:call(after, value)
  end
end

--- Scans a file.
-- @tparam string source Lua without syntax errors
-- @treturn table `clients` lists `{ service, line }` for each `aws.client("…")`; `calls` lists
--   `{ service, receiver, method, argument, line }` for each method call, `service` where the receiver is
--   surely a client, `argument` where the first one is a literal string; `defined` is the set of names that
--   the file itself gives to functions and fields
function M.file(source)
  local scanner = setmetatable({
    tokens = lexer.tokens(source),
    blocks = {},
    fields = {},     -- path → value
    clients = {},    -- position → client
    receivers = {},  -- position of `:` → client
    calls = {},
    defined = {},
  }, Scanner)
  scanner:push {}

  local position = 1
  while position <= #scanner.tokens do
    local token = scanner.tokens[position]
    local handler
    if token.kind == "symbol" then
      handler = on[token.text]
    elseif token.kind == "name" then
      handler = on[token.text .. "_"] or not keywords[token.text] and on_name
    end
    position = (handler and handler(scanner, position) or position) + 1
  end

  local clients = {}
  for _, client in pairs(scanner.clients) do clients[#clients + 1] = client end
  table.sort(clients, function(a, b) return a.line < b.line end)
  return { clients = clients, calls = scanner.calls, defined = scanner.defined }
end

return M
