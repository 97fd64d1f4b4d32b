-- fleet.lua CALLS AT_ONCE ROUNDS: calls DescribeInstances so often, so many at once. Prints the microseconds
-- of each round.

local aws = require "aws"
local fleet = require "fleet"
local task = require "task"

local ec2 = aws.client("ec2")
local calls = {}
for i = 1, tonumber(arg[1]) do calls[i] = i end

for _ = 1, tonumber(arg[3]) do
  local before = task.now()
  local summary = fleet.each(calls, function()
    return ec2:describe_instances { MaxResults = 10 }
  end, { concurrency = tonumber(arg[2]) })
  print(("%.1f"):format((task.now() - before) * 1e6))
  assert(summary.failed == 0)
end
