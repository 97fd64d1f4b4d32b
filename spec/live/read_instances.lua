-- read_instances.lua URL: reads all instances that URL serves, in pages of 1000. Prints how many there
-- were, and the most memory that the process held at once, in kB.
local aws = require "aws"

local ec2 = aws.client("ec2", {
  region = "us-east-1",
  endpoint = arg[1],
  credentials = { access_key = "AKIALOCAL", secret_key = "local" },
})

local count = 0
for reservation in ec2:each("describe_instances", { MaxResults = 1000 }) do
  for _, instance in ipairs(reservation.Instances) do
    assert(instance.State.Name == "running" and #instance.Tags == 5)
    count = count + 1
  end
end

for line in io.lines("/proc/self/status") do
  local held = line:match("^VmHWM:%s*(%d+) kB")
  if held then print(count, held) end
end
