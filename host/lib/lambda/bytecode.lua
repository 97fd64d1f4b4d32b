--- The bytecode of a function's Lua files, which spares a start the compiler.
--
-- A bundle holds the files as source, so that they can be read and edited in the Lambda console, and in one
-- more file what they compile to. A file's bytecode is good while the file's checksum is that of what it was
-- compiled from; one that was edited since is compiled from its source.
-- @module lambda.bytecode

local digest = require "host.digest"

local M = {}

--- The name of the file in a bundle.
M.FILE = "bytecode"

-- A runtime in a layer may have another compiler than the bundle was made with.
local HEADER = jit.version .. "\n"

local function checksum(source)
  return digest.hex(digest.crc32(source))
end

--- Compiles files.
-- @tparam {table,...} entries `{ path, bytes }`; those that are not `*.lua` are passed over
-- @treturn string what `unpack` reads; the same entries give the same bytes
function M.pack(entries)
  local out = { HEADER }
  for _, entry in ipairs(entries) do
    if entry.path:find("%.lua$") then
      -- "d": without it, tables are dumped in the order of their hashes, which differs from run to run.
      local code = string.dump(assert(loadstring(entry.bytes, "@" .. entry.path)), "d")
      out[#out + 1] = ("%s %d %s\n%s"):format(checksum(entry.bytes), #code, entry.path, code)
    end
  end
  return table.concat(out)
end

--- Finds what is packed.
-- @tparam ?string text nil where there is none
-- @treturn {[string]=table} `{ sum, code }` by path; empty where the text is another compiler's
function M.unpack(text)
  local found = {}
  if not text or text:sub(1, #HEADER) ~= HEADER then return found end
  local at = #HEADER + 1
  while at <= #text do
    local sum, size, path, start = text:match("^(%x+) (%d+) ([^\n]+)\n()", at)
    if not sum or start + size - 1 > #text then break end
    at = start + size
    found[path] = { sum = sum, code = text:sub(start, at - 1) }
  end
  return found
end

--- Loads a file: from its bytecode where that is still good, else from its source.
-- @tparam table found as `unpack` gives it
-- @tparam string path in the bundle
-- @tparam string source
-- @treturn ?function the chunk
-- @treturn ?string what the compiler says
function M.load(found, path, source)
  local known = found[path]
  if known and known.sum == checksum(source) then return loadstring(known.code, "@" .. path) end
  return loadstring(source, "@" .. path)
end

return M
