--- Auto Scaling groups.
--
-- `start-stop:asg = scale`, which is also what counts where the tag is missing: a stop remembers the sizes in
-- `start-stop:size` and makes them 0; a start brings them back. `suspend`: a stop suspends what would
-- replace the instances, remembers which processes that were in `start-stop:suspended`, and stops the
-- instances; a start starts them, and resumes the processes when all run.

local calls = require "targets.calls"
local fleet = require "fleet"
local json = require "json"
local options = require "options"
local reasons = require "reasons"
local tag_keys = require "tag_keys"
local tag_value = require("fleet.tags").value

local M = {}

local SIZE, SUSPENDED = "start-stop:size", "start-stop:suspended"
local NAMES = 50 -- groups in a call
local INSTANCES = 200 -- values that a filter takes
local CLOCKS = 60 -- seconds that AWS's clock and ours may be apart
local PROCESSES = { -- what would launch, terminate or replace an instance, or change their number
  "Launch", "Terminate", "HealthCheck", "ReplaceUnhealthy", "AZRebalance", "AlarmNotification",
  "ScheduledActions",
}

local function tag_of(name, key, value)
  return {
    ResourceId = name, ResourceType = "auto-scaling-group", PropagateAtLaunch = false,
    Key = key, Value = value,
  }
end

local function remember(clients, resource, key, value)
  return clients.autoscaling:create_or_update_tags { Tags = { tag_of(resource.id, key, value) } }
end

-- ---- sizes ----

local scale = {}

local function in_service(group)
  local count = 0
  for _, instance in ipairs(group.Instances or {}) do
    if instance.LifecycleState == "InService" then count = count + 1 end
  end
  return count
end

-- A group that a policy has brought down to 0 can grow again: only one that cannot is stopped.
function scale.state(group)
  if group.MaxSize == 0 then
    local gone = #(group.Instances or {}) == 0
    return gone and "stopped" or "stopping", not gone and "stopped" or nil
  end
  return "running", in_service(group) < group.DesiredCapacity and "running" or nil
end

local function resize(clients, resource, min, desired, max)
  return clients.autoscaling:update_auto_scaling_group {
    AutoScalingGroupName = resource.id, MinSize = min, DesiredCapacity = desired, MaxSize = max,
  }
end

function scale.start(clients, resource)
  local size = tag_value(resource.tags, SIZE)
  local min, desired, max = (size or ""):match("^%s*(%d+)%s+(%d+)%s+(%d+)%s*$")
  if not min then
    return nil, ("its sizes are 0, and %s = %s does not say what they were; for example: 1 2 4 "
      .. "(the least, the desired, the most)"):format(SIZE, json.encode(size or ""))
  end
  return resize(clients, resource, tonumber(min), tonumber(desired), tonumber(max))
end

function scale.stop(clients, resource)
  local group = resource.group
  local size = ("%d %d %d"):format(group.MinSize, group.DesiredCapacity, group.MaxSize)
  local ok, err = remember(clients, resource, SIZE, size)
  if ok then ok, err = resize(clients, resource, 0, 0, 0) end
  return ok and "sizes were " .. size, err
end

-- ---- processes ----

local suspend = {}

local function instance_ids(group)
  local ids = {}
  for i, instance in ipairs(group.Instances or {}) do ids[i] = instance.InstanceId end
  return ids
end

-- A group of which some instances run and some do not is what it was last made: stopped, where its
-- processes are still suspended for that.
function suspend.state(group, states)
  local count, total = { running = 0, stopped = 0, pending = 0, stopping = 0 }, 0
  for _, id in ipairs(instance_ids(group)) do
    local state = states[id]
    if count[state] then
      count[state] = count[state] + 1
      total = total + 1
    end
  end
  if total == 0 then return "without instances" end
  if count.stopping > 0 then return "stopping", "stopped" end
  if count.pending > 0 then return "starting", "running" end
  if count.running == total then return "running" end
  if count.stopped == total then return "stopped" end
  return tag_value(group.Tags, SUSPENDED) and "stopped" or "running"
end

