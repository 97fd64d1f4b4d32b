--- Zip archives whose bytes depend on nothing but what is in them.
--
-- The packing is Info-ZIP's; the entries' order, times and modes are fixed here.
-- @module bundle.zip

local files = require "bundle.files"

local M = {}

-- The oldest time that the format can hold, in seconds since 1970.
local EPOCH_1980 = "@315532800"

-- zip reads options from the environment, and turns times into local ones.
local ENVIRONMENT = { "TZ=UTC", "LC_ALL=C", "ZIP=", "ZIPOPT=" }

local function with_names(words, names)
  for _, name in ipairs(names) do words[#words + 1] = name end
  return words
end

--- Writes an archive.
-- @tparam string path where to; absolute, and not there yet
-- @tparam {table,...} entries `{ path, bytes | file, mode }`: the content or the absolute name of the file
--   that holds it, and the mode as chmod has it, "644" when left out
-- @tparam string stage an empty folder to lay the files out in
-- @raise when the disk or zip will not
function M.write(path, entries, stage)
  local names = {}
  for _, entry in ipairs(entries) do
    local target = stage .. "/" .. entry.path
    files.write(target, entry.bytes or assert(files.read(entry.file)))
    files.must { "chmod", entry.mode or "644", target }
    names[#names + 1] = entry.path
  end
  table.sort(names)
  files.must(with_names({ "touch", "-c", "-d", EPOCH_1980, "--" }, names), { folder = stage })
  files.must(with_names({ "zip", "-q", "-X", "-D", "-9", "-nw", path, "--" }, names),
    { folder = stage, environment = ENVIRONMENT })
end

-- Little-endian number of `size` bytes at a zero-based offset.
local function number(bytes, offset, size)
  local value = 0
  for i = size, 1, -1 do value = value * 256 + bytes:byte(offset + i) end
  return value
end

--- Reads the directory of an archive. Source: PKWARE's APPNOTE, sections 4.3.12 and 4.3.16.
-- @tparam string bytes the archive, without a comment at its end
-- @treturn {table,...} entries `{ path, size, packed, mode }`: sizes in bytes, the mode as a number
function M.directory(bytes)
  local tail = #bytes - 22
  local entries, offset = {}, number(bytes, tail + 16, 4)
  for _ = 1, number(bytes, tail + 10, 2) do
    local name_length = number(bytes, offset + 28, 2)
    entries[#entries + 1] = {
      path = bytes:sub(offset + 47, offset + 46 + name_length),
      size = number(bytes, offset + 24, 4),
      packed = number(bytes, offset + 20, 4),
      mode = number(bytes, offset + 40, 2) % 4096,
    }
    offset = offset + 46 + name_length + number(bytes, offset + 30, 2) + number(bytes, offset + 32, 2)
  end
  return entries
end

return M
