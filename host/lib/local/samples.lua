--- Events as AWS's common sources send them, to begin with. They are the files of samples/, with the time of
-- day filled in.
--
-- Source: AWS Lambda Developer Guide, the chapters on the services; Amazon EventBridge and Amazon EC2
-- User Guides, for their events; API Gateway Developer Guide, payload format 2.0.
-- @module local.samples

local bundle_files = require "bundle.files"
local digest = require "host.digest"
local utc = require "lambda.utc"

local M = {}

--- The sources, each with what it is.
M.SOURCES = {
  { "schedule", "EventBridge: a rule's schedule" },
  { "ec2-state", "EventBridge: an EC2 instance has another state" },
  { "sqs", "SQS: a batch of messages" },
  { "sns", "SNS: a notification" },
  { "s3", "S3: an object was created" },
  { "apigw-v2", "API Gateway: a request to an HTTP API (payload format 2.0)" },
  { "function-url", "a request to a function URL" },
  { "dynamodb", "DynamoDB Streams: an item made, changed and removed" },
}

-- What stands between two @ of a template.
local function fillers(now)
  local whole = math.floor(now)
  return {
    iso = os.date("!%Y-%m-%dT%H:%M:%SZ", whole),
    iso_ms = utc.format(now),
    epoch = ("%d"):format(whole),
    epoch_ms = ("%d"):format(math.floor(now * 1000)),
    clf = os.date("!%d/%b/%Y:%H:%M:%S +0000", whole),
  }
end

-- The digest of a text that is written as JSON writes it.
local function md5_of(escaped)
  return digest.hex(digest.md5((escaped:gsub('\\"', '"'))))
end

--- The event of a source.
-- @tparam string root the checkout
-- @tparam string source one of @{SOURCES}
-- @tparam number now seconds since 1970 UTC
-- @treturn ?string its JSON; nil where there is no such source
function M.text(root, source, now)
  if not source:find("^[%w-]+$") then return nil end
  local template = bundle_files.read(("%s/host/lib/local/samples/%s.template"):format(root, source))
  if not template then return nil end
  local filled = template:gsub("@md5:([^@]*)@", md5_of):gsub("@([%w_]+)@", fillers(now))
  return filled
end

return M
