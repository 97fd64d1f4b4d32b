local worlds = require "spec.world"

local instance = worlds.instance

local OFFICE = { start = "0 8 * * *", stop = "0 18 * * *", timezone = "UTC" }
local NOON, NIGHT = "2026-11-24T12:00:00Z", "2026-11-24T23:00:00Z"

local function with(tags, more)
  local all = {}
  for key, value in pairs(tags) do all[key] = value end
  for key, value in pairs(more) do all[key] = value end
  return all
end

local function sizes(aws, operation)
  local list = {}
  for i, params in ipairs(aws:of(operation)) do list[i] = #params.InstanceIds end
  return list
end

local function actions(result)
  local by_id = {}
  for _, row in ipairs(result.resources) do by_id[row.id or row.kind] = row.action end
  return by_id
end

local function errors(code, fields)
  local err = { code = code, status = 400, message = code }
  for name, value in pairs(fields or {}) do err[name] = value end
  return require("aws.error").new(err)
end

describe("auto-start-stop: handler", function()
  local handler, logged, measured

  setup(function()
    local function logger(level)
      return function(message, fields)
        logged[#logged + 1] = { level = level, message = message, fields = fields }
      end
    end
    package.loaded["lambda.log"] = {
      info = logger("info"), warn = logger("warn"), error = logger("error"),
    }
    package.loaded["lambda.metrics"] = { put = function(metric) measured[#measured + 1] = metric end }
    package.loaded["fleet"] = nil
    handler = require "handler"
  end)

  before_each(function() logged, measured = {}, {} end)

  local function run(aws, time)
    return handler({ time = time }, aws.context, aws.world)
  end

  it("asks once for the instances with one of the tags, by one filter", function()
    local aws = worlds.new {}
    local result = run(aws, NOON)
    local keys = { "start-stop:schedule", "start-stop:start", "start-stop:stop", "start-stop:keep" }
    assert.same({
      { "ec2", "describe_instances", {
        Filters = { { Name = "tag-key", Values = keys } }, MaxResults = 1000,
      } },
    }, aws.calls)
    assert.same({
      time = NOON, dry_run = false, counts = { error = 0, started = 0, stopped = 0 }, resources = {},
    }, result)
  end)

  it("starts and stops, and reports each instance in the order in which it was found", function()
    local aws = worlds.new { ec2 = {
      instance("i-1", "stopped", with(OFFICE, { Name = "web", ["aws:x"] = "y" })),
      instance("i-2", "running", OFFICE),
      instance("i-3", "running", { stop = "0 12 * * *", timezone = "UTC" }),
      instance("i-4", "pending", OFFICE),
      instance("i-5", "stopped", { enable = "no", start = "0 12 * * *", timezone = "UTC" }),
    } }
    local result = run(aws, NOON)
    assert.same({ error = 0, started = 1, stopped = 1, none = 3 }, result.counts)
    assert.same({
      kind = "ec2", id = "i-1", region = "us-east-1", state = "stopped", action = "started",
      reason = "stopped, but should be running since 2026-11-24 08:00 +00:00",
    }, result.resources[1])
    local order = {}
    for i, row in ipairs(result.resources) do order[i] = row.id .. " " .. row.action end
    assert.same({ "i-1 started", "i-2 none", "i-3 stopped", "i-4 none", "i-5 none" }, order)
    assert.same({ { InstanceIds = { "i-1" } } }, aws:of("start_instances"))
    assert.same({ { InstanceIds = { "i-3" } } }, aws:of("stop_instances"))
  end)

  it("changes nothing at a second event of the same minute", function()
    local aws = worlds.new {
      seconds = 1,
      ec2 = {
        instance("i-1", "stopped", OFFICE),
        instance("i-2", "running", { stop = "0 12 * * *", timezone = "UTC" }),
      },
    }
    run(aws, NOON)
    local before = #aws.calls
    local result = run(aws, NOON)
    assert.equal(before + 1, #aws.calls)
    assert.same({ ["i-1"] = "none", ["i-2"] = "none" }, actions(result))
    assert.equal("pending: left alone", result.resources[1].reason)
  end)

  it("logs a line for each instance, and an error as an error", function()
    run(worlds.new { ec2 = {
      instance("i-1", "stopped", OFFICE), instance("i-2", "stopped", { start = "nonsense" }),
    } }, NOON)
    assert.same({
      level = "info",
      message = "i-1: started: stopped, but should be running since 2026-11-24 08:00 +00:00",
      fields = { kind = "ec2", id = "i-1", region = "us-east-1", state = "stopped", action = "started" },
    }, logged[1])
    assert.equal("error", logged[2].level)
    assert.matches('^i%-2: error: start%-stop:start = "nonsense": ', logged[2].message)
    assert.equal(2, #logged)
  end)

  it("warns of misspelt tags, in one line for each resource, and does what the others say", function()
    local result = run(worlds.new { ec2 = {
      instance("i-1", "stopped", with(OFFICE, { scedule = "x", ["Start-Stop:Keep"] = "y", order = "1" })),
      instance("i-2", "running", with(OFFICE, { ["start-stopped:at"] = "z" })),
    } }, NOON)
    assert.same({ ["i-1"] = "started", ["i-2"] = "none" }, actions(result))
    local warnings = {}
    for _, line in ipairs(logged) do
      if line.level == "warn" then warnings[#warnings + 1] = line end
    end
    assert.same({ {
      level = "warn",
      message = 'i-1: Start-Stop:Keep has no effect; did you mean "keep"?; '
        .. 'start-stop:scedule has no effect; did you mean "schedule"?',
      fields = { kind = "ec2", id = "i-1", region = "us-east-1", state = "stopped", action = "started" },
    } }, warnings)
  end)

  it("counts in one metric, and by kind and region where something was done", function()
    run(worlds.new { ec2 = {
      instance("i-1", "stopped", OFFICE), instance("i-2", "stopped", { start = "nonsense" }),
    } }, NOON)
    local values = { Errors = 1, Started = 1, Stopped = 0 }
    assert.same({
      { namespace = "auto-start-stop", dimensions = { FunctionName = "nightly" }, values = values },
      {
        namespace = "auto-start-stop",
        dimensions = { FunctionName = "nightly", Kind = "ec2", Region = "us-east-1" },
        values = values,
      },
    }, measured)
    measured = {}
    run(worlds.new { ec2 = { instance("i-1", "running", OFFICE) } }, NOON)
    assert.equal(1, #measured)
  end)

  it("starts 119 of 120 when one in the middle is refused, and says why it was not", function()
    local instances = {}
    for i = 1, 120 do instances[i] = instance(("i-%03d"):format(i), "stopped", OFFICE) end
    local aws = worlds.new { ec2 = instances, refuse = function(operation, params)
      for _, id in ipairs(operation == "start_instances" and params.InstanceIds or {}) do
        if id == "i-077" then return errors("IncorrectInstanceState") end
      end
    end }
    local result = run(aws, NOON)
    assert.same({ error = 1, started = 119, stopped = 0 }, result.counts)
    assert.equal(50, sizes(aws, "start_instances")[1])
    assert.equal("error", result.resources[77].action)
    assert.matches("^cannot start it %(stopped, but should be running since 2026.*%): ",
      result.resources[77].reason)
    assert.equal(1, measured[1].values.Errors)
  end)

  it("reports every instance when AWS refuses everything, after one call a batch", function()
    local instances = {}
    for i = 1, 60 do instances[i] = instance(("i-%03d"):format(i), "running", OFFICE) end
    local aws = worlds.new { ec2 = instances, refuse = function(operation)
      if operation == "stop_instances" then return errors("UnauthorizedOperation", { status = 403 }) end
    end }
    local result = run(aws, NIGHT)
    assert.same({ 50, 10 }, sizes(aws, "stop_instances"))
    assert.same({ error = 60, started = 0, stopped = 0 }, result.counts)
    assert.matches("cannot stop it .*: UnauthorizedOperation", result.resources[60].reason)
    assert.equal(60, #logged)
  end)

  it("leaves out of a very long result what was not touched, and says how much that is", function()
    local instances = {}
    for i = 1, 5010 do instances[i] = instance(("i-%04d"):format(i), "running", OFFICE) end
    instances[3] = instance("i-0003", "stopped", OFFICE)
    local aws = worlds.new { ec2 = instances, seconds = 3600 } -- an emulated processor takes minutes
    local result = run(aws, NOON)
    assert.same({ error = 0, started = 1, stopped = 0, none = 5009 }, result.counts)
    assert.same({ ["i-0003"] = "started" }, actions(result))
    assert.equal(5009, result.omitted)
    assert.equal(5010, #logged)
  end)

  it("says what it would do at DRY_RUN, and changes nothing", function()
    local aws = worlds.new { environment = { DRY_RUN = "1" }, ec2 = {
      instance("i-1", "stopped", OFFICE), instance("i-2", "running", OFFICE),
      instance("i-3", "running", { stop = "0 12 * * *", timezone = "UTC" }),
    } }
    local result = run(aws, NOON)
    assert.same({ ["i-1"] = "would-start", ["i-2"] = "none", ["i-3"] = "would-stop" }, actions(result))
    assert.is_true(result.dry_run)
    assert.equal(1, #aws.calls)
    assert.matches("^i%-1: would%-start: ", logged[1].message)
  end)

  it("goes by the time of the event, not by a clock", function()
    local tags = { start = "0 8 * * *", stop = "0 18 * * *" }
    local aws = worlds.new { ec2 = { instance("i-1", "stopped", tags) } }
    assert.same({ ["i-1"] = "none" }, actions(run(aws, "1999-12-31T12:59:59Z")))
    assert.same({ ["i-1"] = "started" }, actions(run(aws, "1999-12-31T13:00:00Z")))
  end)

  it("has no doubt about the time: one that is missing or bad is the invocation's error", function()
    local aws = worlds.new { ec2 = { instance("i-1", "stopped", OFFICE) } }
    assert.error_matches(function() run(aws, nil) end, "event.time is missing")
    assert.error_matches(function() run(aws, "noon") end, 'event.time is "noon"')
    for _, event in ipairs { "text", 7, false, {} } do
      assert.error_matches(function() handler(event, aws.context, aws.world) end, "event.time is missing")
    end
    assert.same({}, aws.calls)
  end)

  it("has no doubt about its settings either", function()
    local aws = worlds.new { environment = { PERIOD_MINUTES = "abc" } }
    assert.error_matches(function() run(aws, NOON) end, 'environment: PERIOD_MINUTES = "abc"')
    assert.same({}, aws.calls)
  end)

  it("lets the invocation fail when nothing at all can be listed", function()
    local aws = worlds.new { refuse = function() return errors("UnauthorizedOperation") end }
    local ok, err = pcall(run, aws, NOON)
    assert.is_false(ok)
    assert.equal("UnauthorizedOperation", err.code)
  end)

  it("tells of a wrong option only where it matters", function()
    local aws = worlds.new { ec2 = {
      instance("i-1", "stopped", with(OFFICE, { order = "first" })),
      instance("i-2", "running", with(OFFICE, { order = "first" })),
    } }
    local result = run(aws, NOON)
    assert.same({ ["i-1"] = "error", ["i-2"] = "none" }, actions(result))
    assert.equal('start-stop:order = "first": is not a whole number; for example: 10',
      result.resources[1].reason)
  end)

  describe("with an override that begins now", function()
    local KEEP = with(OFFICE, { keep = "stopped +3h" })
    local ENDS = { Key = "start-stop:keep", Value = "stopped until 2026-11-24T15:01:00+00:00" }

    it("writes its end into the tag, and stops as it says", function()
      local aws = worlds.new { ec2 = { instance("i-1", "running", KEEP) } }
      assert.same({ ["i-1"] = "stopped" }, actions(run(aws, "2026-11-24T12:00:20Z")))
      local call = aws:of("create_tags")[1]
      assert.same({ "i-1" }, call.Resources)
      assert.same({ ENDS }, call.Tags)
    end)

    it("does not act where it cannot write that: it would never end", function()
      local aws = worlds.new { ec2 = { instance("i-1", "running", KEEP) } }
      aws.refuse = function(operation)
        if operation == "create_tags" then return errors("UnauthorizedOperation") end
      end
      local result = run(aws, NOON)
      assert.same({ ["i-1"] = "error" }, actions(result))
      assert.matches("^cannot write its tags .*: UnauthorizedOperation", result.resources[1].reason)
      assert.same({}, aws:of("stop_instances"))
    end)

    it("writes nothing in a dry run", function()
      local aws = worlds.new { environment = { DRY_RUN = "1" }, ec2 = { instance("i-1", "running", KEEP) } }
      assert.same({ ["i-1"] = "would-stop" }, actions(run(aws, NOON)))
      assert.same({}, aws:of("create_tags"))
    end)
  end)

  it("leaves the instances of an Auto Scaling group to it", function()
    local aws = worlds.new { ec2 = {
      instance("i-1", "stopped", with(OFFICE, { ["aws:autoscaling:groupName"] = "web" })),
    } }
    local result = run(aws, NOON)
    assert.equal("none", result.resources[1].action)
    assert.equal("left to its Auto Scaling group, web", result.resources[1].reason)
  end)

  describe("with several kinds", function()
    local KINDS = { TARGETS = "ec2, rds" }

    it("serves each, and looks at no kind that is off", function()
      local aws = worlds.new {
        environment = KINDS,
        ec2 = { instance("i-1", "stopped", OFFICE) },
        rds = { worlds.database("orders", "stopped", OFFICE), worlds.database("untagged", "stopped", {}) },
      }
      local result = run(aws, NOON)
      assert.same({ ["i-1"] = "started", orders = "started" }, actions(result))
      aws.world.getenv = function() end
      assert.same({ ["i-1"] = "none" }, actions(run(aws, NOON)))
    end)

    it("serves the others when one kind cannot be listed", function()
      local aws = worlds.new {
        environment = KINDS,
        ec2 = { instance("i-1", "stopped", OFFICE) },
        refuse = function(operation)
          if operation == "describe_db_instances" then return errors("AccessDenied", { status = 403 }) end
        end,
      }
      local result = run(aws, NOON)
      assert.same({ ["i-1"] = "started", rds = "error" }, actions(result))
      assert.matches("^cannot be listed: AccessDenied", result.resources[2].reason)
      assert.equal("error", logged[2].level)
      assert.equal(1, measured[1].values.Errors)
    end)

    it("loads no adapter of a kind that is off", function()
      package.loaded["targets.rds"], package.loaded["targets.autoscaling"] = nil, nil
      run(worlds.new { ec2 = { instance("i-1", "stopped", OFFICE) } }, NOON)
      assert.is_nil(package.loaded["targets.rds"])
      assert.is_nil(package.loaded["targets.autoscaling"])
    end)
  end)

  describe("with orders", function()
    local DATABASE, APPLICATION = with(OFFICE, { order = "10" }), with(OFFICE, { order = "20" })

    local function two(state)
      return worlds.new {
        environment = { TARGETS = "ec2,rds" },
        ec2 = { instance("i-1", state, APPLICATION), instance("i-9", state, OFFICE) },
        rds = { worlds.database("orders", state == "running" and "available" or state, DATABASE) },
        takes = { orders = 20 },
      }
    end

    -- When each start or stop was asked for, in seconds from the first, by id.
    local function moments(aws, result_of)
      local at = {}
      local called = aws.called
      function aws:called(service, operation, params)
        local ids = params.InstanceIds or { params.DBInstanceIdentifier }
        for _, id in ipairs(ids) do at[id] = self.clock.now() - 1000000 end
        return called(self, service, operation, params)
      end
      result_of()
      return at
    end

    it("starts the lower first and waits until it runs; what has none waits for nobody", function()
      local aws = two("stopped")
      local result
      local at = moments(aws, function() result = run(aws, NOON) end)
      assert.same({ orders = "started", ["i-1"] = "started", ["i-9"] = "started" }, actions(result))
      assert.equal(0, at.orders)
      assert.is_true(at["i-1"] >= 20, "the application was started after " .. at["i-1"] .. " s")
      assert.is_true(at["i-9"] < 20)
    end)

    it("stops the higher first", function()
      local aws = two("running")
      aws.takes["i-1"] = 15
      local result
      local at = moments(aws, function() result = run(aws, NIGHT) end)
      assert.same({ orders = "stopped", ["i-1"] = "stopped", ["i-9"] = "stopped" }, actions(result))
      assert.equal(0, at["i-1"])
      assert.is_true(at.orders >= 15, "the database was stopped after " .. at.orders .. " s")
    end)

    it("reports what its time is too short for, and takes it up at the next triggers", function()
      local aws = two("stopped")
      aws.takes.orders = 90
      local result = run(aws, NOON)
      assert.same({ orders = "starting", ["i-1"] = "waiting", ["i-9"] = "started" }, actions(result))
      assert.matches("; waits for rds orders, of order 10, which is starting$", result.resources[1].reason)

      local again = run(aws, NOON) -- it is on its way, and now it arrives in time
      assert.same({ orders = "none", ["i-1"] = "started", ["i-9"] = "none" }, actions(again))
      local last = run(aws, NOON)
      assert.same({ orders = "none", ["i-1"] = "none", ["i-9"] = "none" }, actions(last))
    end)

    it("lets one that fails stand in nobody's way", function()
      local aws = two("stopped")
      aws.refuse = function(operation)
        if operation == "start_db_instance" then return errors("StorageQuotaExceeded") end
      end
      assert.same({ orders = "error", ["i-1"] = "started", ["i-9"] = "started" }, actions(run(aws, NOON)))
    end)
  end)

  describe("verifies", function()
    local KMS = { Code = "Client.InternalError", Message = "Client.InternalError: Client error on launch" }
    local KEY = "arn:aws:kms:us-east-1:123456789012:key/0001"

    it("a start that falls back, and names the key and the permission", function()
      local aws = worlds.new {
        ec2 = { instance("i-1", "stopped", OFFICE), instance("i-2", "stopped", OFFICE) },
        falls_back = { ["i-1"] = KMS },
        volumes = { { KmsKeyId = KEY }, {}, { KmsKeyId = KEY } },
      }
      local result = run(aws, NOON)
      assert.same({ ["i-1"] = "failed", ["i-2"] = "started" }, actions(result))
      local reason = result.resources[1].reason
      for _, text in ipairs { "but it fell back: the key of an encrypted volume", "(" .. KEY .. ")",
        "kms:CreateGrant", "(Client.InternalError: Client error on launch)" } do
        assert.is_truthy(reason:find(text, 1, true), reason)
      end
      assert.equal("error", logged[1].level)
      assert.equal(1, measured[1].values.Errors)
      assert.equal("i-1", aws:of("describe_volumes")[1].Filters[1].Values[1])
    end)

    it("it at the next trigger where the time was too short, and tries again", function()
      local aws = worlds.new {
        seconds = 10,
        ec2 = { instance("i-1", "stopped", OFFICE) },
        falls_back = { ["i-1"] = { Code = "Server.InsufficientInstanceCapacity" } },
        takes = { ["i-1"] = 30 },
      }
      assert.same({ ["i-1"] = "starting" }, actions(run(aws, NOON)))
      assert.equal(0, measured[1].values.Errors)
      aws.clock.sleep(30)
      local result = run(aws, NOON)
      assert.same({ ["i-1"] = "starting" }, actions(result))
      assert.matches("; its last start fell back: AWS has too little capacity", result.resources[1].reason)
      assert.equal("error", logged[2].level)
    end)

    it("nothing for longer than half of its time", function()
      local aws = worlds.new {
        seconds = 60, ec2 = { instance("i-1", "stopped", OFFICE) }, takes = { ["i-1"] = 99 },
      }
      local before = aws.clock.now()
      assert.same({ ["i-1"] = "starting" }, actions(run(aws, NOON)))
      assert.is_true(aws.clock.now() - before <= 30)
    end)

    it("what it can, when a look is refused", function()
      local aws = worlds.new { ec2 = { instance("i-1", "stopped", OFFICE) } }
      aws.refuse = function(operation, params)
        local again = operation == "describe_instances" and params.Filters[1].Name == "instance-id"
        if again then return errors("RequestLimitExceeded") end
      end
      local result = run(aws, NOON)
      assert.same({ ["i-1"] = "starting" }, actions(result))
      assert.matches("; it could not be looked at: RequestLimitExceeded", result.resources[1].reason)
    end)
  end)

  describe("with regions and roles", function()
    local OTHER, THIRD = "222222222222", "333333333333"
    local ROLES = ("arn:aws:iam::%s:role/x arn:aws:iam::%s:role/x"):format(OTHER, THIRD)

    -- A world of several places: `others` by region and account are worlds of their own.
    local function several(home, others, environment)
      local places = {}
      home.world.getenv = function(name) return environment[name] end
      for _, other in pairs(others) do other.clock = home.clock end
      function home.world.new_place(of)
        local key = of.region .. " " .. (of.account or "own")
        places[#places + 1] = key
        local other = others[key] or others[of.account] or worlds.new {}
        local place = { region = of.region, account = of.account, clients = other.world.place.clients }
        place.credentials = of.role and {
          get = function()
            if other.refused then return nil, other.refused end
            return {}
          end,
        }
        return place
      end
      return places
    end

    local function names(result)
      local list = {}
      for i, row in ipairs(result.resources) do
        list[i] = ("%s %s %s %s"):format(row.region, row.account, row.id or row.kind, row.action)
      end
      table.sort(list)
      return list
    end

    it("serves each place, and says where each resource is", function()
      local home = worlds.new { ec2 = { instance("i-1", "stopped", OFFICE) } }
      several(home, {
        ["eu-west-1 own"] = worlds.new { ec2 = { instance("i-2", "stopped", OFFICE) } },
      }, { REGIONS = "us-east-1,eu-west-1" })
      assert.same({ "eu-west-1 nil i-2 started", "us-east-1 nil i-1 started" }, names(run(home, NOON)))
      assert.equal(3, #measured)
      assert.equal("eu-west-1", measured[3].dimensions.Region)
    end)

    it("serves the others where an account or a region refuses", function()
      local refusing = function() return errors("UnauthorizedOperation", { status = 403 }) end
      local third = worlds.new {}
      third.refused = errors("AccessDenied", { status = 403 })
      local home = worlds.new {}
      several(home, {
        ["us-east-1 " .. OTHER] = worlds.new { ec2 = { instance("i-2", "stopped", OFFICE) } },
        ["eu-west-1 " .. OTHER] = worlds.new { refuse = refusing },
        [THIRD] = third,
      }, { REGIONS = "us-east-1,eu-west-1", ROLES = ROLES })
      local result = run(home, NOON)
      assert.same({
        "eu-west-1 222222222222 ec2 error",
        "nil 333333333333 333333333333 error",
        "us-east-1 222222222222 i-2 started",
      }, names(result))
      assert.equal("account", result.resources[1].kind)
      assert.matches("^cannot be served: AccessDenied", result.resources[1].reason)
      assert.equal(2, measured[1].values.Errors)
    end)

    it("fails only where every place refuses", function()
      local third = worlds.new {}
      third.refused = errors("AccessDenied", { status = 403 })
      local home = worlds.new {}
      several(home, { [OTHER] = third, [THIRD] = third }, { ROLES = ROLES })
      local ok, err = pcall(run, home, NOON)
      assert.is_false(ok)
      assert.equal("AccessDenied", err.code)
    end)

    it("has places side by side, in the time of the slowest", function()
      local task = require "task"
      local under_way, most = 0, 0
      local others = {}
      for i = 1, 40 do
        others[("eu-west-%d own"):format(i)] = worlds.new { refuse = function()
          under_way = under_way + 1
          most = math.max(most, under_way)
          task.sleep(0.05)
          under_way = under_way - 1
        end }
      end
      local regions = {}
      for i = 1, 40 do regions[i] = "eu-west-" .. i end
      local home = worlds.new {}
      several(home, others, { REGIONS = table.concat(regions, ",") })
      run(home, NOON)
      assert.equal(40, most)
    end)

    it("keeps the orders of a place to itself", function()
      local slow = worlds.new { ec2 = { instance("i-1", "stopped", with(OFFICE, { order = "1" })) } }
      slow.takes["i-1"] = 999
      local home = worlds.new { ec2 = { instance("i-2", "stopped", with(OFFICE, { order = "2" })) } }
      several(home, { ["eu-west-1 own"] = slow }, { REGIONS = "us-east-1,eu-west-1" })
      assert.same({ ["i-1"] = "starting", ["i-2"] = "started" }, actions(run(home, NOON)))
    end)

    it("loads nothing for them where neither is set", function()
      package.loaded["fleet.places"] = nil
      run(worlds.new {}, NOON)
      assert.is_nil(package.loaded["fleet.places"])
    end)
  end)

  describe("with an event bus", function()
    local BUS = { EVENT_BUS = "ops" }

    it("tells of each action and of each failure, ten at a time", function()
      local instances = { instance("i-00", "stopped", { start = "nonsense" }) }
      for i = 1, 24 do instances[i + 1] = instance(("i-%02d"):format(i), "stopped", OFFICE) end
      instances[26] = instance("i-99", "running", OFFICE)
      local aws = worlds.new { environment = BUS, ec2 = instances }
      run(aws, NOON)
      local puts = aws:of("put_events")
      assert.same({ 10, 10, 5 }, { #puts[1].Entries, #puts[2].Entries, #puts[3].Entries })
      assert.same({ "Auto Start Stop Failure", "Auto Start Stop Action" },
        { aws.events[1].DetailType, aws.events[2].DetailType })
      assert.equal("ops", aws.events[2].EventBusName)
      assert.equal("lualambda.auto-start-stop", aws.events[2].Source)
      assert.same({
        time = NOON, kind = "ec2", id = "i-01", region = "us-east-1", state = "stopped", action = "started",
        reason = "stopped, but should be running since 2026-11-24 08:00 +00:00",
      }, require("json").decode(aws.events[2].Detail))
    end)

    it("does its work all the same when they are refused", function()
      local aws = worlds.new { environment = BUS, ec2 = { instance("i-1", "stopped", OFFICE) } }
      aws.refuse = function(operation)
        if operation == "put_events" then return errors("ResourceNotFoundException") end
      end
      assert.same({ ["i-1"] = "started" }, actions(run(aws, NOON)))
      assert.matches("^events not sent: ResourceNotFoundException", logged[2].message)
      assert.equal("error", logged[2].level)
    end)

    it("sends none in a dry run", function()
      local aws = worlds.new {
        environment = { EVENT_BUS = "ops", DRY_RUN = "1" },
        ec2 = { instance("i-1", "stopped", { start = "nonsense" }) },
      }
      assert.same({ ["i-1"] = "error" }, actions(run(aws, NOON)))
      assert.same({}, aws:of("put_events"))
    end)

    it("sends none where nothing was done", function()
      local aws = worlds.new { environment = BUS, ec2 = { instance("i-1", "running", OFFICE) } }
      run(aws, NOON)
      assert.same({}, aws:of("put_events"))
    end)
  end)
end)
