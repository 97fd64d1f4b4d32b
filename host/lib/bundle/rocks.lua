--- Pure-Lua rocks for a bundle, resolved by LuaRocks and pinned in `functions/NAME/rocks.lock`.
--
-- The first build writes the lock: what was asked for, each rock's version, the SHA-256 of all their files.
-- Later builds install those versions and compare; asking for something else resolves anew. What was
-- installed once is kept in a cache, so that it needs no network again.
-- @module bundle.rocks

local digest = require "host.digest"
local files = require "bundle.files"

local M = {}

local LUA_VERSION = "5.1"

local ROCKSPEC = [[
package = "bundle"
version = "1-1"
source = { url = "file:///dev/null" }
dependencies = { %s }
build = { type = "none" }
]]

local function luarocks(tree, words, folder)
  local argv = { "luarocks", "--lua-version", LUA_VERSION, "--tree", tree }
  for _, word in ipairs(words) do argv[#argv + 1] = word end
  return files.run(argv, { folder = folder })
end

local function sha256(bytes)
  return digest.hex(digest.sha256(bytes))
end

-- A lock is lines: `wanted hello ~> 1`, `rock hello 1.2-1`, `sha256 …`.
local function wanted_lines(rocks)
  local lines = {}
  for i, rock in ipairs(rocks) do lines[i] = ("wanted %s\n"):format(rock) end
  table.sort(lines)
  return table.concat(lines)
end

local function is_for(lock, wanted)
  return lock:sub(1, #wanted) == wanted and not lock:find("^wanted ", #wanted + 1)
end

-- The rocks of a lock as exact dependencies, and the sum of their files.
local function parse_lock(text)
  local dependencies = {}
  for name, version in text:gmatch("rock (%S+) (%S+)\n") do
    dependencies[#dependencies + 1] = ("%s == %s"):format(name, version)
  end
  return dependencies, text:match("sha256 (%x+)\n")
end

local function installed_lines(tree, scratch)
  local lines = {}
  local _, list = luarocks(tree, { "list", "--porcelain" }, scratch)
  for name, version, where in list:gmatch("(%S+)\t(%S+)\tinstalled\t([^\n]+)") do
    if where:sub(1, #tree) == tree then lines[#lines + 1] = ("rock %s %s\n"):format(name, version) end
  end
  table.sort(lines)
  return table.concat(lines)
end

local function install(dependencies, tree, scratch)
  if not files.run { "luarocks", "--version" } then
    return nil, "rocks: LuaRocks is not installed; on Debian: apt-get install luarocks"
  end
  local quoted = {}
  for i, dependency in ipairs(dependencies) do quoted[i] = ("%q"):format(dependency) end
  files.write(scratch .. "/bundle-1-1.rockspec", ROCKSPEC:format(table.concat(quoted, ", ")))
  local ok, output = luarocks(tree, { "install", "--only-deps", "bundle-1-1.rockspec" }, scratch)
  if ok then return true end
  local reason = output:match("Error:%s*([^\n]+)") or "LuaRocks failed"
  local unreachable = output:find("Failed downloading", 1, true)
  return nil, ("rocks: %s%s"):format(reason, unreachable and " (a rocks server could not be reached)" or "")
end

-- The installed modules as entries; nil and a message when one is no Lua.
local function modules(tree)
  local libraries = tree .. "/lib/lua/" .. LUA_VERSION
  local library = files.exists(libraries) and files.list(libraries)[1]
  if library then
    return nil, ("rocks: %s is a C module; a bundle takes pure-Lua rocks alone"):format(library)
  end
  local folder, entries = tree .. "/share/lua/" .. LUA_VERSION, {}
  for _, path in ipairs(files.list(folder)) do
    entries[#entries + 1] = {
      path = "rocks/" .. path,
      bytes = assert(files.read(folder .. "/" .. path)),
      shown = "rocks/" .. path,
    }
  end
  return entries
end

local function contents(entries)
  local parts = {}
  for _, entry in ipairs(entries) do
    parts[#parts + 1] = ("%s %d\n%s\n"):format(entry.path, #entry.bytes, entry.bytes)
  end
  return table.concat(parts)
end

--- Provides the modules of some rocks and of those that they depend on.
-- @tparam {string,...} rocks such as `penlight ~> 1.14`
-- @tparam table where
-- @tparam string where.lock the lock file, written when it is not there or is for other rocks
-- @tparam string where.cache a folder for what was installed
-- @tparam string where.stage an empty folder to work in, on the cache's file system
-- @treturn ?{table,...} entries `{ path, bytes, shown }`, sorted by path
-- @treturn ?string what is wrong
function M.entries(rocks, where)
  if #rocks == 0 then return {} end
  local wanted, lock = wanted_lines(rocks), files.read(where.lock)
  if lock and not is_for(lock, wanted) then lock = nil end
  local dependencies, expected = parse_lock(lock or "")
  local function place(text)
    return where.cache .. "/" .. sha256(text)
  end

  local tree = lock and place(lock)
  local is_fresh = not (tree and files.exists(tree))
  if is_fresh then
    tree = where.stage .. "/tree"
    local ok, message = install(lock and dependencies or rocks, tree, where.stage)
    if not ok then return nil, message end
  end
  local entries, message = modules(tree)
  if not entries then return nil, message end

  local sum = sha256(contents(entries))
  if expected and expected ~= sum then
    return nil, ("rocks: the files have SHA-256 %s, but rocks.lock has %s; remove it to accept them")
      :format(sum, expected)
  end
  if is_fresh then
    lock = lock or ("%s%ssha256 %s\n"):format(wanted, installed_lines(tree, where.stage), sum)
    files.write(where.lock, lock)
    files.must { "mkdir", "-p", where.cache }
    files.must { "mv", "-T", tree, place(lock) }
  end
  return entries
end

return M
