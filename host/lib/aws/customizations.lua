--- What some services expect, or want done to their answers, beyond what their models say; as boto3 does.
--
-- Source: botocore's handlers.py.
-- @module aws.customizations

local digest = require "host.digest"
local scalar = require "host.scalar"
local uri = require "aws.protocol.uri"

local M = {}

-- ---- parameters, before they are checked ----

local function replaced(params, changes)
  local copy = {}
  for name, value in pairs(params) do copy[name] = value end
  for name, value in pairs(changes) do copy[name] = value end
  return copy
end

local function user_data(params)
  if type(params.UserData) ~= "string" then return params end
  return replaced(params, { UserData = scalar.base64(params.UserData) })
end

local ROUTE53_IDS = { ResourceId = true, DelegationSetId = true, ChangeId = true }

-- An id as an answer gives it, "/hostedzone/Z1", is good for the next request.
local function route53_ids(params, operation, model)
  local input, changes = operation.input and model.shapes[operation.input.shape] or {}, {}
  for name, reference in pairs(input.members or {}) do
    local id = params[name]
    if ROUTE53_IDS[reference.shape] and type(id) == "string" then changes[name] = id:match("[^/]*$") end
  end
  return replaced(params, changes)
end

local function own_account(params)
  return params.accountId == nil and replaced(params, { accountId = "-" }) or params
end

-- "bucket/key?versionId=v", or a table of the three.
local function copy_source(params)
  local source = params.CopySource
  if type(source) == "string" then
    local path, version = source:match("^(.-)(%?versionId=.*)$")
    return replaced(params, { CopySource = uri.encode_path(path or source) .. (version or "") })
  end
  if type(source) ~= "table" or not (source.Bucket and source.Key) then return params end
  local version = source.VersionId and "?versionId=" .. source.VersionId or ""
  local joint = source.Bucket:find("^arn:") and "/object/" or "/"
  return replaced(params, { CopySource = uri.encode_path(source.Bucket .. joint .. source.Key) .. version })
end

local NAMES = { "Delimiter", "Prefix", "Marker", "NextMarker", "StartAfter", "KeyMarker", "NextKeyMarker" }
local LISTS = { Contents = "Key", Versions = "Key", DeleteMarkers = "Key", CommonPrefixes = "Prefix" }

local function decode_field(structure, name)
  local text = structure[name]
  if type(text) ~= "string" then return end
  structure[name] = text:gsub("+", " "):gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end)
end

local function decode_names(output)
  if output.EncodingType ~= "url" then return end
  for _, name in ipairs(NAMES) do decode_field(output, name) end
  for list, name in pairs(LISTS) do
    for _, entry in ipairs(output[list] or {}) do decode_field(entry, name) end
  end
  output.EncodingType = nil
end

-- XML cannot hold all that a key can.
local function encoded_names(params)
  if params.EncodingType ~= nil then return params end
  return replaced(params, { EncodingType = "url" }), decode_names
end

-- A key that the caller keeps goes with its hash, both in base64, unless he has done so himself.
local function customer_keys(params)
  for _, prefix in ipairs { "SSECustomerKey", "CopySourceSSECustomerKey" } do
    local key, hash = params[prefix], prefix .. "MD5"
    if type(key) == "string" and params[hash] == nil then
      params = replaced(params, { [prefix] = scalar.base64(key), [hash] = scalar.base64(digest.md5(key)) })
    end
  end
  return params
end

-- By service: for all its operations, and for one, which comes second.
local PARAMS = {
  autoscaling = { CreateLaunchConfiguration = user_data },
  ec2 = { RunInstances = user_data },
  glacier = { any = own_account },
  route53 = { any = route53_ids },
  s3 = {
    any = customer_keys,
    CopyObject = copy_source,
    UploadPartCopy = copy_source,
    ListObjects = encoded_names,
    ListObjectsV2 = encoded_names,
    ListObjectVersions = encoded_names,
  },
}

--- The parameters as a request needs them.
-- @tparam table model
-- @tparam string name AWS's name of the operation
-- @tparam table params left as they are
-- @treturn table
-- @treturn ?function undoes in the output what has been asked for without the caller
function M.params(model, name, params)
  local rules = PARAMS[model.service]
  if not rules or type(params) ~= "table" then return params end
  if rules.any then params = rules.any(params, model.operations[name], model) end
  if rules[name] then return rules[name](params) end
  return params
end

-- ---- requests ----

local HEADERS = {
  apigateway = function() return "Accept", "application/json" end,
  glacier = function(model) return "x-amz-glacier-version", model.metadata.apiVersion end,
}

--- Adds the headers that a service wants on each request.
-- @tparam table model
-- @tparam table headers changed
function M.add_headers(model, headers)
  local rule = HEADERS[model.service]
  if not rule then return end
  local name, value = rule(model)
  headers[name] = value
end

local UNSIGNED = { sts = { AssumeRoleWithSAML = true, AssumeRoleWithWebIdentity = true } }

--- Whether an operation is open to callers without credentials, though its model does not say so.
-- @tparam table model
-- @tparam string name AWS's name of the operation
-- @treturn boolean
function M.is_unsigned(model, name)
  local operations = UNSIGNED[model.service]
  return operations ~= nil and operations[name] == true
end

return M
