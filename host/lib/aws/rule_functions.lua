--- The functions that endpoint rules call.
--
-- Source: Smithy specification, "Rules engine standard library" and "AWS rules engine library functions".
-- @module aws.rule_functions

local uri = require "aws.protocol.uri"

local M = {}

-- One label of a host name (RFC 1123).
local function is_label(text)
  return #text <= 63 and text:find("^[%w%-]+$") ~= nil and not text:find("^%-") and not text:find("%-$")
end

local function is_ipv4(text)
  return text:find("^%d+%.%d+%.%d+%.%d+$") ~= nil
end

--- Whether a text is a host label, or several with dots between them.
function M.isValidHostLabel(text, several)
  if text == nil then return false end
  if not several then return is_label(text) end
  for label in (text .. "."):gmatch("(.-)%.") do
    if not is_label(label) then return false end
  end
  return true
end

M["aws.isVirtualHostableS3Bucket"] = function(bucket, dots)
  return bucket ~= nil and #bucket >= 3 and not bucket:find("%u") and not is_ipv4(bucket)
    and M.isValidHostLabel(bucket, dots)
end

M["not"] = function(value)
  return not value
end

function M.isSet(value)
  return value ~= nil
end

function M.stringEquals(a, b)
  return a == b
end

M.booleanEquals = M.stringEquals

--- The value at a path such as `a.b[0]`.
function M.getAttr(value, path)
  for part in path:gmatch("[^.]+") do
    local name, index = part:match("^(.-)%[(%d+)%]$")
    if value ~= nil and (name or part) ~= "" then value = value[name or part] end
    if value ~= nil and index then value = value[tonumber(index) + 1] end
  end
  return value
end

--- The characters `start` to before `stop`, counted from 0; from the end where `reverse`.
function M.substring(text, start, stop, reverse)
  if type(text) ~= "string" or start >= stop or #text < stop or text:find("[\128-\255]") then return nil end
  if reverse then return text:sub(#text - stop + 1, #text - start) end
  return text:sub(start + 1, stop)
end

function M.uriEncode(text)
  return text and uri.encode(text)
end

function M.parseURL(text)
  local scheme, authority, path = (text or ""):match("^(https?)://([^/?#]+)([^?#]*)$")
  if not scheme then return nil end
  local port = authority:match(":([^:%]]*)$")
  if port and not port:find("^%d+$") then return nil end
  return {
    scheme = scheme,
    authority = authority,
    path = path,
    normalizedPath = path:gsub("/+$", "") .. "/",
    isIp = is_ipv4(authority:match("^[^:]*")) or authority:find("^%[") ~= nil,
  }
end

M["aws.parseArn"] = function(text)
  local partition, service, region, account, resource =
    (text or ""):match("^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.+)$")
  if not partition then return nil end
  local parts = {}
  for part in (resource:gsub(":", "/") .. "/"):gmatch("(.-)/") do parts[#parts + 1] = part end
  return {
    partition = partition,
    service = service,
    region = region,
    accountId = account,
    resourceId = parts,
  }
end

-- A partition's regular expression as Lua patterns: one group of alternatives becomes one each.
local function region_patterns(expression)
  local translated = expression:gsub("\\w", "[%%w_]"):gsub("\\d", "%%d"):gsub("\\%-", "%%-")
  local before, alternatives, after = translated:match("^(.-)%((.-)%)(.*)$")
  if not before then return { translated } end
  local patterns = {}
  for word in alternatives:gmatch("[^|]+") do patterns[#patterns + 1] = before .. word .. after end
  return patterns
end

local function holds(partition, region)
  if partition.regions[region] then return true end
  for _, pattern in ipairs(region_patterns(partition.regionRegex)) do
    if region:find(pattern) then return true end
  end
  return false
end

--- The function `aws.partition` over a `partitions.json` table: a region's partition, the first one
-- where none is found.
-- @tparam table partitions
-- @treturn function
function M.partition_of(partitions)
  return function(region)
    local found = partitions.partitions[1]
    for _, partition in ipairs(partitions.partitions) do
      if region and holds(partition, region) then
        found = partition
        break
      end
    end
    return setmetatable({ name = found.id }, { __index = found.outputs })
  end
end

return M
