local aws = require("spec_helper").aws

local TOPIC = "arn:aws:sns:us-east-1:123456789012:tag-guard-reports"
local ARN = "arn:aws:lambda:us-east-1:123456789012:function:tag-guard"
local NOON, LAUNCHED = "2026-11-24T12:00:00Z", 1795521600
local REFUSED = { code = "UnauthorizedOperation", status = 403, message = "no" }
local RULES = {
  since = "2026-11-01T00:00:00Z",
  instance = { required = { { key = "owner" } }, stop_after_hours = 24 },
  volume = { required = { { key = "owner" } } },
  exceptions = { { tag = "keep", why = "it says so" } },
}

local function tags_of(tags)
  local list = {}
  for key, value in pairs(tags or {}) do list[#list + 1] = { Key = key, Value = value } end
  return list
end

local function instance(id, tags, more)
  local made = { InstanceId = id, State = { Name = "running" }, LaunchTime = LAUNCHED, Tags = tags_of(tags) }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local function volume(id, tags)
  return { VolumeId = id, State = "in-use", CreateTime = LAUNCHED, Tags = tags_of(tags) }
end

local function call(service, operation, params, output, err)
  local expected = { service = service, operation = operation, params = params, error = err }
  if not err then expected.output = output or {} end
  return expected
end

local function overdue(id, more)
  return instance(id, { ["tag-guard:stop-after"] = "2026-11-24T11:00:00Z" }, more)
end

local function seen(instances, volumes)
  local running = { Name = "instance-state-name", Values = { "pending", "running", "stopping", "stopped" } }
  local there = { Name = "status", Values = { "creating", "available", "in-use" } }
  aws.stub {
    call("ec2", "DescribeInstances", { Filters = { running }, MaxResults = 1000 },
      { Reservations = { { Instances = instances } } }),
    call("ec2", "DescribeVolumes", { Filters = { there }, MaxResults = 500 }, { Volumes = volumes or {} }),
  }
end

local function stops(id, err) return call("ec2", "StopInstances", { InstanceIds = { id } }, {}, err) end

local function sets(id, key, value, err)
  return call("ec2", "CreateTags", { Resources = { id }, Tags = { { Key = key, Value = value } } }, {}, err)
end

local function unsets(id)
  return call("ec2", "DeleteTags", {
    Resources = { id }, Tags = { { Key = "tag-guard:stop-after" }, { Key = "tag-guard:reported" } },
  })
end

local function publishes(err) return call("sns", "Publish", nil, { MessageId = "1" }, err) end

describe("tag-guard: handler", function()
  local handler, logged, measured

  setup(function()
    local function logger(level)
      return function(text, fields)
        logged[#logged + 1] = { level = level, message = text, fields = fields }
      end
    end
    package.loaded["lambda.log"] = { debug = logger "debug", info = logger "info", error = logger "error" }
    package.loaded["lambda.metrics"] = { put = function(metric) measured[#measured + 1] = metric end }
    handler = require "handler"
  end)

  before_each(function() logged, measured = {}, {} end)

  local function serve(event, environment, rules)
    local variables = { AWS_REGION = "us-east-1", TOPIC_ARN = TOPIC }
    for name, value in pairs(environment or {}) do variables[name] = value end
    return handler(event, { function_name = "guard", function_arn = ARN }, {
      getenv = function(name) return variables[name] end, rules = rules,
    })
  end

  local function run(environment)
    return serve({ time = NOON, ["detail-type"] = "Scheduled Event" }, environment, RULES)
  end

  local function outcomes(result)
    local list = {}
    for i, outcome in ipairs(result.outcomes) do list[i] = outcome.id .. " " .. outcome.action end
    return list
  end

  it("does nothing where there is nothing", function()
    seen {}
    assert.same({
      time = NOON, dry_run = false, outcomes = {},
      counts = { warned = 0, reported = 0, stopped = 0, released = 0, error = 0 },
    }, run())
  end)

  it("leaves alone what is right, exempt, old or waiting", function()
    seen({
      instance("i-1", { owner = "jane" }), instance("i-2", { keep = "" }),
      instance("i-3", {}, { LaunchTime = 0 }),
      instance("i-4", { ["tag-guard:stop-after"] = "2026-11-25T00:00:00Z" }),
    }, { volume("vol-1", { ["tag-guard:reported"] = NOON }) })
    assert.same({ "i-1 none", "i-2 exempt", "i-3 none", "i-4 wait", "vol-1 wait" }, outcomes(run()))
  end)

  it("takes an instance for as old as its oldest attachment: a start makes it no newer", function()
    local mapping = { DeviceName = "/dev/xvda", Ebs = { VolumeId = "vol-1", AttachTime = 0 } }
    seen { instance("i-1", {}, { BlockDeviceMappings = { { DeviceName = "/dev/sdb" }, mapping } }) }
    assert.same({ "i-1 none" }, outcomes(run()))
  end)

  it("reports what cannot be stopped", function()
    seen {
      instance("i-1", {}, { InstanceLifecycle = "spot" }),
      instance("i-2", {}, { RootDeviceType = "instance-store" }),
    }
    aws.stub {
      publishes(), sets("i-1", "tag-guard:reported", NOON), sets("i-2", "tag-guard:reported", NOON),
    }
    assert.same({ "i-1 reported", "i-2 reported" }, outcomes(run()))
  end)

  it("tells all in one message, and tags only then", function()
    local corrected = instance("i-3", { owner = "jane", ["tag-guard:stop-after"] = NOON })
    seen({ instance "i-1", overdue "i-2", corrected }, { volume "vol-1" })
    local stub = aws.stub {
      stops "i-2", publishes(), sets("i-1", "tag-guard:stop-after", "2026-11-25T12:00:00Z"), unsets "i-2",
      unsets "i-3", sets("vol-1", "tag-guard:reported", NOON),
    }
    local result = run()
    assert.same({ "i-1 warned", "i-2 stopped", "i-3 released", "vol-1 reported" }, outcomes(result))
    local order = {}
    for i, each in ipairs(stub.calls) do order[i] = each.operation end
    assert.same({ "StopInstances", "Publish" }, { order[3], order[4] })
    assert.equal(TOPIC, stub.calls[4].params.TopicArn)
    assert.equal("tag-guard: 1 stopped, 1 to be stopped, 1 reported, 1 settled (123456789012, us-east-1)",
      stub.calls[4].params.Subject)
    assert.same({ Warned = 1, Reported = 1, Stopped = 1, Released = 1, Errors = 0 }, measured[1].values)
  end)

  it("changes no tag when nobody could be told", function()
    seen { instance "i-1" }
    aws.stub { publishes { code = "AuthorizationError", status = 403, message = "no" } }
    local result = run()
    assert.same({ "i-1 error" }, outcomes(result))
    assert.matches("^cannot be told %(owner is missing%): sns Publish: AuthorizationError",
      result.outcomes[1].reason)
  end)

  it("tells nobody where no topic is set", function()
    seen { instance "i-1" }
    aws.stub { sets("i-1", "tag-guard:stop-after", "2026-11-25T12:00:00Z") }
    assert.same({ "i-1 warned" }, outcomes(run { TOPIC_ARN = "" }))
  end)

  it("serves the others when one is refused, and leaves its time in its tag", function()
    seen { overdue "i-1", overdue "i-2", instance "i-3" }
    aws.stub {
      stops("i-1", REFUSED), stops "i-2", publishes(), unsets "i-2",
      sets("i-3", "tag-guard:stop-after", "2026-11-25T12:00:00Z", REFUSED),
    }
    local result = run()
    assert.same({ "i-1 error", "i-2 stopped", "i-3 error" }, outcomes(result))
    assert.matches("^cannot stop it %(owner is missing%): .*UnauthorizedOperation", result.outcomes[1].reason)
    assert.matches("^cannot tag it %(owner is missing%): .*UnauthorizedOperation", result.outcomes[3].reason)
    assert.equal(2, measured[1].values.Errors)
  end)

  it("only says what it would do at DRY_RUN", function()
    local stopped = overdue("i-3", { State = { Name = "stopped" } })
    seen({ instance "i-1", overdue "i-2", stopped }, { volume "vol-1" })
    local result = run { DRY_RUN = "1" }
    assert.is_true(result.dry_run)
    assert.same({ "i-1 would-warn", "i-2 would-stop", "i-3 would-release", "vol-1 would-report" },
      outcomes(result))
    assert.same({ Warned = 0, Reported = 0, Stopped = 0, Released = 0, Errors = 0 }, measured[1].values)
  end)

  it("logs a line a resource, and counts them in one metric", function()
    seen { instance("i-1", { owner = "jane" }), overdue "i-2", overdue "i-3" }
    aws.stub { stops("i-2", REFUSED), stops "i-3", publishes(), unsets "i-3" }
    run()
    local own = {}
    for _, line in ipairs(logged) do
      if line.fields.action then own[#own + 1] = line end
    end
    assert.same({
      level = "debug", message = "i-1: none: it has all its tags",
      fields = { action = "none", kind = "instance", resource = "i-1" },
    }, own[1])
    assert.same({ "error", "info" }, { own[2].level, own[3].level })
    assert.same({ {
      namespace = "tag-guard",
      dimensions = { FunctionName = "guard" },
      values = { Warned = 0, Reported = 0, Stopped = 1, Released = 0, Errors = 1 },
    } }, measured)
  end)

  -- What moto was asked and answered, as scripts/invoke-local --record wrote it, but for network interfaces.
  it("does of a launch what it did when it was recorded", function()
    aws.stub "launched.jsonl"
    local result = serve({
      time = "2026-11-24T13:00:00Z", ["detail-type"] = "EC2 Instance State-change Notification",
      resources = { "arn:aws:ec2:us-east-1:123456789012:instance/i-f4a15cd2cbd401683" },
    })
    assert.same({ "i-f4a15cd2cbd401683 warned", "vol-00ca175198205d827 none" }, outcomes(result))
  end)

  it("does of the day after what it did when it was recorded", function()
    aws.stub "a-day-later.jsonl"
    local result = serve { time = "2026-11-25T13:00:00Z", ["detail-type"] = "Scheduled Event" }
    assert.same({
      warned = 0, reported = 1, stopped = 1, released = 1, exempt = 1, none = 3, error = 0,
    }, result.counts)
  end)

  it("has no doubt about the event, or its settings", function()
    assert.error_matches(function() serve { time = "noon" } end, 'event.time is "noon"')
    assert.error_matches(function() serve "text" end, "event.time is missing")
    assert.error_matches(function() serve { time = NOON } end, "event.resources names no instance")
    assert.error_matches(function() run { DRY_RUN = "maybe" } end, 'environment: DRY_RUN = "maybe"')
  end)

  it("fails when it cannot see what there is", function()
    aws.stub { call("ec2", "DescribeInstances", nil, nil, REFUSED) }
    assert.error_matches(function() run() end, "UnauthorizedOperation")
  end)
end)
