--- Lua source as a list of tokens: enough to see what a file calls, not a grammar.
--
-- The source must be free of syntax errors; the compiler has the say on those.
-- @module bundle.lexer

local M = {}

local ESCAPES = { n = "\n", t = "\t", r = "\r", a = "\a", b = "\b", f = "\f", v = "\v" }

-- The value of what stands between quotes; numeric escapes stay as written, no name holds any.
local function unescape(text)
  return (text:gsub("\\([^%dxuz])", function(character) return ESCAPES[character] or character end))
end

-- Position after the closing quote of the string that opens at `start`.
local function quoted_end(source, start)
  local quote, position = source:sub(start, start), start + 1
  while true do
    local hit = source:find("[\\" .. quote .. "]", position)
    if not hit then return #source + 1 end
    if source:sub(hit, hit) == quote then return hit + 1 end
    position = hit + 2
  end
end

-- Position after the closing bracket of the long string or comment that opens at `start`, and the text
-- between; nil where none opens.
local function long_end(source, start)
  local level, text_start = source:match("^%[(=*)%[()", start)
  if not level then return nil end
  local close, last = source:find("]" .. level .. "]", text_start, true)
  if not close then return #source + 1, "" end
  return last + 1, source:sub(text_start, close - 1)
end

-- One token at `position`: its kind (nil for white space and comments), its text, and where the next begins.
local function read(source, position)
  local next_position = source:match("^%s+()", position)
  if next_position then return nil, nil, next_position end

  if source:find("^%-%-", position) then
    local after = long_end(source, position + 2)
    return nil, nil, after or source:match("^[^\n]*()", position)
  end

  local name, after = source:match("^([%a_\128-\255][%w_\128-\255]*)()", position)
  if name then return "name", name, after end

  local number
  number, after = source:match("^(%.?%d[%w.]*)()", position)
  if number then return "number", number, after end

  if source:find("^[\"']", position) then
    after = quoted_end(source, position)
    return "string", unescape(source:sub(position + 1, after - 2)), after
  end

  local long
  after, long = long_end(source, position)
  if after then return "string", long, after end

  local symbol = source:match("^%.%.%.?", position) or source:match("^::", position)
    or source:match("^[=~<>]=", position) or source:sub(position, position)
  return "symbol", symbol, position + #symbol
end

--- Splits a source.
-- @tparam string source
-- @treturn {table,...} tokens `{ kind = "name"|"number"|"string"|"symbol", text, line, after }`;
--   keywords are of kind `name`, a string's text is its value, `after` is the position behind the token
function M.tokens(source)
  local tokens, position, line = {}, 1, 1
  if source:find("^#") then position = source:match("^[^\n]*()") end
  while position <= #source do
    local kind, text, after = read(source, position)
    if kind then tokens[#tokens + 1] = { kind = kind, text = text, line = line, after = after } end
    for _ in source:sub(position, after - 1):gmatch("\n") do line = line + 1 end
    position = after
  end
  return tokens
end

return M
