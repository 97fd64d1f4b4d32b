--- The calls of EC2: what they find, and what they do for a step of the plan.

local marks = require "marks"
local tag_value = require("fleet.tags").value
local wanted = require "wanted"

local M = {}

local function name_of(tags)
  local name = tag_value(tags, "Name")
  return name ~= "" and name or nil
end

local function filter(name, values) return { Name = name, Values = values } end

--- The volumes and the instances that have tags of ours.
-- @tparam aws.client ec2
-- @treturn {table,...} `{ id, is_volume, name, tags }`
function M.sources(ec2)
  local tagged, list = filter("tag-key", { wanted.KEYS }), {}
  local function add(id, is_volume, tags)
    list[#list + 1] = { id = id, is_volume = is_volume, name = name_of(tags), tags = tags }
  end
  local volumes = { Filters = { tagged, filter("status", { "available", "in-use" }) }, MaxResults = 500 }
  for volume in ec2:each("describe_volumes", volumes) do add(volume.VolumeId, true, volume.Tags) end

  local states = filter("instance-state-name", { "running", "stopping", "stopped" })
  for reservation in ec2:each("describe_instances", { Filters = { tagged, states }, MaxResults = 1000 }) do
    for _, instance in ipairs(reservation.Instances) do add(instance.InstanceId, false, instance.Tags) end
  end
  return list
end

--- The snapshots of a region that this function made.
-- @tparam aws.client ec2
-- @treturn {table,...} as EC2 describes them
function M.snapshots(ec2)
  local list = {}
  for snapshot in ec2:each("describe_snapshots", {
    OwnerIds = { "self" },
    Filters = { filter("tag:" .. marks.MADE_BY.Key, { marks.MADE_BY.Value }) },
    MaxResults = 1000,
  }) do
    list[#list + 1] = snapshot
  end
  return list
end

--- Which snapshots the account's images use.
-- @tparam aws.client ec2
-- @treturn {[string]=string} an image's id by a snapshot's
function M.images(ec2)
  local used = {}
  local own = { Owners = { "self" }, IncludeDisabled = true, MaxResults = 1000 }
  for image in ec2:each("describe_images", own) do
    for _, mapping in ipairs(image.BlockDeviceMappings or {}) do
      local id = mapping.Ebs and mapping.Ebs.SnapshotId
      if id then used[id] = image.ImageId end
    end
  end
  return used
end

local function ids_of(snapshots)
  local ids = {}
  for i, snapshot in ipairs(snapshots) do ids[i] = snapshot.SnapshotId end
  return table.concat(ids, " ")
end

-- ---- what a step of the plan does ----

local function description_of(what) return marks.MADE_BY.Value .. ":" .. what.id end

--- Takes a snapshot of a volume, or of all volumes of an instance at one instant. Its tags are set by the
-- same call: whatever happens next, it is known for ours.
-- @tparam aws.client ec2
-- @tparam table step
-- @tparam string _ the region
-- @tparam string run the invocation's id
-- @treturn ?string the ids of what was made
-- @treturn ?aws.error
function M.take(ec2, step, _, run)
  local source = step.from
  local tags = marks.taken(source, step.period, source.wanted.zone, run)
  local description = description_of(source)
  if source.is_volume then
    local made, err = ec2:create_snapshot {
      VolumeId = source.id, Description = description, TagSpecifications = tags,
    }
    return made and made.SnapshotId, err
  end
  local made, err = ec2:create_snapshots {
    InstanceSpecification = { InstanceId = source.id }, Description = description, TagSpecifications = tags,
  }
  return made and ids_of(made.Snapshots), err
end

--- Copies a snapshot; without a key the copy is encrypted as the snapshot is.
-- @tparam aws.client ec2 of the region that the copy is to be in
-- @tparam table step
-- @tparam string home the snapshot's region
-- @treturn ?string the copy's id
-- @treturn ?aws.error
function M.copy(ec2, step, home)
  local original = step.original
  local made, err = ec2:copy_snapshot {
    SourceRegion = home, SourceSnapshotId = original.id,
    Encrypted = step.key and true, KmsKeyId = step.key,
    Description = description_of(original),
    TagSpecifications = marks.copied(original),
  }
  return made and made.SnapshotId, err
end

--- Deletes a snapshot. One that is gone already is as good.
-- @tparam aws.client ec2
-- @tparam table step
-- @treturn ?string its id
-- @treturn ?aws.error
function M.expire(ec2, step)
  local deleted, err = ec2:delete_snapshot { SnapshotId = step.snapshot }
  if deleted or err.code == "InvalidSnapshot.NotFound" then return step.snapshot end
  return nil, err
end

M.discard = M.expire

return M
