--- The program that a bundle holds: where it is built, stripped, and what it is made of.
-- @module bundle.program

local files = require "bundle.files"

local M = {}

-- What make calls the architectures that Lambda has other names for.
local MACHINES = { x86_64 = "x86_64", arm64 = "aarch64" }

-- The folder that make builds for an architecture in, and what its tools' names begin with.
local function place(root, arch)
  local machine = MACHINES[arch]
  if machine == files.must { "uname", "-m" }:match("%S+") then return root .. "/build", "" end
  return ("%s/build/%s"):format(root, machine), machine .. "-linux-gnu-"
end

--- The program for an architecture, stripped.
-- @tparam string root the checkout
-- @tparam string arch "x86_64" or "arm64"
-- @tparam string stage the folder to write it to
-- @treturn string its file
-- @raise when it is not built
function M.stripped(root, arch, stage)
  local folder, prefix = place(root, arch)
  local target = stage .. "/bootstrap"
  files.must { prefix .. "strip", "-o", target, folder .. "/bootstrap" }
  return target
end

-- What an input file of the linker belongs to.
local ARCHIVES = {
  { "^libluajit%.a", "LuaJIT" },
  { "^libcjson%.a", "lua-cjson" },
  { "^libcurl%.a", "curl" },
  { "^libcrypto%.a", "OpenSSL" },
  { "^libssl%.a", "OpenSSL" },
  { "^libexpat%.a", "expat" },
  { "^library%.o", "library, in Lua" },
  { "^roots%.o", "root certificates" },
}

local function part_of(section, file, shown)
  if section:find("^%.rela") then return "relocations" end
  for _, archive in ipairs(ARCHIVES) do
    if file:match("[^/]*$"):find(archive[1]) then return archive[2] end
  end
  return shown:find("/obj/host/", 1, true) and "host, in C" or "other"
end

--- Reads the linker's map: how many bytes of the program come from what.
-- Strings that the linker merges are counted where it found them first; what it adds itself is "other".
-- @tparam string map the map as ld writes it
-- @treturn {[string]=number} part → bytes
function M.parts(map)
  local sums = {}
  local start = map:find("\nLinker script and memory map", 1, true) or 1
  -- A section's name may have a line of its own. What is not loaded is for debuggers and people.
  for section, size, file in map:sub(start):gmatch("\n (%.[^\n ]+)[ \n]+0x%x+ +0x(%x+) ([^\n]+)") do
    if not section:find("^%.debug") and section ~= ".comment" and not section:find("^%.bss") then
      local part = part_of(section, file:gsub("%(.*$", ""), file)
      sums[part] = (sums[part] or 0) + tonumber(size, 16)
    end
  end
  return sums
end

--- The parts of the program for an architecture, as `parts` gives them; nothing without a map.
-- @tparam string root the checkout
-- @tparam string arch
-- @treturn {[string]=number}
function M.sizes(root, arch)
  local map = files.read(place(root, arch) .. "/bootstrap.map")
  return map and M.parts(map) or {}
end

return M
