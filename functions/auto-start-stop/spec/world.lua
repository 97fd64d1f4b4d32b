--- A small AWS for specs: EC2 instances and DB instances that take their time to start and stop, and a
-- clock that nobody has to wait for.
--
--     local aws = world.new { ec2 = { world.instance("i-1", "stopped", OFFICE) } }
--     handler(event, aws.context, aws.world)
--     aws.calls     -- { "ec2", "start_instances", params }, in their order

local M = {}

local START = 1000000 -- seconds since 1970, on the specs' clock
local TAKES = 3       -- seconds, from a call to the state that it asks for

local function tags_of(tags)
  local list = {}
  for key, value in pairs(tags) do
    list[#list + 1] = { Key = key:find(":", 1, true) and key or "start-stop:" .. key, Value = value }
  end
  table.sort(list, function(a, b) return a.Key < b.Key end)
  return list
end

--- An instance as EC2 describes it.
-- @tparam string id
-- @tparam string state
-- @tparam table tags by key, those of the function without their prefix
-- @tparam[opt] table more members
-- @treturn table
function M.instance(id, state, tags, more)
  local instance = {
    InstanceId = id, State = { Name = state }, Tags = tags_of(tags), InstanceType = "m6i.large",
  }
  for name, value in pairs(more or {}) do instance[name] = value end
  return instance
end

--- A DB instance as RDS describes it.
function M.database(id, status, tags, more)
  local database = {
    DBInstanceIdentifier = id, DBInstanceStatus = status, TagList = tags_of(tags), Engine = "postgres",
    DBInstanceArn = "arn:aws:rds:us-east-1:123456789012:db:" .. id,
  }
  for name, value in pairs(more or {}) do database[name] = value end
  return database
end

local function filter_of(params, name)
  for _, filter in ipairs(params and params.Filters or {}) do
    if filter.Name == name then
      local wanted = {}
      for _, value in ipairs(filter.Values) do wanted[value] = true end
      return wanted
    end
  end
end

local function each(list)
  local i = 0
  return function()
    i = i + 1
    return list[i]
  end
end

-- ---- EC2 ----

local function new_ec2(aws, instances)
  local ec2, by_id = {}, {}
  for _, instance in ipairs(instances) do by_id[instance.InstanceId] = instance end

  -- A state that is under way is reached when its time has come.
  local function settle(instance)
    local change = instance.change
    if not change or aws.clock.now() < change.at then return end
    instance.change = nil
    local why = change.goal == "running" and aws.falls_back[instance.InstanceId]
    instance.State.Name = why and "stopped" or change.goal
    instance.StateReason = why
      or change.goal == "stopped" and { Code = "Client.UserInitiatedShutdown" } or nil
  end

  function ec2:each(operation, params)
    aws:called("ec2", operation, params)
    local err = aws.refuse("describe_instances", params)
    if err then return function() error(err, 0) end end
    local wanted, list = filter_of(params, "instance-id"), {}
    for _, instance in ipairs(instances) do
      settle(instance)
      local is_wanted = not wanted or wanted[instance.InstanceId]
      if is_wanted then list[#list + 1] = { Instances = { instance } } end
    end
    return each(list)
  end

  local function changing(operation, state, goal)
    ec2[operation] = function(_, params)
      aws:called("ec2", operation, params)
      local err = aws.refuse(operation, params)
      if err then return nil, err end
      for _, id in ipairs(params.InstanceIds) do
        by_id[id].State.Name = state
        by_id[id].change = { at = aws.clock.now() + (aws.takes[id] or TAKES), goal = goal }
      end
      return {}
    end
  end
  changing("start_instances", "pending", "running")
  changing("stop_instances", "stopping", "stopped")

  function ec2:modify_instance_attribute(params)
    aws:called("ec2", "modify_instance_attribute", params)
    local err = aws.refuse("modify_instance_attribute", params)
    if err then return nil, err end
    by_id[params.InstanceId].InstanceType = params.InstanceType.Value
    return {}
  end

  function ec2:create_tags(params)
    aws:called("ec2", "create_tags", params)
    local err = aws.refuse("create_tags", params)
    if err then return nil, err end
    local list = by_id[params.Resources[1]].Tags
    for _, tag in ipairs(params.Tags) do list[#list + 1] = tag end
    return {}
  end

  function ec2:delete_tags(params)
    aws:called("ec2", "delete_tags", params)
    local list = by_id[params.Resources[1]].Tags
    for i = #list, 1, -1 do
      if list[i].Key == params.Tags[1].Key then table.remove(list, i) end
    end
    return {}
  end

  function ec2:describe_volumes(params)
    aws:called("ec2", "describe_volumes", params)
    return { Volumes = aws.volumes }
  end

  return ec2
end

-- ---- RDS ----

local function new_rds(aws, databases)
  local rds, by_id = {}, {}
  for _, database in ipairs(databases) do by_id[database.DBInstanceIdentifier] = database end

  function rds:each(operation, params)
    aws:called("rds", operation, params)
    local err = aws.refuse(operation, params)
    if err then return function() error(err, 0) end end
    local wanted, list = filter_of(params, "db-instance-id"), {}
    for _, database in ipairs(databases) do
      local change = database.change
      if change and aws.clock.now() >= change.at then
        database.DBInstanceStatus, database.change = change.goal, nil
      end
      if not wanted or wanted[database.DBInstanceIdentifier] then list[#list + 1] = database end
    end
    return each(list)
  end

  local function changing(operation, status, goal)
    rds[operation] = function(_, params)
      aws:called("rds", operation, params)
      local id = params.DBInstanceIdentifier
      local err = aws.refuse(operation, params)
      if err then return nil, err end
      local database = by_id[id]
      database.DBInstanceStatus = status
      database.change = { at = aws.clock.now() + (aws.takes[id] or TAKES), goal = goal }
      return {}
    end
  end
  changing("start_db_instance", "starting", "available")
  changing("stop_db_instance", "stopping", "stopped")
  return rds
end

-- ---- both ----

local Aws = {}
Aws.__index = Aws

function Aws:called(service, operation, params)
  self.calls[#self.calls + 1] = { service, operation, params }
end

--- The names of the operations that were called, or the calls of one.
-- @tparam[opt] string operation
-- @treturn {string,...}|{table,...}
function Aws:of(operation)
  local list = {}
  for _, call in ipairs(self.calls) do
    if not operation then list[#list + 1] = call[2] end
    if operation == call[2] then list[#list + 1] = call[3] end
  end
  return list
end

--- Makes an AWS.
-- @tparam table with
-- @tparam[opt] {table,...} with.ec2 instances
-- @tparam[opt] {table,...} with.rds DB instances
-- @tparam[opt] function with.refuse of an operation and its parameters; gives an error to refuse with
-- @tparam[opt] table with.falls_back by id: the StateReason of a start that comes to nothing
-- @tparam[opt] table with.takes by id: seconds to start or stop
-- @tparam[opt] {table,...} with.volumes what DescribeVolumes gives
-- @tparam[opt] number with.seconds that the invocation has, 120 by default
-- @tparam[opt] table with.environment
-- @treturn table `{ calls, world, context }`
function M.new(with)
  local time = START
  local aws = setmetatable({
    calls = {},
    refuse = with.refuse or function() end,
    falls_back = with.falls_back or {},
    takes = with.takes or {},
    volumes = with.volumes,
    events = {},
  }, Aws)
  aws.clock = {
    now = function() return time end,
    sleep = function(seconds) time = time + seconds end,
  }
  local events = {}
  function events:put_events(params)
    aws:called("events", "put_events", params)
    local err = aws.refuse("put_events", params)
    if err then return nil, err end
    for _, entry in ipairs(params.Entries) do aws.events[#aws.events + 1] = entry end
    return { FailedEntryCount = 0, Entries = {} }
  end
  aws.world = {
    place = {
      region = "us-east-1",
      clients = { ec2 = new_ec2(aws, with.ec2 or {}), rds = new_rds(aws, with.rds or {}), events = events },
    },
    getenv = function(name) return (with.environment or {})[name] end,
    clock = aws.clock,
  }
  aws.context = {
    function_name = "nightly",
    remaining_ms = function() return (with.seconds or 120) * 1000 end,
  }
  return aws
end

return M
