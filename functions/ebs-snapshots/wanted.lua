--- What the tags of a volume or an instance ask for. Pure.

local every = require "every"
local keep = require "keep"
local tags = require "fleet.tags"

local M = {}

--- The tags of which a source has one at least, as EC2's filters take it.
M.KEYS = "snapshot:*"

local function region(text)
  if text:find("^%l%l%-[%l-]+%-%d+$") then return text end
  return nil, "is no region's name"
end

--- An encryption key of KMS: an id, an alias, or the ARN of either.
-- @tparam table kind as for the fields of `fleet.tags`
-- @treturn table a field for `fleet.tags.schema`
function M.kms_key(kind)
  local function convert(text)
    local name = text:match("^arn:[^:]+:kms:[^:]+:%d+:(.+)$")
    local id = name and name:match("^key/(.+)$") or not name and text
    if (name or text):find("^alias/[%w/_-]+$") then return text end
    if id and (id:find("^[%x-]+$") or id:find("^mrk%-%x+$")) then return text end
    return nil, "is no key of KMS: an id, an alias, or the ARN of either"
  end
  return { key = kind.key, example = "alias/backup", convert = convert }
end

local SCHEMA = tags.schema {
  every = { key = "snapshot:every", example = "daily", convert = every, explains = true },
  keep = { key = "snapshot:keep", example = "7", convert = keep.parse, explains = true },
  zone = tags.zone { key = "snapshot:timezone", example = "Europe/Berlin" },
  copy_to = { key = "snapshot:copy-to", example = "eu-west-1", convert = region },
  copy_key = M.kms_key { key = "snapshot:copy-key" },
}

-- What no tag shows by itself.
local function misfit(wanted, home)
  if not wanted.copy_to then return nil end
  if wanted.copy_to == home then
    return ("snapshot:copy-to = %q: is the region that it is in already"):format(home)
  end
  local of = wanted.copy_key and wanted.copy_key:match("^arn:[^:]+:kms:([^:]+):")
  if of and of ~= wanted.copy_to then
    return ("the key %s is not in %s, where the copy is to be"):format(wanted.copy_key, wanted.copy_to)
  end
end

--- Reads the tags.
-- @tparam ?{table,...} list AWS's list of `{ Key, Value }`
-- @tparam string id whose tags they are
-- @tparam table settings as `settings` reads them
-- @tparam string home the region that it is in
-- @treturn ?table `{ every, keep, zone, copy_to, copy_key }`, the settings filled in
-- @treturn ?string all that is wrong
function M.read(list, id, settings, home)
  local wanted, errors = SCHEMA:read(list, id)
  if not wanted then return nil, tags.messages(errors) end
  wanted.zone = wanted.zone or settings.zone
  wanted.copy_key = wanted.copy_key or settings.copy_key
  local problem = misfit(wanted, home)
  if problem then return nil, problem end
  return wanted
end

return M
