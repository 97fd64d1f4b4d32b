--- The bytecode of a function's Lua files, which spares a start the compiler; `host.bytecode` loads it.
-- @module bundle.bytecode

local bytecode = require "host.bytecode"
local ffi = require "ffi"

local M = {}

--- The name of the file in a bundle.
M.FILE = bytecode.FILE

local HEADER, ENTRY = 40, 24 -- bytes
local COMPILER = 32

-- A number as 4 bytes, of which both processors have the lowest first.
local function uint32(number)
  return ffi.string(ffi.new("uint32_t[1]", number), 4)
end

local function lua_files(entries)
  local list = {}
  for _, entry in ipairs(entries) do
    if entry.path:find "%.lua$" then list[#list + 1] = entry end
  end
  table.sort(list, function(a, b) return a.path < b.path end)
  return list
end

--- Compiles files.
-- @tparam {table,...} entries `{ path, bytes }`; those that are not `*.lua` are passed over
-- @treturn string the file's bytes, as `host.bytecode` has them; the same for the same entries
function M.pack(entries)
  local list = lua_files(entries)
  local index, texts, at = {}, {}, HEADER + #list * ENTRY
  local function put(text)
    texts[#texts + 1] = text
    at = at + #text
    return uint32(at - #text)
  end
  for i, entry in ipairs(list) do
    -- "d": without it, tables are dumped in the order of their hashes, which differs from run to run.
    local code = string.dump(assert(loadstring(entry.bytes, "@" .. entry.path)), "d")
    index[i] = bytecode.sum(entry.bytes) .. put(entry.path .. "\0") .. put(code) .. uint32(#code) .. uint32(0)
  end
  local compiler = jit.version .. ("\0"):rep(COMPILER - #jit.version)
  return compiler .. uint32(at) .. uint32(#list) .. table.concat(index) .. table.concat(texts)
end

return M
