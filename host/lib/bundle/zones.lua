--- The time zones that a bundle brings along: `zoneinfo.bin`, as vendor/zones.py writes it.
--
-- Nobody promises that Lambda's machine has any, and they are 55 kB zipped: so a bundle has them where one of
-- its files comes to `schedule.zone`, directly or by other modules of the standard library.
-- @module bundle.zones

local files = require "bundle.files"

local M = {}

-- Calls `visit` with the name of every module that a source requires by a constant name.
local function each_require(source, visit)
  for name in source:gmatch("require%s*%(?%s*[\"']([%w_.]+)[\"']") do visit(name) end
end

--- Whether some Lua sources come to a module of the standard library.
-- @tparam {table,...} entries `{ path, bytes }`
-- @tparam string wanted the module
-- @tparam function source module → the source of one of the library's, nil for others
-- @treturn boolean
function M.reach(entries, wanted, source)
  local seen = {}
  local function visit(name)
    if seen[name] then return end
    seen[name] = true
    each_require(source(name) or "", visit)
  end
  for _, entry in ipairs(entries) do
    if entry.path:find("%.lua$") then each_require(entry.bytes, visit) end
  end
  return seen[wanted] or false
end

--- The entries of the bundle: none, or the zones.
-- @tparam string root the checkout
-- @tparam {table,...} entries the function's own files and rocks
-- @treturn {table,...}
function M.entries(root, entries)
  local function source(name)
    local path = ("%s/host/lib/%s"):format(root, name:gsub("%.", "/"))
    return files.read(path .. ".lua") or files.read(path .. "/init.lua")
  end
  if not M.reach(entries, "schedule.zone", source) then return {} end
  return { { path = "zoneinfo.bin", file = root .. "/build/vendor/share/zoneinfo.bin" } }
end

return M
