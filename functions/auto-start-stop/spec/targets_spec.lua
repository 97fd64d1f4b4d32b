-- The adapters against AWS's own models: each call is one that AWS takes, each answer one that it gives.

local stub = require("spec_helper").aws.stub
local aws = require "aws"

local PACE = require("pace").new(60, require "task")

local TAGS = {
  { Key = "start-stop:start", Value = "0 8 * * *" }, { Key = "start-stop:stop", Value = "0 18 * * *" },
}

local function tags(more)
  local list = { unpack(TAGS) }
  for key, value in pairs(more) do list[#list + 1] = { Key = key, Value = value } end
  return list
end

local function call(service, operation, params, output)
  return { service = service, operation = operation, params = params, output = output or {} }
end

local function refusal(service, operation, code, message)
  local err = { code = code, message = message, status = 400 }
  return { service = service, operation = operation, error = err }
end

-- id → "state" or "state: why it is left alone".
local function shown(resources)
  local by_id = {}
  for _, resource in ipairs(resources) do
    by_id[resource.id] = resource.state .. (resource.skip and ": " .. resource.skip or "")
  end
  return by_id
end

describe("auto-start-stop: targets", function()
  local clients, pace

  before_each(function()
    local options = { region = "us-east-1", credentials = { access_key = "AKIALOCAL", secret_key = "local" } }
    clients = setmetatable({}, {
      __index = function(_, service) return aws.client(service, options) end,
    })
    local slept = 0
    pace = {
      now = function() return 1000 + slept end,
      sleep = function(_, seconds)
        slept = slept + seconds
        return slept <= 10
      end,
    }
  end)

  local function adapter(kind)
    return require("targets." .. kind)
  end

  describe("ec2", function()
    local function resource(id, more)
      local of = { kind = "ec2", id = id, type = "m6i.large", tags = {}, options = {}, state = "stopped" }
      for name, value in pairs(more or {}) do of[name] = value end
      return of
    end

    local function instance(id, state, more)
      local of = { InstanceId = id, State = { Name = state }, InstanceType = "m6i.large", Tags = TAGS }
      for name, value in pairs(more or {}) do of[name] = value end
      return of
    end

    local function as_type(type)
      local change = { InstanceId = "i-1", InstanceType = { Value = type } }
      return call("ec2", "ModifyInstanceAttribute", change)
    end

    it("finds instances, and tells why one is left alone or fell back", function()
      stub { call("ec2", "DescribeInstances", nil, { Reservations = { { Instances = {
        instance("i-1", "running", { Tags = tags { Name = "web" } }),
        instance("i-2", "running", { Tags = tags { ["aws:autoscaling:groupName"] = "web" } }),
        instance("i-3", "stopped", { StateReason = { Code = "Server.InsufficientInstanceCapacity" } }),
        instance("i-4", "pending"),
      } } } }) }
      local found = adapter("ec2").find(clients, PACE)
      assert.same({
        ["i-1"] = "running", ["i-2"] = "running: left to its Auto Scaling group, web", ["i-3"] = "stopped",
        ["i-4"] = "pending",
      }, shown(found))
      assert.equal("web", found[1].name)
      assert.matches("^its last start fell back: AWS has too little capacity", found[3].trouble)
      assert.is_true(found[3].short)
      assert.equal("running", found[4].becoming)
    end)

    it("hibernates what asks for it, and stops what AWS will not hibernate", function()
      local asked = { options = { hibernate = true } }
      stub {
        call("ec2", "StopInstances", { InstanceIds = { "i-1", "i-2" }, Hibernate = true }),
        call("ec2", "StopInstances", { InstanceIds = { "i-3" } }),
      }
      local list = { resource("i-1", asked), resource("i-3"), resource("i-2", asked) }
      assert.same({ failed = {}, notes = {} }, adapter("ec2").stop(clients, list))
    end)

    it("says why it did not hibernate", function()
      stub {
        refusal("ec2", "StopInstances", "UnsupportedHibernationConfiguration", "i-1 was not launched for it"),
        call("ec2", "StopInstances", { InstanceIds = { "i-1" } }),
      }
      local result = adapter("ec2").stop(clients, { resource("i-1", { options = { hibernate = true } }) })
      assert.same({ ["i-1"] = "stopped without hibernation: i-1 was not launched for it" }, result.notes)
      assert.same({}, result.failed)
    end)

    it("tries again when there is too little capacity, and no longer than it may", function()
      local short = refusal("ec2", "StartInstances", "InsufficientInstanceCapacity")
      stub { short, short, call("ec2", "StartInstances") }
      local result = adapter("ec2").start(clients, { resource("i-1") }, pace)
      assert.same({ failed = {}, notes = { ["i-1"] = "after some tries, for want of capacity" } }, result)

      stub { short, short }
      result = adapter("ec2").start(clients, { resource("i-1") }, pace)
      assert.equal("InsufficientInstanceCapacity", result.failed["i-1"].code)
    end)

    it("keeps the error of the one that is refused for another reason", function()
      stub {
        refusal("ec2", "StartInstances", "IncorrectInstanceState", "i-1 is not stopped"),
        call("ec2", "StartInstances", { InstanceIds = { "i-2" } }),
      }
      local result = adapter("ec2").start(clients, { resource("i-1"), resource("i-2") }, pace)
      assert.equal("IncorrectInstanceState", result.failed["i-1"].code)
      assert.is_nil(result.failed["i-2"])
    end)

    it("takes the other types in turn, the first one kept in a tag before", function()
      local one = resource("i-1", { options = { types = { "m6i.large", "m5.large", "m5a.large" } } })
      local short = refusal("ec2", "StartInstances", "InsufficientInstanceCapacity")
      local first = { { Key = "start-stop:first-type", Value = "m6i.large" } }
      local calls = stub {
        short, short, short,
        call("ec2", "CreateTags", { Resources = { "i-1" }, Tags = first }),
        as_type "m5.large",
        short,
        as_type "m5a.large",
        call("ec2", "StartInstances"),
      }
      local result = adapter("ec2").start(clients, { one }, pace)
      assert.same({ ["i-1"] = "as m5a.large, for want of m6i.large" }, result.notes)
      local order = {}
      for i, each in ipairs(calls.calls) do order[i] = each.operation end
      assert.equal("CreateTags", order[4])
    end)

    it("gives it its own type back when no type is to be had", function()
      local one = resource("i-1", { options = { types = { "m5.large" } } })
      local short = refusal("ec2", "StartInstances", "InsufficientInstanceCapacity", "none left")
      stub {
        short, short, short, call("ec2", "CreateTags"),
        as_type "m5.large",
        short,
        as_type "m6i.large",
        call("ec2", "DeleteTags", { Resources = { "i-1" }, Tags = { { Key = "start-stop:first-type" } } }),
      }
      local result = adapter("ec2").start(clients, { one }, pace)
      assert.matches("InsufficientInstanceCapacity.*; nor as m5.large: none left", result.failed["i-1"])
      assert.equal("m6i.large", one.type)
    end)

    it("goes straight to another type where the last start fell back for want of capacity", function()
      local one = resource("i-1", { short = true, trouble = "short", options = { types = { "m5.large" } } })
      stub { call("ec2", "CreateTags"), as_type "m5.large", call("ec2", "StartInstances") }
      local result = adapter("ec2").start(clients, { one }, pace)
      assert.same({ ["i-1"] = "as m5.large, for want of m6i.large" }, result.notes)
    end)

    it("starts as its own type again what was stopped as another", function()
      local one = resource("i-1", { type = "m5.large", first_type = "m6i.large" })
      stub {
        as_type "m6i.large",
        call("ec2", "DeleteTags"), call("ec2", "StartInstances"),
      }
      assert.same({ failed = {}, notes = {} }, adapter("ec2").start(clients, { one }, pace))
    end)

    it("writes tags", function()
      local keep = { { Key = "start-stop:keep", Value = "running until 2026-11-24T22:00Z" } }
      stub { call("ec2", "CreateTags", { Resources = { "i-1" }, Tags = keep }) }
      assert.is_truthy(adapter("ec2").tag(clients, resource("i-1"), keep))
    end)
  end)

  describe("rds", function()
    local ARN = "arn:aws:rds:us-east-1:123456789012:db:"

    local function database(id, status, more)
      local of = {
        DBInstanceIdentifier = id, DBInstanceStatus = status, TagList = TAGS, Engine = "postgres",
        DBInstanceArn = ARN .. id,
      }
      for name, value in pairs(more or {}) do of[name] = value end
      return of
    end

    it("finds tagged instances, and tells why one cannot be stopped", function()
      stub { call("rds", "DescribeDBInstances", nil, { DBInstances = {
        database("a", "available"), database("b", "stopped"), database("c", "starting"),
        database("d", "available", { TagList = {} }),
        database("e", "available", { DBClusterIdentifier = "shop" }),
        database("f", "available", { ReadReplicaSourceDBInstanceIdentifier = "a" }),
        database("g", "available", { ReadReplicaDBInstanceIdentifiers = { "f" } }),
        database("h", "available", { Engine = "sqlserver-se", MultiAZ = true }),
        database("i", "available", { MultiAZ = true }),
        database("j", "storage-full"),
      } }) }
      local found = adapter("rds").find(clients, PACE)
      assert.same({
        a = "running", b = "stopped", c = "starting",
        e = "running: left to its cluster, shop: tag that",
        f = "running: a read replica, which RDS cannot stop",
        g = "running: it has read replicas, so that RDS cannot stop it",
        h = "running: SQL Server in several zones, which RDS cannot stop",
        i = "running", j = "storage-full",
      }, shown(found))
      assert.equal("running", found[3].becoming)
      assert.equal("its storage is full (storage-full)", found[9].trouble)
    end)

    it("starts and stops one by one; the one that is refused stops no other", function()
      stub {
        refusal("rds", "StartDBInstance", "InvalidDBInstanceState", "no"),
        call("rds", "StartDBInstance", { DBInstanceIdentifier = "b" }),
        call("rds", "StopDBInstance", { DBInstanceIdentifier = "b" }),
      }
      local a, b = { id = "a" }, { id = "b" }
      local result = adapter("rds").start(clients, { a, b })
      assert.equal("InvalidDBInstanceState", result.failed.a.code)
      assert.is_nil(result.failed.b)
      assert.same({ failed = {}, notes = {} }, adapter("rds").stop(clients, { b }))
    end)

    it("looks again, by id, and writes tags", function()
      stub {
        call("rds", "DescribeDBInstances", {
          Filters = { { Name = "db-instance-id", Values = { "a", "b" } } },
        }, { DBInstances = {
          database("a", "available"),
          database("b", "inaccessible-encryption-credentials", { KmsKeyId = "arn:aws:kms:k" }),
        } }),
        call("rds", "AddTagsToResource", { ResourceName = ARN .. "a", Tags = TAGS }),
      }
      local found = adapter("rds").look(clients, { { id = "a" }, { id = "b" } }, PACE)
      assert.same({ state = "running" }, found.a)
      assert.matches("%(arn:aws:kms:k%).*kms:CreateGrant", found.b.failure)
      adapter("rds").tag(clients, { arn = ARN .. "a" }, TAGS)
    end)
  end)

  describe("aurora", function()
    local function cluster(id, status, more)
      local of = { DBClusterIdentifier = id, Status = status, TagList = TAGS, DBClusterArn = "arn:" .. id }
      for name, value in pairs(more or {}) do of[name] = value end
      return of
    end

    it("finds clusters, and tells why one cannot be stopped", function()
      stub { call("rds", "DescribeDBClusters", nil, { DBClusters = {
        cluster("a", "available", { EngineMode = "provisioned" }), cluster("b", "stopping"),
        cluster("c", "available", { EngineMode = "serverless" }),
        cluster("d", "available", { ReplicationSourceIdentifier = "arn:other" }),
        cluster("e", "available", { ReadReplicaIdentifiers = { "d" } }),
        cluster("f", "available", { EngineMode = "global" }),
      } }) }
      local found = shown(adapter("aurora").find(clients, PACE))
      assert.equal("running", found.a)
      assert.equal("stopping", found.b)
      for id, why in pairs { c = "Serverless v1", d = "a replica", e = "replicas in other", f = "global" } do
        assert.is_truthy(found[id]:find(why, 1, true), found[id])
      end
    end)

    it("starts, stops and looks", function()
      stub {
        call("rds", "StartDBCluster", { DBClusterIdentifier = "a" }),
        call("rds", "StopDBCluster", { DBClusterIdentifier = "a" }),
        call("rds", "DescribeDBClusters", { Filters = { { Name = "db-cluster-id", Values = { "a" } } } },
          { DBClusters = { cluster("a", "starting") } }),
      }
      local a = { { id = "a" } }
      assert.same({}, adapter("aurora").start(clients, a).failed)
      assert.same({}, adapter("aurora").stop(clients, a).failed)
      assert.same({ a = { state = "starting" } }, adapter("aurora").look(clients, a, PACE))
    end)
  end)

  describe("autoscaling", function()
    local function group(name, numbers, ids, more)
      local of = {
        AutoScalingGroupName = name, MinSize = numbers[1], DesiredCapacity = numbers[2], MaxSize = numbers[3],
        Instances = {}, Tags = TAGS,
      }
      for i, id in ipairs(ids) do of.Instances[i] = { InstanceId = id, LifecycleState = "InService" } end
      for key, value in pairs(more or {}) do of[key] = value end
      return of
    end

    local function groups(...)
      return call("autoscaling", "DescribeAutoScalingGroups", nil, { AutoScalingGroups = { ... } })
    end

    local function instances(states)
      local list = {}
      for id, state in pairs(states) do list[#list + 1] = { InstanceId = id, State = { Name = state } } end
      return call("ec2", "DescribeInstances", nil, { Reservations = { { Instances = list } } })
    end

    local function sizes(name, min, desired, max)
      return call("autoscaling", "UpdateAutoScalingGroup", {
        AutoScalingGroupName = name, MinSize = min, DesiredCapacity = desired, MaxSize = max,
      })
    end

    local function tag(name, key, value)
      return {
        ResourceId = name, ResourceType = "auto-scaling-group", PropagateAtLaunch = false,
        Key = key, Value = value,
      }
    end

    it("takes a group for stopped when it cannot have an instance", function()
      stub { groups(
        group("a", { 1, 2, 4 }, { "i-1", "i-2" }), group("b", { 0, 0, 0 }, {}),
        group("c", { 0, 0, 0 }, { "i-3" }),
        group("d", { 0, 0, 4 }, {}), group("e", { 1, 2, 4 }, { "i-4" }),
        group("f", { 1, 2, 4 }, {}, { Status = "Delete in progress" })
      ) }
      local found = adapter("autoscaling").find(clients, PACE)
      assert.same({
        a = "running", b = "stopped", c = "stopping", d = "running", e = "running",
        f = "running: it is being deleted",
      }, shown(found))
      assert.equal("running", found[5].becoming)
    end)

    it("remembers the sizes before it makes them 0, and brings them back", function()
      local stubbed = stub {
        groups(group("a", { 1, 2, 4 }, { "i-1" })),
        call("autoscaling", "CreateOrUpdateTags", { Tags = { tag("a", "start-stop:size", "1 2 4") } }),
        sizes("a", 0, 0, 0),
        groups(group("a", { 0, 0, 0 }, {}, { Tags = tags { ["start-stop:size"] = "1 2 4" } })),
        sizes("a", 1, 2, 4),
      }
      local scaling = adapter "autoscaling"
      local stopped = scaling.stop(clients, scaling.find(clients, PACE))
      assert.same({ failed = {}, notes = { a = "sizes were 1 2 4" } }, stopped)
      assert.equal("CreateOrUpdateTags", stubbed.calls[2].operation)
      assert.same({}, scaling.start(clients, scaling.find(clients, PACE)).failed)
    end)

    it("changes no size that it could not remember", function()
      stub {
        groups(group("a", { 1, 2, 4 }, {}), group("b", { 0, 0, 0 }, {})),
        refusal("autoscaling", "CreateOrUpdateTags", "ResourceContention"),
      }
      local scaling = adapter "autoscaling"
      local found = scaling.find(clients, PACE)
      assert.equal("ResourceContention", scaling.stop(clients, { found[1] }).failed.a.code)
      assert.matches('start%-stop:size = "" does not say what they were; for example: 1 2 4',
        scaling.start(clients, { found[2] }).failed.b)
    end)

    it("suspends what would replace the instances, and resumes just that", function()
      local suspended =
        "Terminate HealthCheck ReplaceUnhealthy AZRebalance AlarmNotification ScheduledActions"
      local names = {}
      for name in suspended:gmatch("%a+") do names[#names + 1] = name end
      local mode = { ["start-stop:asg"] = "suspend" }
      local before = { Tags = tags(mode), SuspendedProcesses = { { ProcessName = "Launch" } } }
      mode["start-stop:suspended"] = suspended
      stub {
        groups(group("a", { 1, 2, 4 }, { "i-1", "i-2" }, before)),
        instances { ["i-1"] = "running", ["i-2"] = "running" },
        call("autoscaling", "CreateOrUpdateTags", { Tags = { tag("a", "start-stop:suspended", suspended) } }),
        call("autoscaling", "SuspendProcesses", { AutoScalingGroupName = "a", ScalingProcesses = names }),
        call("ec2", "StopInstances", { InstanceIds = { "i-1", "i-2" } }),
        groups(group("a", { 1, 2, 4 }, { "i-1", "i-2" }, { Tags = tags(mode) })),
        instances { ["i-1"] = "stopped", ["i-2"] = "running" },
        call("ec2", "StartInstances", { InstanceIds = { "i-1", "i-2" } }),
        call("autoscaling", "ResumeProcesses", { AutoScalingGroupName = "a", ScalingProcesses = names }),
        call("autoscaling", "DeleteTags", { Tags = { tag("a", "start-stop:suspended") } }),
      }
      local scaling = adapter "autoscaling"
      local found = scaling.find(clients, PACE)
      assert.equal("running", found[1].state)
      assert.same({}, scaling.stop(clients, found).failed)
      found = scaling.find(clients, PACE)
      assert.equal("stopped", found[1].state)
      assert.same({}, scaling.start(clients, found).failed)
      assert.is_true(scaling.is_unsettled(found[1], "running"))
      assert.is_false(scaling.is_unsettled(found[1], "stopped"))
      assert.equal("its processes are resumed", scaling.settle(clients, found[1]))
    end)

    it("tells what its latest activity says, but not that of a start before", function()
      local function activities(time)
        local latest = { AutoScalingGroupName = "a", MaxRecords = 1 }
        return call("autoscaling", "DescribeScalingActivities", latest, {
          Activities = { { ActivityId = "1", AutoScalingGroupName = "a", Cause = "a start", StartTime = time,
            StatusCode = "Failed", StatusMessage = "Client.InternalError: Client error on launch" } },
        })
      end
      local growing = group("a", { 1, 2, 4 }, { "i-1" })
      stub { groups(growing), activities(5000), groups(growing), activities(100) }
      local since = { { id = "a", begun = 5010 } }
      local found = adapter("autoscaling").look(clients, since, PACE).a
      assert.equal("starting", found.state)
      assert.matches("kms:CreateGrant", found.failure)
      assert.is_nil(adapter("autoscaling").look(clients, since, PACE).a.failure)
    end)
  end)
end)
