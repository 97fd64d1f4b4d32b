--- What the function's environment says.

local settings = require "fleet.settings"
local tags = require "fleet.tags"

local EXAMPLE = "arn:aws:sns:us-east-1:123456789012:tag-guard-reports"

local function topic(text)
  if text:find("^arn:[^:]+:sns:[^:]+:%d+:[%w_-]+$") then return text end
  return nil, "is no ARN of an SNS topic"
end

local ENVIRONMENT = tags.schema {
  topic = { key = "TOPIC_ARN", example = EXAMPLE, convert = topic },
  dry_run = tags.boolean { key = "DRY_RUN", default = false, example = "1" },
}

--- Reads the settings. A variable that is set to nothing counts as not set.
-- @tparam function getenv as os.getenv
-- @treturn ?table `{ topic, dry_run }`
-- @treturn ?string all that is wrong
return function(getenv) return settings.read(ENVIRONMENT, getenv) end