-- The processes that are not suspended yet: those that are may be so for another reason.
local function to_suspend(group)
  local already, list = {}, {}
  for _, process in ipairs(group.SuspendedProcesses or {}) do already[process.ProcessName] = true end
  for _, name in ipairs(PROCESSES) do
    if not already[name] then list[#list + 1] = name end
  end
  return list
end

-- Until the processes of an earlier stop are resumed, it is they that are remembered.
local function suspend_processes(clients, resource)
  if tag_value(resource.tags, SUSPENDED) then return true end
  local names = to_suspend(resource.group)
  if #names == 0 then return true end
  local ok, err = remember(clients, resource, SUSPENDED, table.concat(names, " "))
  if not ok then return nil, err end
  local group = { AutoScalingGroupName = resource.id, ScalingProcesses = names }
  return clients.autoscaling:suspend_processes(group)
end

local function first_failure(result)
  local _, err = next(result.failed)
  return err == nil, err
end

function suspend.stop(clients, resource)
  local ok, err = suspend_processes(clients, resource)
  if not ok then return nil, err end
  return first_failure(fleet.batch(instance_ids(resource.group), function(ids)
    return clients.ec2:stop_instances { InstanceIds = ids }
  end))
end

function suspend.start(clients, resource)
  return first_failure(fleet.batch(instance_ids(resource.group), function(ids)
    return clients.ec2:start_instances { InstanceIds = ids }
  end))
end

-- ---- both ----

local MODES = { scale = scale, suspend = suspend }

local function mode_of(resource)
  return MODES[resource.options.group or "scale"]
end

-- The states of the instances of those groups that are suspended; none for the others.
local function instance_states(clients, resources, pace)
  local ids, states = {}, {}
  for _, resource in ipairs(resources) do
    if mode_of(resource) == suspend then
      for _, id in ipairs(instance_ids(resource.group)) do ids[#ids + 1] = id end
    end
  end
  calls.in_pieces(ids, INSTANCES, pace, function(piece)
    local filter = { Name = "instance-id", Values = piece }
    for reservation in clients.ec2:each("describe_instances", { Filters = { filter } }) do
      for _, instance in ipairs(reservation.Instances) do
        states[instance.InstanceId] = instance.State.Name
      end
    end
  end)
  return states
end

-- Puts the groups' present states into their resources.
local function read_states(clients, resources, pace)
  local states = instance_states(clients, resources, pace)
  for _, resource in ipairs(resources) do
    resource.state, resource.becoming = mode_of(resource).state(resource.group, states)
  end
  return resources
end

local function resource_of(group)
  return options.read {
    kind = "autoscaling",
    id = group.AutoScalingGroupName,
    tags = group.Tags,
    group = group,
    skip = group.Status and "it is being deleted" or nil,
  }
end

--- Finds the groups with one of the tags; `targets.ec2` says what the functions here take and give.
function M.find(clients, pace)
  local filter = { Name = "tag-key", Values = tag_keys }
  local resources = {}
  for group in clients.autoscaling:each("describe_auto_scaling_groups", { Filters = { filter } }) do
    resources[#resources + 1] = resource_of(group)
  end
  return read_states(clients, resources, pace)
end

function M.start(clients, resources)
  return calls.one_by_one(resources, function(resource) return mode_of(resource).start(clients, resource) end)
end

function M.stop(clients, resources)
  return calls.one_by_one(resources, function(resource) return mode_of(resource).stop(clients, resource) end)
end

-- What the latest of a group's activities says, where it failed and is no older than the start; clocks
-- differ.
local function failed_activity(clients, name, since)
  local latest = { AutoScalingGroupName = name, MaxRecords = 1 }
  local output = clients.autoscaling:describe_scaling_activities(latest)
  local activity = output and output.Activities and output.Activities[1]
  if not activity or activity.StatusCode ~= "Failed" then return nil end
  if activity.StartTime < since - CLOCKS then return nil end
  local message = activity.StatusMessage or ""
  local code = message:match("^([%w.]+)[:%s]") or ""
  return reasons.explain(code, message) or "its latest activity failed: " .. message
end

function M.look(clients, resources, pace)
  local found, looked, since = {}, {}, {}
  for _, resource in ipairs(resources) do since[resource.id] = resource.begun end
  calls.in_pieces(calls.ids(resources), NAMES, pace, function(names)
    local named = { AutoScalingGroupNames = names }
    for group in clients.autoscaling:each("describe_auto_scaling_groups", named) do
      looked[#looked + 1] = resource_of(group)
    end
  end)
  for _, resource in ipairs(read_states(clients, looked, pace)) do
    local grows = resource.becoming == "running"
    local launches = grows and mode_of(resource) == scale and since[resource.id]
    found[resource.id] = {
      state = grows and "starting" or resource.state,
      failure = launches and failed_activity(clients, resource.id, launches) or nil,
    }
  end
  return found
end

--- Whether processes are left to be resumed, now that all instances run.
function M.is_unsettled(resource, state)
  return state == "running" and mode_of(resource) == suspend and tag_value(resource.tags, SUSPENDED) ~= nil
end

function M.settle(clients, resource)
  local names = {}
  for name in tag_value(resource.tags, SUSPENDED):gmatch("%a+") do names[#names + 1] = name end
  local group = { AutoScalingGroupName = resource.id, ScalingProcesses = names }
  local ok, err = clients.autoscaling:resume_processes(group)
  if ok then ok, err = clients.autoscaling:delete_tags { Tags = { tag_of(resource.id, SUSPENDED) } } end
  return ok and "its processes are resumed", err
end

function M.tag(clients, resource, tags)
  local list = {}
  for i, tag in ipairs(tags) do list[i] = tag_of(resource.id, tag.Key, tag.Value) end
  return clients.autoscaling:create_or_update_tags { Tags = list }
end

return M
