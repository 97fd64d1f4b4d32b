--- The bytecode of a function's Lua files, which spares a start the compiler; `host.bytecode` loads it.
-- @module bundle.bytecode

local bytecode = require "host.bytecode"
local ffi = require "ffi"

local M = {}

--- The name of the file in a bundle.
M.FILE = bytecode.FILE

-- A number as 4 bytes, of which both processors have the lowest first.
local function uint32(number)
  return ffi.string(ffi.new("uint32_t[1]", number), 4)
end

--- Compiles files.
-- @tparam {table,...} entries `{ path, bytes }`; those that are not `*.lua` are passed over
-- @treturn string the file's bytes; the same for the same entries
function M.pack(entries)
  local out = { jit.version, "\n" }
  for _, entry in ipairs(entries) do
    if entry.path:find("%.lua$") then
      -- "d": without it, tables are dumped in the order of their hashes, which differs from run to run.
      local code = string.dump(assert(loadstring(entry.bytes, "@" .. entry.path)), "d")
      out[#out + 1] = bytecode.sum(entry.bytes) .. uint32(#entry.path) .. uint32(#code)
      out[#out + 1] = entry.path
      out[#out + 1] = code
    end
  end
  return table.concat(out)
end

return M
