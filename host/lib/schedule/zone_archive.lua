--- Time zones in one file, as vendor/zones.py writes it and a bundle has it.
--
-- A line `NAME OFFSET LENGTH` for each name, an empty line, and the TZif files, which offsets count from.
-- @module schedule.zone_archive

local M = {}

--- The names in an archive.
-- @tparam string path
-- @treturn ?{string,...} nil where there is no archive
function M.names(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local names = {}
  for line in file:lines() do
    if line == "" then break end
    names[#names + 1] = line:match "^%S+"
  end
  file:close()
  return names
end

-- Where a name's TZif file lies; leaves the file behind the empty line.
local function find(file, name)
  local offset, length
  for line in file:lines() do
    if line == "" then break end
    local listed, at, size = line:match "^(%S+) (%d+) (%d+)$"
    if listed == name then offset, length = tonumber(at), tonumber(size) end
  end
  return offset, length
end

--- Reads a zone out of an archive.
-- @tparam string path
-- @tparam string name such as "Europe/Berlin"
-- @treturn ?string the TZif file, nil where there is no archive or no such zone in it
function M.read(path, name)
  local file = io.open(path, "rb")
  if not file then return nil end
  local offset, length = find(file, name)
  local data
  if offset and file:seek("cur", offset) then data = file:read(length) end
  file:close()
  return data
end

return M
