--- The IAM actions that a function's declared operations need.
--
-- An action is nearly always the operation's name behind the service's prefix; what differs stands in the
-- tables below. Source: the Service Authorization Reference, by service.
-- @module bundle.policy

local M = {}

-- Prefixes that are neither the service's signing name nor its endpoint prefix.
local PREFIXES = {
  cloudcontrol = "cloudformation",
  cloudwatch = "cloudwatch",
  ["iot-data"] = "iot",
  ["iotevents-data"] = "iotevents",
  iotsecuretunneling = "iot",
  mturk = "mechanicalturk",
  resourcegroupstaggingapi = "tag",
}

local PARTIQL = "PartiQLDelete PartiQLInsert PartiQLSelect PartiQLUpdate"

-- By prefix: operation → actions. A name with a colon brings its own prefix.
local ACTIONS = {
  bedrock = {
    Converse = "InvokeModel",
    ConverseStream = "InvokeModelWithResponseStream",
  },
  dynamodb = {
    BatchExecuteStatement = PARTIQL,
    ExecuteStatement = PARTIQL,
    ExecuteTransaction = PARTIQL,
    TransactGetItems = "GetItem",
    TransactWriteItems = "ConditionCheckItem DeleteItem PutItem UpdateItem",
  },
  ["execute-api"] = {
    DeleteConnection = "ManageConnections",
    GetConnection = "ManageConnections",
    PostToConnection = "ManageConnections",
  },
  kms = {
    ReEncrypt = "ReEncryptFrom ReEncryptTo",
  },
  lambda = {
    GetLayerVersionByArn = "GetLayerVersion",
    Invoke = "InvokeFunction",
    InvokeWithResponseStream = "InvokeFunction",
  },
  s3 = {
    CompleteMultipartUpload = "PutObject",
    CopyObject = "GetObject PutObject",
    CreateMultipartUpload = "PutObject",
    CreateSession = "s3express:CreateSession",
    DeleteBucketAnalyticsConfiguration = "PutAnalyticsConfiguration",
    DeleteBucketCors = "PutBucketCORS",
    DeleteBucketEncryption = "PutEncryptionConfiguration",
    DeleteBucketIntelligentTieringConfiguration = "PutIntelligentTieringConfiguration",
    DeleteBucketInventoryConfiguration = "PutInventoryConfiguration",
    DeleteBucketLifecycle = "PutLifecycleConfiguration",
    DeleteBucketMetricsConfiguration = "PutMetricsConfiguration",
    DeleteBucketOwnershipControls = "PutBucketOwnershipControls",
    DeleteBucketReplication = "PutReplicationConfiguration",
    DeleteBucketTagging = "PutBucketTagging",
    DeleteObjects = "DeleteObject",
    DeletePublicAccessBlock = "PutBucketPublicAccessBlock",
    GetBucketAccelerateConfiguration = "GetAccelerateConfiguration",
    GetBucketAnalyticsConfiguration = "GetAnalyticsConfiguration",
    GetBucketCors = "GetBucketCORS",
    GetBucketEncryption = "GetEncryptionConfiguration",
    GetBucketIntelligentTieringConfiguration = "GetIntelligentTieringConfiguration",
    GetBucketInventoryConfiguration = "GetInventoryConfiguration",
    GetBucketLifecycle = "GetLifecycleConfiguration",
    GetBucketLifecycleConfiguration = "GetLifecycleConfiguration",
    GetBucketMetricsConfiguration = "GetMetricsConfiguration",
    GetBucketNotificationConfiguration = "GetBucketNotification",
    GetBucketReplication = "GetReplicationConfiguration",
    GetObjectAttributes = "GetObject GetObjectAttributes",
    GetObjectLockConfiguration = "GetBucketObjectLockConfiguration",
    GetPublicAccessBlock = "GetBucketPublicAccessBlock",
    HeadBucket = "ListBucket",
    HeadObject = "GetObject",
    ListBucketAnalyticsConfigurations = "GetAnalyticsConfiguration",
    ListBucketIntelligentTieringConfigurations = "GetIntelligentTieringConfiguration",
    ListBucketInventoryConfigurations = "GetInventoryConfiguration",
    ListBucketMetricsConfigurations = "GetMetricsConfiguration",
    ListBuckets = "ListAllMyBuckets",
    ListDirectoryBuckets = "s3express:ListAllMyDirectoryBuckets",
    ListMultipartUploads = "ListBucketMultipartUploads",
    ListObjectVersions = "ListBucketVersions",
    ListObjects = "ListBucket",
    ListObjectsV2 = "ListBucket",
    ListParts = "ListMultipartUploadParts",
    PutBucketAccelerateConfiguration = "PutAccelerateConfiguration",
    PutBucketAnalyticsConfiguration = "PutAnalyticsConfiguration",
    PutBucketCors = "PutBucketCORS",
    PutBucketEncryption = "PutEncryptionConfiguration",
    PutBucketIntelligentTieringConfiguration = "PutIntelligentTieringConfiguration",
    PutBucketInventoryConfiguration = "PutInventoryConfiguration",
    PutBucketLifecycle = "PutLifecycleConfiguration",
    PutBucketLifecycleConfiguration = "PutLifecycleConfiguration",
    PutBucketMetricsConfiguration = "PutMetricsConfiguration",
    PutBucketNotificationConfiguration = "PutBucketNotification",
    PutBucketReplication = "PutReplicationConfiguration",
    PutObjectLockConfiguration = "PutBucketObjectLockConfiguration",
    PutPublicAccessBlock = "PutBucketPublicAccessBlock",
    SelectObjectContent = "GetObject",
    UploadPart = "PutObject",
    UploadPartCopy = "GetObject PutObject",
    WriteGetObjectResponse = "s3-object-lambda:WriteGetObjectResponse",
  },
  sns = {
    PublishBatch = "Publish",
  },
  sqs = {
    ChangeMessageVisibilityBatch = "ChangeMessageVisibility",
    DeleteMessageBatch = "DeleteMessage",
    SendMessageBatch = "SendMessage",
  },
}

