--- What is typed at the console, as functions.
-- @module repl.chunk

local M = {}

--- What `compile` says of an entry that goes on in the next line.
M.MORE = "more"

-- Modules that are there by their names, as if they had been required.
local MODULES = { aws = true, fleet = true, json = true, task = true }

local function is_cut(message)
  return message:find("near '<eof>'", 1, true) ~= nil
end

--- Compiles an entry: an expression, whose values the function returns, or statements. `=` may stand before
-- an expression.
-- @tparam string text
-- @tparam table environment
-- @treturn ?function
-- @treturn ?string what is wrong with it, or `MORE`
function M.compile(text, environment)
  -- The newline tells a string without an end from one that goes on.
  text = text:gsub("^%s*=", "return ", 1) .. "\n"
  local fn = load("return " .. text, "=repl", "t", environment)
  if fn then return fn end
  local message
  fn, message = load(text, "=repl", "t", environment)
  if fn then return fn end
  return nil, is_cut(message) and M.MORE or message
end

--- The globals of the console's entries: a table of their own before those of everything else.
-- @treturn table
function M.environment()
  return setmetatable({}, {
    __index = function(_, name)
      if MODULES[name] then return require(name) end
      return _G[name]
    end,
  })
end

--- Names that an environment knows beside its own and the globals.
M.modules = MODULES

return M
