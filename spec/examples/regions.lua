-- Fans out over regions: all are asked at once, and one that fails is no other's error.
--
--     build/bootstrap run spec/examples/regions.lua

local aws = require "aws"
local fleet = require "fleet"

local names = {}
for i, region in ipairs(assert(aws.client("ec2"):describe_regions()).Regions) do
  names[i] = region.RegionName
end

local summary = fleet.each(names, function(name)
  local instances = 0
  for reservation in aws.client("ec2", { region = name }):each "describe_instances" do
    instances = instances + #reservation.Instances
  end
  return instances
end, { name = "region", concurrency = 20 })

table.sort(summary.items, function(a, b) return a.id < b.id end)
for _, region in ipairs(summary.items) do
  if not region.ok then
    print(region.id, "failed", region.error.code)
  elseif region.result > 0 then
    print(region.id, region.result)
  end
end
print(("%d regions, %d failed"):format(summary.total, summary.failed))
