--- The files of a function that go into its bundle.
--
-- Every `*.lua` of `functions/NAME` as it is, sub-folders too, and every file below `functions/NAME/data`.
-- Left out are `spec/`, `events/` and `plan/`, hidden files, and all the rest: Terraform's may hold secrets.
-- @module bundle.collect

local files = require "bundle.files"
local nearest = require "nearest"

local M = {}

--- Folders of a function that no bundle holds.
M.LEFT_OUT = { spec = true, events = true, plan = true }

--- Whether there is a function of a name.
-- @tparam string root the checkout
-- @tparam string name
-- @treturn boolean
-- @treturn ?string what is wrong where there is none
function M.has_function(root, name)
  local known = files.folders(root .. "/functions")
  for _, candidate in ipairs(known) do
    if candidate == name then return true end
  end
  return false, ("there is no function %q in functions/%s"):format(name, nearest.suggest(name, known))
end

local function belongs(path)
  local top = path:match("^([^/]+)/")
  if top == "data" then return true end
  return path:find("%.lua$") ~= nil and not M.LEFT_OUT[top]
end

-- The compiler's word on a Lua source, or nil when there is nothing to say.
local function syntax_error(source, shown)
  if source:sub(1, 1) == "\27" then return shown .. ": is bytecode; a bundle holds Lua as source" end
  local chunk, message = load(source:gsub("^#[^\n]*", ""), "@" .. shown, "t")
  return not chunk and message or nil
end

--- Checks the syntax of the Lua files among some entries.
-- @tparam {table,...} entries `{ path, bytes, shown }`, `shown` being the name for messages
-- @treturn {string,...} one message a file that the compiler refuses
function M.syntax_errors(entries)
  local messages = {}
  for _, entry in ipairs(entries) do
    if entry.path:find("%.lua$") then messages[#messages + 1] = syntax_error(entry.bytes, entry.shown) end
  end
  return messages
end

--- Reads the files of a function.
-- @tparam string folder `…/functions/NAME`
-- @tparam string shown its name for messages, such as `functions/NAME`
-- @treturn {table,...} entries `{ path, bytes, shown }`, sorted by path
function M.files(folder, shown)
  local entries = {}
  for _, path in ipairs(files.list(folder)) do
    if belongs(path) then
      entries[#entries + 1] = {
        path = path,
        bytes = assert(files.read(folder .. "/" .. path)),
        shown = shown .. "/" .. path,
      }
    end
  end
  return entries
end

--- Whether a handler's module is among the files: the part before the dot of `module` or `module.field`.
-- @tparam string handler
-- @tparam {table,...} entries
-- @treturn boolean
-- @treturn string the file that was looked for first
function M.has_handler(handler, entries)
  local stem = handler:match("^[^.]+")
  for _, entry in ipairs(entries) do
    if entry.path == stem .. ".lua" or entry.path == stem .. "/init.lua" then return true end
  end
  return false, stem .. ".lua"
end

return M