-- API Gateway's actions are the HTTP methods of its management API.
local NAMED_BY_METHOD = { apigateway = true }

local function prefix_of(service, metadata)
  return PREFIXES[service] or metadata.signingName or metadata.endpointPrefix
end

local function actions_of(prefix, name, operation)
  if NAMED_BY_METHOD[prefix] then return operation.http.method end
  return ACTIONS[prefix] and ACTIONS[prefix][name] or name
end

--- The actions of one service's operations.
-- @tparam string service such as `ec2`
-- @tparam table model whose `operations` are those declared
-- @treturn {string,...} such as `ec2:StopInstances`; sorted, each once
function M.actions(service, model)
  local prefix = prefix_of(service, model.metadata)
  local actions, seen = {}, {}
  for name, operation in pairs(model.operations) do
    for action in actions_of(prefix, name, operation):gmatch("%S+") do
      local full = action:find(":", 1, true) and action or prefix .. ":" .. action
      if not seen[full] then actions[#actions + 1] = full end
      seen[full] = true
    end
  end
  table.sort(actions)
  return actions
end

local function statement(id, actions)
  return ([[
    {
      "Sid": "%s",
      "Effect": "Allow",
      "Action": [
        "%s"
      ],
      "Resource": "*"
    }]]):format(id:gsub("%W", ""), table.concat(actions, '",\n        "'))
end

--- An IAM policy that allows the declared operations, on every resource: Terraform narrows it.
-- @tparam {[string]=table} models by service, each with the declared operations alone
-- @tparam[opt] {string,...} more actions that these operations need besides their own
-- @treturn string a JSON document, one statement a service, its bytes the same for the same operations
function M.document(models, more)
  local services, statements = {}, {}
  for service in pairs(models) do services[#services + 1] = service end
  table.sort(services)
  for _, service in ipairs(services) do
    if next(models[service].operations) then
      statements[#statements + 1] = statement(service, M.actions(service, models[service]))
    end
  end
  if more and #more > 0 then statements[#statements + 1] = statement("besides", more) end
  local list = #statements > 0 and "\n" .. table.concat(statements, ",\n") .. "\n  " or ""
  return ('{\n  "Version": "2012-10-17",\n  "Statement": [%s]\n}\n'):format(list)
end

return M
