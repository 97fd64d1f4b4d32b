--- Why a start fell back, or was refused, in plain words. Pure.
--
-- Sources: Amazon EC2 User Guide, "Troubleshoot instance launch issues" and "Troubleshoot an unexpectedly
-- stopped instance"; Amazon EC2 API Reference, `StateReason` and "Error codes for the Amazon EC2 API";
-- Amazon RDS User Guide and Amazon Aurora User Guide, "Viewing DB instance status" and "DB cluster status".

local M = {}

local CAPACITY = "AWS has too little capacity of its type in its zone just now"
local KMS = "the key of an encrypted volume cannot be used"
local LIMIT = "a quota of the account is used up"

-- A code without its Server. or Client. → what it means. A code that is none of these is no failure when a
-- resource stopped (somebody may have stopped it), and speaks for itself when a call is refused.
local MEANING = {
  InsufficientInstanceCapacity = CAPACITY,
  InsufficientHostCapacity = CAPACITY,
  InsufficientReservedInstanceCapacity = CAPACITY,
  InsufficientCapacityOnHost = CAPACITY,
  InsufficientDBInstanceCapacity = CAPACITY,
  InsufficientDBClusterCapacityFault = CAPACITY,
  ["Server.InternalError"] = "AWS could not start it, by a fault on its side; if that stays so, move it to "
    .. "another host by a stop and a start, or ask AWS",
  ["Client.InternalError"] = KMS,
  KMSKeyNotAccessibleFault = KMS,
  VolumeLimitExceeded = LIMIT .. ": the size or number of volumes; raise it in Service Quotas (EBS)",
  InstanceLimitExceeded = LIMIT .. ": the number of instances; raise it in Service Quotas (EC2)",
  VcpuLimitExceeded = LIMIT .. ": the number of vCPUs; raise it in Service Quotas (EC2)",
  MaxSpotInstanceCountExceeded = LIMIT .. ": the number of Spot Instances; raise it in Service Quotas (EC2)",
  OptInRequired = "the account has not accepted the terms of the image's product; subscribe to it in AWS "
    .. "Marketplace",
  ["InvalidSnapshot.NotFound"] = "a snapshot that one of its volumes is made of does not exist any more",
  SpotInstanceShutdown = "AWS took the Spot Instance back; it can start when there is capacity for it",
  SpotInstanceTermination = "AWS took the Spot Instance back, and it is gone",
  IncorrectSpotRequestState = "its Spot request is not active; to start again, a Spot Instance needs a "
    .. "persistent one",
  ScheduledStop = "AWS stopped it for a scheduled event; see the instance's events",
  HostLimitExceeded = LIMIT .. ": the number of Dedicated Hosts; raise it in Service Quotas (EC2)",
  LicenseLimitExceeded = "its licence configuration has no licence left; see AWS License Manager",
}

local NEEDS = "the function's role needs kms:CreateGrant on it, by the key's own policy or by the role's "
  .. "(kms_keys in main.tf), and the key must be enabled"

-- States of databases that do not pass by themselves.
local DATABASE = {
  ["failed"] = "it has failed, and can only be restored from a backup",
  ["inaccessible-encryption-credentials"] = KMS,
  ["inaccessible-encryption-credentials-recoverable"] = KMS,
  ["incompatible-network"] = "its subnets have no free address, or its VPC has changed",
  ["incompatible-option-group"] = "its option group does not fit it",
  ["incompatible-parameters"] = "its parameter group does not fit it",
  ["incompatible-restore"] = "it cannot be restored",
  ["insufficient-capacity"] = CAPACITY,
  ["restore-error"] = "it cannot be restored",
  ["storage-full"] = "its storage is full",
}

-- What a code means; nil where it is none of a failure's. Codes vary in their endings:
-- Client.InvalidKMSKey.InvalidState, LicenseConfigurationNotFound.
local function meaning(code)
  local bare = code:gsub("^Server%.", ""):gsub("^Client%.", "")
  if MEANING[code] or MEANING[bare] then return MEANING[code] or MEANING[bare] end
  if bare:lower():find("^invalidkmskey") then return KMS end
  if bare:lower():find("licen[sc]e") then return MEANING.LicenseLimitExceeded end
end

local function with_keys(text, keys)
  if text ~= KMS then return text end
  if #(keys or {}) == 0 then return KMS .. ": " .. NEEDS end
  return ("%s (%s): %s"):format(KMS, table.concat(keys, ", "), NEEDS)
end

--- What a code means, in plain words.
-- @tparam ?string code of a StateReason or of an error
-- @treturn ?string nil where the code is no failure's
function M.meaning(code)
  return code and meaning(code)
end

--- Whether the code is one of too little capacity.
-- @tparam ?string code of a StateReason or of an error
-- @treturn boolean
function M.is_capacity(code)
  return code ~= nil and meaning(code) == CAPACITY
end

--- Whether the code speaks of a key, which is worth a look at the volumes.
-- @tparam ?string code
-- @treturn boolean
function M.is_key(code)
  return code ~= nil and meaning(code) == KMS
end

-- AWS's own words, behind the code and without repeating it: "Client.InternalError: Client error on launch".
local function said(code, message)
  local words = message or ""
  if words:sub(1, #code) == code then words = words:sub(#code + 1):gsub("^:%s*", "") end
  return words == "" and code or code .. ": " .. words
end

--- A failure in plain words.
-- @tparam ?string code of a StateReason or of an error
-- @tparam ?string message AWS's own words
-- @tparam[opt] {string,...} keys ARNs of the keys that encrypt the resource, as far as they are known
-- @treturn ?string nil where the code is no failure's
function M.explain(code, message, keys)
  local text = code and meaning(code)
  return text and ("%s (%s)"):format(with_keys(text, keys), said(code, message))
end

--- A database's state in plain words.
-- @tparam string status
-- @tparam[opt] {string,...} keys
-- @treturn ?string nil where the state may pass by itself
function M.database(status, keys)
  local text = DATABASE[status]
  return text and with_keys(text, keys) .. " (" .. status .. ")"
end

return M
