--- Options of a command line that have a value: `--name VALUE` or `--name=VALUE`.
--
-- A tool has a table of readers by the options' names. A reader is called with the options read so far, the
-- name and the value; it returns what is wrong, or nil.
-- @module local.options

local nearest = require "nearest"

local M = {}

--- Reads a text, which is not empty.
function M.text(options, name, value)
  if value == "" then return ("--%s takes a value"):format(name) end
  options[name] = value
end

--- Makes a reader of whole numbers.
-- @tparam number least
-- @tparam number most
-- @treturn function
function M.whole(least, most)
  return function(options, name, value)
    local number = tonumber(value)
    if not number or number % 1 ~= 0 or number < least or number > most then
      return ("--%s takes a whole number from %d to %d, not '%s'"):format(name, least, most, value)
    end
    options[name] = number
  end
end

--- Reads a variable into `options.env`.
function M.variable(options, name, value)
  local variable, set = value:match("^([%a_][%w_]*)=(.*)$")
  if not variable then return ("--%s takes NAME=VALUE, not '%s'"):format(name, value) end
  options.env[variable] = set
end

local function unknown(name, readers, others)
  local known = { unpack(others or {}) }
  for option in pairs(readers) do known[#known + 1] = option end
  return ("unknown option --%s%s"):format(name, nearest.suggest(name, known))
end

--- Reads an option.
-- @tparam {[string]=function} readers
-- @tparam table options what it is read into
-- @tparam string word the argument, which begins with `-`
-- @tparam ?string following the one behind it
-- @tparam[opt] {string,...} others options that are not read here, to be suggested where one is unknown
-- @treturn ?number how many arguments it took
-- @treturn ?string what is wrong
function M.read(readers, options, word, following, others)
  local name, value = word:match("^%-%-([%w-]+)=(.*)$")
  local taken = 1
  if not name then
    name, value, taken = word:match("^%-%-?([%w-]*)$"), following, 2
  end
  local read = readers[name]
  if not read then return nil, unknown(name or word, readers, others) end
  if not value then return nil, ("--%s takes a value"):format(name) end
  local problem = read(options, name, value)
  if problem then return nil, problem end
  return taken
end

return M
