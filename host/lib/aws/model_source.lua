--- A botocore `data` directory: `<service>/<date>/service-2.json` and its companions, plain or
-- compressed with gzip, each with an optional `*.sdk-extras.json` that is merged into it.
-- @module aws.model_source

local ffi = require "ffi"
local json = require "json"

local M = {}

-- The layout is glibc's on x86_64 and aarch64.
ffi.cdef [[
struct lualambda_dirent {
  uint64_t ino; int64_t off; unsigned short reclen; unsigned char type; char name[256];
};
void *opendir(const char *);
struct lualambda_dirent *readdir(void *) __asm__("readdir");
int closedir(void *);
]]

-- The names in a directory, sorted; empty when it cannot be read.
local function list(path)
  local names = {}
  local directory = ffi.C.opendir(path)
  if directory == nil then return names end
  local entry = ffi.C.readdir(directory)
  while entry ~= nil do
    local name = ffi.string(entry.name)
    if name:sub(1, 1) ~= "." then names[#names + 1] = name end
    entry = ffi.C.readdir(directory)
  end
  ffi.C.closedir(directory)
  table.sort(names)
  return names
end

local function read(path)
  local file = io.open(path, "rb")
  if file then
    local text = file:read("*a")
    file:close()
    return text
  end
  local packed = io.open(path .. ".gz", "rb")
  if not packed then return nil end
  packed:close()
  local pipe = io.popen("gzip -dc '" .. path:gsub("'", "'\\''") .. ".gz'", "r")
  local text = pipe:read("*a")
  pipe:close()
  return text
end

local function decode(path)
  local text = read(path)
  if not text then return nil, path .. ": no such file" end
  local value, message = json.decode(text)
  if not value then return nil, path .. ": " .. message end
  return value
end

local function merge(into, from)
  for key, value in pairs(from) do
    if type(value) == "table" and type(into[key]) == "table" and not json.is_array(value) then
      merge(into[key], value)
    else
      into[key] = value
    end
  end
end

--- The services that a directory holds.
-- @tparam string directory
-- @treturn {string,...} empty where it is no botocore directory
function M.services(directory)
  local names = {}
  for _, name in ipairs(list(directory)) do
    if not name:find(".", 1, true) then names[#names + 1] = name end
  end
  return names
end

--- The services whose models a bundle's directory holds.
-- @tparam string directory
-- @treturn {string,...}
function M.bundled(directory)
  local names = {}
  for _, name in ipairs(list(directory)) do
    local service = name:match("^(.+)%.lua$")
    if service and service ~= "partitions" then names[#names + 1] = service end
  end
  return names
end

--- The newest version of a service.
-- @tparam string directory
-- @tparam string service a name, which no path is
-- @treturn ?string its folder; nil where the service is unknown
function M.folder(directory, service)
  local versions = list(directory .. "/" .. service)
  return #versions > 0 and directory .. "/" .. service .. "/" .. versions[#versions] or nil
end

--- Reads one document.
-- @tparam string folder
-- @tparam string name such as `service-2`
-- @treturn ?table
-- @treturn ?string what is wrong with it
function M.document(folder, name)
  local document, message = decode(folder .. "/" .. name .. ".json")
  if not document then return nil, message end
  local extras = decode(folder .. "/" .. name .. ".sdk-extras.json")
  if extras then merge(document, extras.merge) end
  return document
end

--- Which botocore a directory belongs to.
-- @tparam string directory
-- @treturn string such as `botocore 1.37.9`
function M.version(directory)
  local text = read(directory .. "/../__init__.py") or ""
  local version = text:match("__version__%s*=%s*['\"]([^'\"]+)")
  return version and "botocore " .. version or directory
end

return M
