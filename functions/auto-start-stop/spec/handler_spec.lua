local folder = debug.getinfo(1, "S").source:match("^@(.*)/spec/")

-- An EC2 that remembers the calls, changes the states, and refuses what `refuse(ids)` gives an error for.
local function new_ec2(instances, refuse)
  local ec2 = { calls = {} }
  local by_id = {}
  for _, instance in ipairs(instances) do by_id[instance.InstanceId] = instance end

  function ec2:each(operation, params)
    self.calls[#self.calls + 1] = { operation, params }
    local i = -1
    return function()
      i = i + 2
      if instances[i] then return { Instances = { instances[i], instances[i + 1] } } end
    end
  end

  local function changing(operation, state)
    ec2[operation] = function(self, params)
      self.calls[#self.calls + 1] = { operation, params }
      local err = refuse and refuse(params.InstanceIds)
      if err then return nil, err end
      for _, id in ipairs(params.InstanceIds) do
        local changed = by_id[id]
        changed.State.Name = state
      end
      return {}
    end
  end
  changing("start_instances", "pending")
  changing("stop_instances", "stopping")
  return ec2
end

local function instance(id, state, tags)
  local list = {}
  for key, value in pairs(tags) do list[#list + 1] = { Key = "start-stop:" .. key, Value = value } end
  return { InstanceId = id, State = { Name = state }, Tags = list }
end

local OFFICE = { start = "0 8 * * *", stop = "0 18 * * *", timezone = "UTC" }
local NOON, NIGHT = "2026-11-24T12:00:00Z", "2026-11-24T23:00:00Z"

local function calls_of(ec2, operation)
  local sizes = {}
  for _, call in ipairs(ec2.calls) do
    if call[1] == operation then sizes[#sizes + 1] = #call[2].InstanceIds end
  end
  return sizes
end

local function actions(result)
  local by_id = {}
  for _, outcome in ipairs(result.instances) do by_id[outcome.instance] = outcome.action end
  return by_id
end

describe("auto-start-stop: handler", function()
  local handler, logged, measured
  local path = package.path

  setup(function()
    local function logger(level)
      return function(message, fields)
        logged[#logged + 1] = { level = level, message = message, fields = fields }
      end
    end
    package.loaded["lambda.log"] = { info = logger("info"), error = logger("error") }
    package.loaded["lambda.metrics"] = { put = function(metric) measured[#measured + 1] = metric end }
    package.loaded["fleet"] = nil
    package.path = folder .. "/?.lua;" .. path
    handler = require "handler"
  end)

  teardown(function() package.path = path end)

  before_each(function() logged, measured = {}, {} end)

  local function run(ec2, time, environment)
    return handler({ time = time }, { function_name = "nightly" }, {
      ec2 = ec2,
      getenv = function(name) return (environment or {})[name] end,
    })
  end

  it("asks once for the instances with either tag, by one filter", function()
    local ec2 = new_ec2({})
    local result = run(ec2, NOON)
    assert.same({
      {
        "describe_instances", {
          Filters = { { Name = "tag-key", Values = { "start-stop:start", "start-stop:stop" } } },
          MaxResults = 1000,
        },
      },
    }, ec2.calls)
    assert.same({
      time = NOON, dry_run = false, counts = { error = 0, started = 0, stopped = 0 }, instances = {},
    }, result)
  end)

  it("starts and stops, and reports each instance in the order in which it was found", function()
    local ec2 = new_ec2 {
      instance("i-1", "stopped", OFFICE),
      instance("i-2", "running", OFFICE),
      instance("i-3", "running", { stop = "0 12 * * *", timezone = "UTC" }),
      instance("i-4", "pending", OFFICE),
      instance("i-5", "stopped", { enable = "no", start = "0 12 * * *", timezone = "UTC" }),
    }
    local result = run(ec2, NOON)
    assert.same({ error = 0, started = 1, stopped = 1, none = 3 }, result.counts)
    assert.same({
      instance = "i-1", state = "stopped", action = "started",
      reason = "stopped, but should be running since 2026-11-24 08:00 +00:00",
    }, result.instances[1])
    local order = {}
    for i, outcome in ipairs(result.instances) do order[i] = outcome.instance .. " " .. outcome.action end
    assert.same({ "i-1 started", "i-2 none", "i-3 stopped", "i-4 none", "i-5 none" }, order)
    assert.same({ "start_instances", { InstanceIds = { "i-1" } } }, ec2.calls[2])
    assert.same({ "stop_instances", { InstanceIds = { "i-3" } } }, ec2.calls[3])
  end)

  it("changes nothing at a second event of the same minute", function()
    local ec2 = new_ec2 {
      instance("i-1", "stopped", OFFICE),
      instance("i-2", "running", { stop = "0 12 * * *", timezone = "UTC" }),
    }
    run(ec2, NOON)
    local before = #ec2.calls
    local result = run(ec2, NOON)
    assert.equal(before + 1, #ec2.calls)
    assert.same({ ["i-1"] = "none", ["i-2"] = "none" }, actions(result))
    assert.equal("pending: left alone", result.instances[1].reason)
  end)

  it("logs a line for each instance, and an error as an error", function()
    run(new_ec2 {
      instance("i-1", "stopped", OFFICE), instance("i-2", "stopped", { start = "nonsense" }),
    }, NOON)
    assert.same({
      level = "info",
      message = "i-1: started: stopped, but should be running since 2026-11-24 08:00 +00:00",
      fields = { instance = "i-1", state = "stopped", action = "started" },
    }, logged[1])
    assert.equal("error", logged[2].level)
    assert.matches('^i%-2: error: start%-stop:start = "nonsense": ', logged[2].message)
    assert.equal(2, #logged)
  end)

  it("counts what it did and what failed in one metric", function()
    run(new_ec2 {
      instance("i-1", "stopped", OFFICE), instance("i-2", "stopped", { start = "nonsense" }),
    }, NOON)
    assert.same({ {
      namespace = "auto-start-stop",
      dimensions = { FunctionName = "nightly" },
      values = { Errors = 1, Started = 1, Stopped = 0 },
    } }, measured)
  end)

  it("serves the others when an instance is not as EC2 describes one", function()
    local ec2 = new_ec2 { { InstanceId = "i-1" }, instance("i-2", "stopped", OFFICE) }
    assert.same({ ["i-1"] = "error", ["i-2"] = "started" }, actions(run(ec2, NOON)))
  end)

  it("starts 119 of 120 when one in the middle is refused, and says why it was not", function()
    local instances = {}
    for i = 1, 120 do instances[i] = instance(("i-%03d"):format(i), "stopped", OFFICE) end
    local ec2 = new_ec2(instances, function(ids)
      for _, id in ipairs(ids) do
        if id == "i-077" then return { status = 400, code = "IncorrectInstanceState", message = "no" } end
      end
    end)
    local result = run(ec2, NOON)
    assert.same({ error = 1, started = 119, stopped = 0 }, result.counts)
    assert.equal(50, calls_of(ec2, "start_instances")[1])
    assert.equal("error", result.instances[77].action)
    assert.matches("^cannot start it %(stopped, but should be running since 2026.*%): ",
      result.instances[77].reason)
    assert.equal(1, measured[1].values.Errors)
  end)

  it("reports every instance when AWS refuses everything, after one call a batch", function()
    local instances = {}
    for i = 1, 60 do instances[i] = instance(("i-%03d"):format(i), "running", OFFICE) end
    local refusal = setmetatable({ status = 403, code = "UnauthorizedOperation" }, {
      __tostring = function() return "ec2 StopInstances: UnauthorizedOperation" end,
    })
    local ec2 = new_ec2(instances, function() return refusal end)
    local result = run(ec2, NIGHT)
    assert.same({ 50, 10 }, calls_of(ec2, "stop_instances"))
    assert.same({ error = 60, started = 0, stopped = 0 }, result.counts)
    assert.matches("cannot stop it .*: ec2 StopInstances: UnauthorizedOperation$",
      result.instances[60].reason)
    assert.equal(60, #logged)
  end)

  it("says what it would do at DRY_RUN, and changes nothing", function()
    local ec2 = new_ec2 {
      instance("i-1", "stopped", OFFICE), instance("i-2", "running", OFFICE),
      instance("i-3", "running", { stop = "0 12 * * *", timezone = "UTC" }),
    }
    local result = run(ec2, NOON, { DRY_RUN = "1" })
    assert.same({ ["i-1"] = "would-start", ["i-2"] = "none", ["i-3"] = "would-stop" }, actions(result))
    assert.is_true(result.dry_run)
    assert.equal(1, #ec2.calls)
    assert.matches("^i%-1: would%-start: ", logged[1].message)
  end)

  it("goes by the time of the event, not by a clock", function()
    local tags = { start = "0 8 * * *", stop = "0 18 * * *" }
    local ec2 = new_ec2 { instance("i-1", "stopped", tags) }
    assert.same({ ["i-1"] = "none" }, actions(run(ec2, "1999-12-31T12:59:59Z")))
    assert.same({ ["i-1"] = "started" }, actions(run(ec2, "1999-12-31T13:00:00Z")))
  end)

  it("has no doubt about the time: one that is missing or bad is the invocation's error", function()
    local ec2 = new_ec2 { instance("i-1", "stopped", OFFICE) }
    assert.error_matches(function() run(ec2, nil) end, "event.time is missing")
    assert.error_matches(function() run(ec2, "noon") end, 'event.time is "noon"')
    for _, event in ipairs { "text", 7, false, {} } do
      assert.error_matches(function() handler(event, {}, { ec2 = ec2 }) end, "event.time is missing")
    end
    assert.same({}, ec2.calls)
  end)

  it("has no doubt about its settings either", function()
    local ec2 = new_ec2 { instance("i-1", "stopped", OFFICE) }
    assert.error_matches(function() run(ec2, NOON, { PERIOD_MINUTES = "abc" }) end,
      'environment: PERIOD_MINUTES = "abc"')
    assert.same({}, ec2.calls)
  end)

  it("lets the invocation fail when the instances cannot be listed", function()
    local ec2 = new_ec2 {}
    function ec2:each()
      return function() error({ code = "UnauthorizedOperation" }) end
    end
    assert.has_error(function() run(ec2, NOON) end, { code = "UnauthorizedOperation" })
  end)
end)
