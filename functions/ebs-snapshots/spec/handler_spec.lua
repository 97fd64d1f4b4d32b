local aws = require("spec_helper").aws

local NOON = "2026-11-24T12:00:00Z"
local MARK = { Name = "tag:snapshot:made-by", Values = { "ebs-snapshots" } }
local REFUSED = { code = "UnauthorizedOperation", status = 403, message = "no" }

local function tags_of(tags)
  local list = {}
  for key, value in pairs(tags) do list[#list + 1] = { Key = "snapshot:" .. key, Value = value } end
  return list
end

local function volume(id, tags)
  tags.timezone = tags.timezone or "UTC"
  return { VolumeId = id, Tags = tags_of(tags) }
end

-- A snapshot of a volume that this function has taken for the period that began on a day of November.
local function snapshot(id, of, day, state, more)
  local tags = {
    ["made-by"] = "ebs-snapshots", of = of, run = "run-" .. day,
    period = ("2026-11-%02dT00:00:00+00:00"):format(day),
  }
  for key, value in pairs(more or {}) do tags[key] = value end
  return { SnapshotId = id, VolumeId = of, State = state or "completed", Tags = tags_of(tags) }
end

local function copy_of(original, id, of, day, state)
  return snapshot(id, of, day, state, { ["copy-of"] = original, volume = of })
end

local function ec2(operation, params, output, region)
  region = region or "us-east-1"
  return { service = "ec2", operation = operation, params = params, output = output, region = region }
end

local function refused(operation, params, err, region)
  region = region or "us-east-1"
  return { service = "ec2", operation = operation, params = params, error = err, region = region }
end

local function described(snapshots, region)
  return ec2("DescribeSnapshots", { OwnerIds = { "self" }, Filters = { MARK }, MaxResults = 1000 },
    { Snapshots = snapshots or {} }, region)
end

-- The calls by which every run sees what is there.
local function seen(there)
  local tagged = { Name = "tag-key", Values = { "snapshot:*" } }
  local instances = {}
  for i, instance in ipairs(there.instances or {}) do instances[i] = { Instances = { instance } } end
  aws.stub {
    described(there.snapshots),
    ec2("DescribeVolumes", {
      Filters = { tagged, { Name = "status", Values = { "available", "in-use" } } }, MaxResults = 500,
    }, { Volumes = there.volumes or {} }),
    ec2("DescribeInstances", {
      Filters = { tagged, { Name = "instance-state-name", Values = { "running", "stopping", "stopped" } } },
      MaxResults = 1000,
    }, { Reservations = instances }),
  }
  if there.copies then aws.stub { described(there.copies, "eu-west-1") } end
end

local function images(list, region)
  return ec2("DescribeImages", { Owners = { "self" }, IncludeDisabled = true, MaxResults = 1000 },
    { Images = list or {} }, region)
end

local function deletes(id, region)
  return ec2("DeleteSnapshot", { SnapshotId = id }, {}, region)
end

local function new_tags(of, run, more)
  local tags = {
    { Key = "snapshot:made-by", Value = "ebs-snapshots" },
    { Key = "snapshot:of", Value = of },
    { Key = "snapshot:period", Value = "2026-11-24T00:00:00+00:00" },
    { Key = "snapshot:run", Value = run },
  }
  for _, tag in ipairs(more or {}) do tags[#tags + 1] = tag end
  return { { ResourceType = "snapshot", Tags = tags } }
end

describe("ebs-snapshots: handler", function()
  local handler, logged, measured

  setup(function()
    local function logger(level)
      return function(message, fields)
        logged[#logged + 1] = { level = level, message = message, fields = fields }
      end
    end
    package.loaded["lambda.log"] = { info = logger("info"), error = logger("error") }
    package.loaded["lambda.metrics"] = { put = function(metric) measured[#measured + 1] = metric end }
    handler = require "handler"
  end)

  before_each(function() logged, measured = {}, {} end)

  local function run(environment, time)
    local variables = { AWS_REGION = "us-east-1" }
    for name, value in pairs(environment or {}) do variables[name] = value end
    return handler({ time = time or NOON }, { function_name = "nightly", request_id = "run-now" }, {
      getenv = function(name) return variables[name] end,
    })
  end

  -- What came of each, as one text.
  local function outcomes(result)
    local list = {}
    for i, outcome in ipairs(result.outcomes) do
      list[i] = table.concat({ outcome.source or outcome.region, outcome.action, outcome.snapshot }, " ")
    end
    return list
  end

  it("does nothing where there is nothing", function()
    seen {}
    local result = run()
    assert.same({
      time = NOON, dry_run = false, outcomes = {},
      counts = { taken = 0, copied = 0, expired = 0, kept = 0, error = 0, failed = 0 },
    }, result)
  end)

  it("takes a volume's snapshot, and tags it in the same call", function()
    local with_name = volume("vol-1", { every = "daily" })
    table.insert(with_name.Tags, { Key = "Name", Value = "data" })
    seen { volumes = { with_name } }
    aws.stub {
      ec2("CreateSnapshot", {
        VolumeId = "vol-1", Description = "ebs-snapshots:vol-1",
        TagSpecifications = new_tags("vol-1", "run-now", { { Key = "Name", Value = "data" } }),
      }, { SnapshotId = "snap-1" }),
    }
    local result = run()
    assert.same({ {
      source = "vol-1", region = "us-east-1", action = "taken", snapshot = "snap-1",
      reason = "none yet of the period since 2026-11-24 00:00 +00:00",
    } }, result.outcomes)
    assert.equal(1, result.counts.taken)
  end)

  it("takes the snapshots of all volumes of an instance by one call", function()
    seen { instances = { { InstanceId = "i-1", Tags = tags_of { every = "daily", timezone = "UTC" } } } }
    aws.stub {
      ec2("CreateSnapshots", {
        InstanceSpecification = { InstanceId = "i-1" }, Description = "ebs-snapshots:i-1",
        TagSpecifications = new_tags("i-1", "run-now"),
      }, { Snapshots = { { SnapshotId = "snap-1" }, { SnapshotId = "snap-2" } } }),
    }
    assert.same({ "i-1 taken snap-1 snap-2" }, outcomes(run()))
  end)

  it("takes none where the period has one, be it under way", function()
    seen {
      volumes = { volume("vol-1", { every = "daily" }), volume("vol-2", { every = "daily" }) },
      snapshots = { snapshot("snap-1", "vol-1", 24), snapshot("snap-2", "vol-2", 24, "pending") },
    }
    assert.same({ "vol-1 none", "vol-2 none" }, outcomes(run()))
  end)

  it("expires what has had its time, but for what an image uses", function()
    seen {
      volumes = { volume("vol-1", { every = "daily", keep = "1" }) },
      snapshots = {
        snapshot("snap-1", "vol-1", 22), snapshot("snap-2", "vol-1", 23), snapshot("snap-3", "vol-1", 24),
      },
    }
    local mapping = { DeviceName = "/dev/xvda", Ebs = { SnapshotId = "snap-1" } }
    aws.stub {
      images { { ImageId = "ami-1", BlockDeviceMappings = { { DeviceName = "/dev/sdb" }, mapping } } },
      deletes "snap-2",
    }
    local result = run()
    assert.same({ "vol-1 none", "vol-1 expired snap-2", "vol-1 kept snap-1" }, outcomes(result))
    assert.equal("ami-1 uses it; of the period since 2026-11-22 00:00 +00:00, and snapshot:keep is 1",
      result.outcomes[3].reason)
  end)

  it("keeps what an image has come to use since, and takes what is gone already for expired", function()
    seen {
      volumes = { volume("vol-1", { keep = "1" }) },
      snapshots = {
        snapshot("snap-1", "vol-1", 22), snapshot("snap-2", "vol-1", 23), snapshot("snap-3", "vol-1", 24),
      },
    }
    aws.stub {
      images {},
      refused("DeleteSnapshot", { SnapshotId = "snap-1" },
        { code = "InvalidSnapshot.InUse", status = 400, message = "in use by ami-7" }),
      refused("DeleteSnapshot", { SnapshotId = "snap-2" },
        { code = "InvalidSnapshot.NotFound", status = 400 }),
    }
    local result = run()
    assert.same({ "vol-1 none", "vol-1 expired snap-2", "vol-1 kept snap-1" }, outcomes(result))
    assert.matches("in use by ami%-7", result.outcomes[3].reason)
    assert.equal(0, result.counts.error)
  end)

  it("expires nothing when it cannot see what images use", function()
    seen {
      volumes = { volume("vol-1", { keep = "1" }) },
      snapshots = { snapshot("snap-1", "vol-1", 22), snapshot("snap-2", "vol-1", 23) },
    }
    aws.stub { refused("DescribeImages", nil, REFUSED) }
    local result = run()
    assert.same({ "vol-1 none", "vol-1 error snap-1" }, outcomes(result))
    assert.matches("^cannot see whether an image uses it: .*UnauthorizedOperation", result.outcomes[2].reason)
  end)

  it("copies what is complete, with its tags and the key", function()
    seen {
      volumes = {
        volume("vol-1", { every = "daily", ["copy-to"] = "eu-west-1", ["copy-key"] = "alias/backup" }),
      },
      snapshots = { snapshot("snap-1", "vol-1", 24) },
      copies = {},
    }
    aws.stub {
      ec2("CopySnapshot", {
        SourceRegion = "us-east-1", SourceSnapshotId = "snap-1", Encrypted = true, KmsKeyId = "alias/backup",
        Description = "ebs-snapshots:snap-1",
        TagSpecifications = { { ResourceType = "snapshot", Tags = {
          { Key = "snapshot:made-by", Value = "ebs-snapshots" },
          { Key = "snapshot:copy-of", Value = "snap-1" },
          { Key = "snapshot:volume", Value = "vol-1" },
          { Key = "snapshot:of", Value = "vol-1" },
          { Key = "snapshot:period", Value = "2026-11-24T00:00:00+00:00" },
          { Key = "snapshot:run", Value = "run-24" },
        } } },
      }, { SnapshotId = "snap-9" }, "eu-west-1"),
    }
    local result = run()
    assert.same({ "vol-1 none", "vol-1 copied snap-9" }, outcomes(result))
    assert.equal("no copy yet of snap-1", result.outcomes[2].reason)
    assert.equal("eu-west-1", result.outcomes[2].region)
  end)

  it("takes the key from the environment, and none where none is given", function()
    local there = {
      volumes = { volume("vol-1", { every = "daily", ["copy-to"] = "eu-west-1" }) },
      snapshots = { snapshot("snap-1", "vol-1", 24) },
      copies = {},
    }
    for _, key in ipairs { "alias/of-all", "" } do
      seen(there)
      local stub = aws.stub { ec2("CopySnapshot", nil, { SnapshotId = "snap-9" }, "eu-west-1") }
      run { COPY_KMS_KEY = key }
      local params = stub.calls[#stub.calls].params
      assert.equal(key ~= "" and key or nil, params.KmsKeyId)
      assert.equal(key ~= "" and true or nil, params.Encrypted)
    end
  end)

  it("puts a copy off when AWS copies no more at once", function()
    seen {
      volumes = { volume("vol-1", { every = "daily", ["copy-to"] = "eu-west-1" }) },
      snapshots = { snapshot("snap-1", "vol-1", 24) },
      copies = {},
    }
    aws.stub { refused("CopySnapshot", nil, { code = "ResourceLimitExceeded", status = 400 }, "eu-west-1") }
    assert.same({ "vol-1 none", "vol-1 waiting" }, outcomes(run()))
  end)

  it("expires copies in their own region", function()
    seen {
      volumes = { volume("vol-1", { every = "daily", keep = "1", ["copy-to"] = "eu-west-1" }) },
      snapshots = { snapshot("snap-2", "vol-1", 24) },
      copies = { copy_of("snap-1", "snap-8", "vol-1", 23), copy_of("snap-2", "snap-9", "vol-1", 24) },
    }
    aws.stub { images({}, "eu-west-1"), deletes("snap-8", "eu-west-1") }
    assert.same({ "vol-1 none", "vol-1 expired snap-8" }, outcomes(run()))
  end)

  it("serves its own region when the other cannot be seen", function()
    seen {
      volumes = { volume("vol-1", { every = "daily", ["copy-to"] = "eu-west-1" }) },
      snapshots = { snapshot("snap-1", "vol-1", 23) },
    }
    aws.stub {
      refused("DescribeSnapshots", nil, REFUSED, "eu-west-1"),
      ec2("CreateSnapshot", nil, { SnapshotId = "snap-2" }),
    }
    local result = run()
    assert.same({ "eu-west-1 error", "vol-1 taken snap-2" }, outcomes(result))
    assert.matches("^cannot be seen: .*UnauthorizedOperation", result.outcomes[1].reason)
  end)

  it("serves the others when one has wrong tags, or is refused", function()
    seen { volumes = {
      volume("vol-1", { every = "sometimes" }), volume("vol-2", { every = "daily" }),
      volume("vol-3", { every = "daily" }),
    } }
    local function of(id)
      return {
        VolumeId = id, Description = "ebs-snapshots:" .. id,
        TagSpecifications = new_tags(id, "run-now"),
      }
    end
    aws.stub {
      refused("CreateSnapshot", of "vol-2", REFUSED),
      ec2("CreateSnapshot", of "vol-3", { SnapshotId = "snap-3" }),
    }
    local result = run()
    assert.same({ "vol-1 error", "vol-2 error", "vol-3 taken snap-3" }, outcomes(result))
    assert.matches('^snapshot:every = "sometimes": is none of', result.outcomes[1].reason)
    assert.matches("^cannot take it %(none yet of the period since .*%): .*UnauthorizedOperation",
      result.outcomes[2].reason)
    assert.equal(2, measured[1].values.Errors)
  end)

  it("never touches what has no source, or what somebody has changed", function()
    seen {
      volumes = { volume("vol-1", { every = "sometimes", keep = "1" }) },
      snapshots = {
        snapshot("snap-1", "vol-gone", 2), snapshot("snap-2", "vol-1", 3), snapshot("snap-3", "vol-1", 4),
        snapshot("snap-4", "vol-1", 5, "completed", { period = "long ago" }),
      },
    }
    local result = run()
    assert.same({ "vol-1 error", "vol-gone none", "us-east-1 error snap-4" }, outcomes(result))
  end)

  it("removes a snapshot that has failed, takes another, and counts it as an error", function()
    local failed = snapshot("snap-1", "vol-1", 24, "error")
    failed.StateMessage = "key not accessible"
    seen { volumes = { volume("vol-1", { every = "daily" }) }, snapshots = { failed } }
    aws.stub { ec2("CreateSnapshot", nil, { SnapshotId = "snap-2" }), deletes "snap-1" }
    local result = run()
    assert.same({ "vol-1 taken snap-2", "vol-1 failed snap-1" }, outcomes(result))
    assert.equal("key not accessible", result.outcomes[2].reason)
    assert.equal("error", logged[2].level)
    assert.equal(1, measured[1].values.Errors)
  end)

  it("only says what it would do at DRY_RUN", function()
    seen {
      volumes = { volume("vol-1", { every = "daily", keep = "1", ["copy-to"] = "eu-west-1" }) },
      snapshots = {
        snapshot("snap-1", "vol-1", 20), snapshot("snap-2", "vol-1", 21),
        snapshot("snap-3", "vol-1", 19, "error"),
      },
      copies = {},
    }
    aws.stub { images {} }
    local result = run { DRY_RUN = "1" }
    assert.is_true(result.dry_run)
    assert.same({
      "vol-1 would-take", "vol-1 would-copy", "vol-1 would-discard snap-3", "vol-1 would-expire snap-1",
    }, outcomes(result))
    assert.same({ Taken = 0, Copied = 0, Expired = 0, Kept = 0, Errors = 0 }, measured[1].values)
  end)

  it("logs a line an outcome, and counts them in one metric", function()
    seen { volumes = { volume("vol-1", { every = "daily" }), volume("vol-2", { keep = "none" }) } }
    aws.stub { ec2("CreateSnapshot", nil, { SnapshotId = "snap-1" }) }
    run()
    assert.equal("error", logged[1].level)
    assert.matches('^vol%-2: error: snapshot:keep = "none": ', logged[1].message)
    assert.same({
      level = "info",
      message = "vol-1: taken snap-1: none yet of the period since 2026-11-24 00:00 +00:00",
      fields = { action = "taken", region = "us-east-1", snapshot = "snap-1", source = "vol-1" },
    }, logged[2])
    assert.same({ {
      namespace = "ebs-snapshots",
      dimensions = { FunctionName = "nightly" },
      values = { Taken = 1, Copied = 0, Expired = 0, Kept = 0, Errors = 1 },
    } }, measured)
  end)

  it("has no doubt about the time, or its settings", function()
    assert.error_matches(function() run({}, "noon") end, 'event.time is "noon"')
    assert.error_matches(function() handler("text", {}) end, "event.time is missing")
    assert.error_matches(function() run { DRY_RUN = "maybe" } end, 'environment: DRY_RUN = "maybe"')
  end)

  it("fails when its own region cannot be seen", function()
    aws.stub { refused("DescribeSnapshots", nil, REFUSED) }
    assert.error_matches(function() run() end, "UnauthorizedOperation")
  end)
end)
