--- EC2 instances.

local calls = require "targets.calls"
local fleet = require "fleet"
local options = require "options"
local reasons = require "lazy" "reasons"
local tag_keys = require "tag_keys"
local tag_value = require("fleet.tags").value

local M = {}

local BECOMING = { pending = "running", stopping = "stopped" }
local PAGE_SIZE = 1000 -- results that a call gives
local FILTER_SIZE = 200 -- values that a filter takes

-- Why a stopped instance is so, where that is a failure; and whether it is one of capacity.
local function trouble(instance)
  local why = instance.StateReason or {}
  if instance.State.Name ~= "stopped" then return nil, false end
  local failure = reasons.explain(why.Code, why.Message)
  return failure and "its last start fell back: " .. failure, reasons.is_capacity(why.Code)
end

local function resource_of(instance)
  local tags, state = instance.Tags, instance.State.Name
  local problem, short = trouble(instance)
  local group = tag_value(tags, "aws:autoscaling:groupName")
  return options.read {
    kind = "ec2",
    id = instance.InstanceId,
    name = tag_value(tags, "Name"),
    state = state,
    becoming = BECOMING[state],
    tags = tags,
    type = instance.InstanceType,
    first_type = tag_value(tags, "start-stop:first-type"),
    skip = group and ("left to its Auto Scaling group, %s"):format(group),
    trouble = problem,
    short = short,
  }
end

--- Finds the instances with one of the tags.
-- @tparam table clients by service
-- @tparam pace pace
-- @treturn {table,...} resources; raises an `aws.error`
function M.find(clients, pace)
  local filter = { Name = "tag-key", Values = tag_keys }
  local resources, page = {}, pace:share(PAGE_SIZE)
  for reservation in clients.ec2:each("describe_instances", { Filters = { filter }, MaxResults = page }) do
    for _, instance in ipairs(reservation.Instances) do resources[#resources + 1] = resource_of(instance) end
  end
  return resources
end

-- Those whose instance type is to be changed need more than a call.
local function needs_capacity(resource)
  return resource.first_type or resource.short and resource.options.types
end

--- Starts instances. What AWS has too little capacity for is tried again, and then with other types.
-- @tparam table clients
-- @tparam {table,...} resources
-- @tparam table pace see `follow`
-- @treturn table `{ failed, notes }`
function M.start(clients, resources, pace)
  local plain, special = {}, {}
  for _, resource in ipairs(resources) do
    local list = needs_capacity(resource) and special or plain
    list[#list + 1] = resource
  end
  local failed = fleet.batch(calls.ids(plain), function(ids)
    return clients.ec2:start_instances { InstanceIds = ids }
  end).failed
  for _, resource in ipairs(plain) do
    local err = failed[resource.id]
    if err and reasons.is_capacity(err.code) then special[#special + 1] = resource end
  end
  if #special == 0 then return { failed = failed, notes = {} } end

  local capacity = require "targets.ec2_capacity"
  local result = calls.one_by_one(special, function(resource)
    return capacity.start(clients.ec2, resource, failed[resource.id], pace)
  end)
  for id, err in pairs(failed) do
    if not reasons.is_capacity(err.code) then result.failed[id] = err end
  end
  return result
end

-- Hibernates; what cannot be is given back, with AWS's words.
local function hibernate(clients, resources)
  local refused, why = {}, {}
  local failed = fleet.batch(calls.ids(resources), function(ids)
    return clients.ec2:stop_instances { InstanceIds = ids, Hibernate = true }
  end).failed
  for _, resource in ipairs(resources) do
    local err = failed[resource.id]
    if err then
      refused[#refused + 1] = resource
      why[resource.id] = "stopped without hibernation: " .. (err.message or tostring(err))
    end
  end
  return refused, why
end

--- Stops instances, or hibernates those whose tag asks for it; what cannot be hibernated is stopped.
-- @tparam table clients
-- @tparam {table,...} resources
-- @treturn table `{ failed, notes }`
function M.stop(clients, resources)
  local plain, asked = {}, {}
  for _, resource in ipairs(resources) do
    local list = resource.options.hibernate and asked or plain
    list[#list + 1] = resource
  end
  local refused, notes = hibernate(clients, asked)
  for _, resource in ipairs(refused) do plain[#plain + 1] = resource end
  local result = fleet.batch(calls.ids(plain), function(ids)
    return clients.ec2:stop_instances { InstanceIds = ids }
  end)
  return { failed = result.failed, notes = notes }
end

-- The keys of an instance's volumes; what cannot be found out is left out.
local function keys_of(clients, id)
  local filter = { Name = "attachment.instance-id", Values = { id } }
  local output = clients.ec2:describe_volumes { Filters = { filter } }
  local keys, seen = {}, {}
  for _, volume in ipairs(output and output.Volumes or {}) do
    local key = volume.KmsKeyId
    if key and not seen[key] then keys[#keys + 1] = key end
    if key then seen[key] = true end
  end
  return keys
end

local function seen(clients, instance)
  local state, why = instance.State.Name, instance.StateReason or {}
  local is_down = state ~= "pending" and state ~= "running"
  local failure = is_down and reasons.explain(why.Code, why.Message)
  if failure and reasons.is_key(why.Code) then
    failure = reasons.explain(why.Code, why.Message, keys_of(clients, instance.InstanceId))
  end
  return { state = state, failure = failure or nil }
end

--- Looks at instances again.
-- @tparam table clients
-- @tparam {table,...} resources
-- @tparam pace pace
-- @treturn table by id: `{ state, failure }`, failure being why one that was started is down; raises
function M.look(clients, resources, pace)
  local found = {}
  calls.in_pieces(calls.ids(resources), FILTER_SIZE, pace, function(ids)
    local filter = { Name = "instance-id", Values = ids }
    for reservation in clients.ec2:each("describe_instances", { Filters = { filter } }) do
      for _, instance in ipairs(reservation.Instances) do
        found[instance.InstanceId] = seen(clients, instance)
      end
    end
  end)
  return found
end

--- Whether something is left to be done for a resource in this state.
-- @tparam table resource
-- @tparam string state
-- @treturn boolean
function M.is_unsettled(resource, state)
  return state == "stopped" and resource.first_type ~= nil
end

--- Does what is left when a state is reached: a stopped instance gets its first type back.
-- @tparam table clients
-- @tparam table resource
-- @treturn ?string a note
-- @treturn ?aws.error
function M.settle(clients, resource)
  return require("targets.ec2_capacity").restore(clients.ec2, resource)
end

--- Writes tags.
-- @tparam table clients
-- @tparam table resource
-- @tparam {table,...} tags AWS's list of `{ Key, Value }`
-- @treturn ?table
-- @treturn ?aws.error
function M.tag(clients, resource, tags)
  return clients.ec2:create_tags { Resources = { resource.id }, Tags = tags }
end

return M
