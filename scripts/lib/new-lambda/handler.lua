--- Counts the EC2 instances of this account and region.

local aws = require "aws"
local log = require "lambda.log"

--- @tparam table _ the event, as EventBridge sends it
-- @tparam table _ the invocation's context
-- @tparam[opt] table world for specs: `{ ec2 = client }`
-- @treturn table `{ instances = count }`
return function(_, _, world)
  local ec2 = world and world.ec2 or aws.client("ec2")
  local count = 0
  for reservation in ec2:each("describe_instances", { MaxResults = 1000 }) do
    count = count + #reservation.Instances
  end
  log.info("counted", { instances = count })
  return { instances = count }
end
