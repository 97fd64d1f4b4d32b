--- Where the data of time zones is: TZif files in folders, or in an archive beside one.
-- @module schedule.zone_files

local lazy = require "lazy"

local nearest, zone_archive = lazy "nearest", lazy "schedule.zone_archive"

local M = {}

local MAX_FILE_SIZE = 1024 * 1024

--- Where zones are looked for.
-- @treturn {string,...} folders
function M.directories()
  local directories = {}
  local first, bundle = os.getenv "TZDIR", os.getenv "LAMBDA_TASK_ROOT"
  if first and first ~= "" then
    directories[1] = first
  end
  directories[#directories + 1] = "/usr/share/zoneinfo"
  directories[#directories + 1] = "/usr/share/lib/zoneinfo"
  if bundle and bundle ~= "" then
    directories[#directories + 1] = bundle .. "/zoneinfo"
  end
  return directories
end

-- The contents of the first file of that name, and its path. A folder opens, but does not read. Beside a
-- folder, or in its place, may be an archive: FOLDER.bin.
local function read_first(name, directories)
  for _, directory in ipairs(directories) do
    local path = directory .. "/" .. name
    local file = io.open(path, "rb")
    local data = file and file:read(MAX_FILE_SIZE)
    if file then
      file:close()
    end
    if not data then
      path = directory .. ".bin"
      data = zone_archive.read(path, name)
    end
    if data then
      return data, path
    end
  end
end

-- The lists of names that a zoneinfo folder may have, the most complete first, with the patterns of a name.
local INDEXES = {
  { file = "tzdata.zi", "^Z (%S+)", "^L %S+ (%S+)" },
  { file = "zone1970.tab", "^[^#%s]+\t%S+\t(%S+)" },
  { file = "zone.tab", "^[^#%s]+\t%S+\t(%S+)" },
}

-- All names that the first index lists, or nil without an index.
local function known_names(directories)
  for _, index in ipairs(INDEXES) do
    local data = read_first(index.file, directories)
    if data then
      local names = { "UTC" }
      for line in data:gmatch "[^\n]+" do
        names[#names + 1] = line:match(index[1]) or index[2] and line:match(index[2])
      end
      return names
    end
  end
  for _, directory in ipairs(directories) do
    local names = zone_archive.names(directory .. ".bin")
    if names then
      return names
    end
  end
end

local function spellings(name)
  name = name:lower()
  local city = name:match "[^/]+$"
  return city == name and { name } or { name, city }
end

-- A name becomes part of a path: no absolute one, no way out of the folder, and no second path to a file.
local function is_valid_name(name)
  return name:find "^[%w_+-][%w._+/-]*$"
    and not name:find "%.%." and not name:find "/[/.]"
end

--- Reads the file of a zone.
-- @tparam string name
-- @tparam {string,...} directories
-- @treturn ?string its bytes; nil where no folder has it
-- @treturn ?string its path, or the archive's
function M.read(name, directories)
  if is_valid_name(name) then
    return read_first(name, directories)
  end
end

--- What is wrong with a name that is no zone's.
-- @tparam string name
-- @tparam {string,...} directories
-- @treturn string
-- @treturn ?string the zone that was meant, if one is near
function M.unknown(name, directories)
  local message = ("unknown time zone %q"):format(name:sub(1, 80))
  local names = known_names(directories)
  if not names then
    return ("%s: no time zone data in %s; install tzdata or put a zoneinfo folder into the bundle"):format(
      message, table.concat(directories, ", "))
  end
  local near = #name <= 80 and nearest.names(name, names, spellings) or {}
  if #near == 0 then
    return message .. "; for example \"Europe/Berlin\""
  end
  return ("%s; did you mean %s?"):format(message, table.concat(near, " or ")), near[1]
end

return M
