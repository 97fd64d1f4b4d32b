--- Counts the EC2 instances of this account and region.

local aws = require "aws"
local log = require "lambda.log"

--- Takes the event, as EventBridge sends it, and the invocation's context.
-- @treturn table `{ instances = count }`
return function()
  local ec2, count = aws.client "ec2", 0
  for reservation in ec2:each("describe_instances", { MaxResults = 1000 }) do
    count = count + #reservation.Instances
  end
  log.info("counted", { instances = count })
  return { instances = count }
end
