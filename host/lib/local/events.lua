--- The events beside a function, `functions/NAME/events/*.json`.
-- @module local.events

local bundle_files = require "bundle.files"
local files = require "local.files"
local json = require "json"

local M = {}

local function folder(root, name)
  return ("%s/functions/%s/events"):format(root, name)
end

--- Lists them.
-- @tparam string root the checkout
-- @tparam string name the function's
-- @treturn {string,...} their names, sorted
function M.list(root, name)
  local names = {}
  for path in pairs(files.stamps(folder(root, name))) do names[#names + 1] = path:match("^(.+)%.json$") end
  table.sort(names)
  return names
end

--- The text of one.
-- @treturn ?string
function M.read(root, name, event)
  return (bundle_files.read(("%s/%s.json"):format(folder(root, name), event)))
end

local function find(root, name, wanted)
  if wanted == "-" then return io.read("*a"), "standard input" end
  local text = not wanted:find("/") and M.read(root, name, wanted:gsub("%.json$", ""))
  if text then return text, ("events/%s.json"):format((wanted:gsub("%.json$", ""))) end
  local message
  text, message = bundle_files.read(wanted)
  if text then return text, wanted end
  local known = table.concat(M.list(root, name), ", ")
  return nil, ("there is no event '%s': it is neither one of functions/%s/events (%s) nor a file (%s)")
    :format(wanted, name, known == "" and "which holds none" or known, message)
end

--- Finds an event by what was given to `--event`.
-- @tparam string root the checkout
-- @tparam string name the function's
-- @tparam string wanted a name of @{list}, a file's path, or `-` for standard input
-- @treturn ?string its JSON
-- @treturn ?string what is wrong
function M.find(root, name, wanted)
  local text, where = find(root, name, wanted)
  if not text then return nil, where end
  local value, message = json.decode(text)
  if value == nil then return nil, ("%s is no JSON: %s"):format(where, message) end
  return text
end

return M
