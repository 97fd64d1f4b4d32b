--- The calls of EC2 and SNS: what there is, and what is done about it.

local decide = require "decide"
local tag_value = require("fleet.tags").value

local M = {}

local function filter(name, values) return { Name = name, Values = values } end

local function name_of(tags)
  local name = tag_value(tags, "Name")
  return name ~= "" and name or nil
end

-- LaunchTime is that of the last start; an instance is as old as the oldest of its attachments.
local function created(instance)
  local first = instance.LaunchTime
  for _, mapping in ipairs(instance.BlockDeviceMappings or {}) do
    first = math.min(first, mapping.Ebs and mapping.Ebs.AttachTime or first)
  end
  return first
end

-- A Spot instance can be stopped only where its request is persistent, one on instance store never.
local function can_stop(instance)
  return instance.InstanceLifecycle ~= "spot" and instance.RootDeviceType ~= "instance-store"
end

local function instances(ec2, which, add)
  local filters = { filter("instance-state-name", { "pending", "running", "stopping", "stopped" }), which }
  for reservation in ec2:each("describe_instances", { Filters = filters, MaxResults = 1000 }) do
    for _, instance in ipairs(reservation.Instances) do
      add {
        kind = "instance", id = instance.InstanceId, state = instance.State.Name, tags = instance.Tags or {},
        created = created(instance), can_stop = can_stop(instance),
      }
    end
  end
end

local function volumes(ec2, which, add)
  local filters = { filter("status", { "creating", "available", "in-use" }), which }
  for volume in ec2:each("describe_volumes", { Filters = filters, MaxResults = 500 }) do
    add {
      kind = "volume", id = volume.VolumeId, state = volume.State, tags = volume.Tags or {},
      created = volume.CreateTime,
    }
  end
end

--- The resources that an event is about; with an instance its volumes.
-- @tparam aws.client ec2
-- @tparam table subject as `subject` reads it
-- @tparam string account whose they are
-- @treturn {table,...} `{ kind, id, name, account, state, created, can_stop, tags }`
function M.find(ec2, subject, account)
  local list, seen = {}, {}
  local function add(resource)
    if seen[resource.id] then return end
    seen[resource.id] = true
    resource.account, resource.name = account, name_of(resource.tags)
    list[#list + 1] = resource
  end
  local function of(ids, look, name)
    if #ids > 0 then look(ec2, filter(name, ids), add) end
  end
  if subject.all then
    instances(ec2, nil, add)
    volumes(ec2, nil, add)
  else
    of(subject.instance, instances, "instance-id")
    of(subject.instance, volumes, "attachment.instance-id")
    of(subject.volume, volumes, "volume-id")
  end
  return list
end

--- Stops an instance.
-- @tparam aws.client ec2
-- @tparam table step
-- @treturn ?table
-- @treturn ?aws.error
function M.stop(ec2, step)
  return ec2:stop_instances { InstanceIds = { step.resource.id } }
end

--- Sets the step's mark; removes both where it has none.
-- @tparam aws.client ec2
-- @tparam table step
-- @treturn ?table
-- @treturn ?aws.error
function M.mark(ec2, step)
  local ids = { step.resource.id }
  if step.mark then return ec2:create_tags { Resources = ids, Tags = { step.mark } } end
  local both = { { Key = decide.STOP_AFTER }, { Key = decide.REPORTED } }
  return ec2:delete_tags { Resources = ids, Tags = both }
end

--- Sends a message.
-- @tparam aws.client sns
-- @tparam string topic its ARN
-- @tparam string subject
-- @tparam string body
-- @treturn ?table
-- @treturn ?aws.error
function M.tell(sns, topic, subject, body)
  return sns:publish { TopicArn = topic, Subject = subject, Message = body }
end

return M
