--- What may follow the text before the cursor: globals, fields and methods, and AWS's names.
-- @module repl.complete

local chunks = require "repl.chunk"

local M = {}

local CLIENT_METHODS = { "each", "pages", "presign", "wait" }

-- The deepest chain of `__index` that is followed.
local ANCESTORS = 5

local function snake_names(entries)
  local names, list = require "aws.names", {}
  for name in pairs(entries or {}) do list[#list + 1] = names.snake_case(name) end
  return list
end

local function model_of(service)
  return (require("aws.model").load(service))
end

-- The model of a value that is an AWS client.
local function client_model(value)
  local core = type(value) == "table" and rawget(value, "core")
  local model = type(core) == "table" and rawget(core, "model")
  return type(model) == "table" and model.operations and model or nil
end

local function methods(model)
  local list = snake_names(model.operations)
  for _, name in ipairs(CLIENT_METHODS) do list[#list + 1] = name end
  return list
end

-- What a client's own methods take as their first argument.
local ARGUMENTS = {
  each = function(model) return snake_names(model.paginators) end,
  pages = function(model) return snake_names(model.paginators) end,
  presign = function(model) return snake_names(model.operations) end,
  wait = function(model) return snake_names(model.waiters) end,
}

-- ---- values ----

local function index_of(value)
  local metatable = debug.getmetatable(value)
  local index = type(metatable) == "table" and rawget(metatable, "__index")
  return type(index) == "table" and index or nil
end

-- The fields of a value, without asking a function of its own for any.
local function fields(value)
  local list = {}
  for _ = 1, ANCESTORS do
    if type(value) == "table" then
      for key, field in next, value do list[#list + 1] = { name = key, value = field } end
    end
    value = index_of(value)
    if not value then break end
  end
  return list
end

local function field(value, name)
  for _, entry in ipairs(fields(value)) do
    if entry.name == name then return entry.value end
  end
end

local function global(environment, name)
  if chunks.modules[name] and rawget(environment, name) == nil then return require(name) end
  local own = rawget(environment, name)
  if own == nil then return _G[name] end
  return own
end

-- The value of a chain of names such as `a.b`.
local function value_of(chain, environment)
  local value
  for name in chain:gmatch "[^.]+" do
    if value == nil then value = global(environment, name) else value = field(value, name) end
    if value == nil then return nil end
  end
  return value
end

local function members(value, separator)
  local model = client_model(value)
  if model then return methods(model) end
  local list = {}
  for _, entry in ipairs(fields(value)) do
    local callable = separator == "." or type(entry.value) == "function"
    if callable and type(entry.name) == "string" then list[#list + 1] = entry.name end
  end
  return list
end

local function globals(environment)
  local list = {}
  for _, names in ipairs { environment, chunks.modules, _G } do
    for name in next, names do list[#list + 1] = name end
  end
  return list
end

-- ---- the text before the cursor ----

local function client_of(chain, environment)
  return client_model(value_of(chain, environment))
end

-- Each: a pattern whose last capture is the word that is to be completed, and what gives the names.
local SITUATIONS = {
  { '[%.:]client%s*%(?%s*["\']([%w%-]*)$', function() return require("aws.model").services() end },
  { 'aws%.help%s*%(?%s*["\']([%w%-]*)$', function() return require("aws.model").services() end },
  { 'client%s*%(?%s*["\']([%w%-]+)["\']%s*%)?%s*:%s*([%w_]*)$', function(_, service)
    local model = model_of(service)
    return model and methods(model)
  end },
  { '([%a_][%w_%.]*):(%l+)%s*%(?%s*["\']([%w_]*)$', function(environment, chain, method)
    local model = ARGUMENTS[method] and client_of(chain, environment)
    return model and ARGUMENTS[method](model)
  end },
  { '["\'][^"\']*$', function() return nil end },
  { '[%)%]}"\']%s*[%.:][%w_%.]*$', function() return nil end },
  { '([%a_][%w_%.]*)([%.:])([%w_]*)$', function(environment, chain, separator)
    return members(value_of(chain, environment), separator)
  end },
  { '([%a_][%w_]*)$', globals },
  { '^%s*()$', globals },
}

local function beginning_with(word, names)
  local list, seen = {}, {}
  for _, name in ipairs(names) do
    if name:sub(1, #word) == word and name:find "^[%w_%-]+$" and not seen[name] then
      seen[name] = true
      list[#list + 1] = name
    end
  end
  table.sort(list)
  return list
end

local function last(...)
  local word = select("#", ...) > 0 and select(-1, ...) or ""
  return type(word) == "string" and word or ""
end

--- The words that the last one before the cursor may become.
-- @tparam string text before the cursor
-- @tparam table environment of the console's entries
-- @treturn {string,...} sorted
-- @treturn string the word as it is so far
function M.words(text, environment)
  for _, situation in ipairs(SITUATIONS) do
    local captures = { text:match(situation[1]) }
    if captures[1] then
      local word = last(unpack(captures))
      return beginning_with(word, situation[2](environment, unpack(captures)) or {}), word
    end
  end
  return {}, ""
end

return M
