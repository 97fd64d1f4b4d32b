local worlds = require "spec.world"

local instance = worlds.instance

local OFFICE = { schedule = "08:00-18:00 UTC" }
local OTHER = "222222222222"
local ROLE = ("arn:aws:iam::%s:role/x"):format(OTHER)
local QUEUE = "http://127.0.0.1:1/123456789012/shards"
local PLANNED = "1970-01-12T13:40:00Z" -- 400 seconds before the specs' clock begins
local NEVER = function() return require("aws.error").new { code = "UnauthorizedOperation", status = 403 } end

describe("auto-start-stop: shards", function()
  local handler, json, logged, measured

  setup(function()
    local function logger(level)
      return function(message) logged[#logged + 1] = level .. ": " .. message end
    end
    json = require "json"
    package.loaded["lambda.log"] = {
      info = logger("info"), warn = logger("warn"), error = logger("error"),
    }
    package.loaded["lambda.metrics"] = { put = function(metric) measured[#measured + 1] = metric end }
    package.loaded["fleet"] = nil
    handler = require "handler"
  end)

  before_each(function() logged, measured = {}, {} end)

  -- A world of several places; `others` by region and account are worlds of their own. Its queue keeps what
  -- it is sent, but for the shards that `refuse` gives a code for.
  local function several(with)
    local home = worlds.new { ec2 = with.ec2 }
    local environment = with.environment or {}
    home.sent, home.batches, home.roles = {}, {}, {}
    home.world.getenv = function(name) return environment[name] end
    local function send(_, params)
      assert.equal(QUEUE, params.QueueUrl)
      home.batches[#home.batches + 1] = #params.Entries
      if with.down then return nil, with.down end
      local failed = {}
      for _, entry in ipairs(params.Entries) do
        local shard = json.decode(entry.MessageBody)
        local refusal = with.refuse and with.refuse(shard)
        if refusal then
          failed[#failed + 1] = { Id = entry.Id, Code = refusal, Message = "no", SenderFault = false }
        else
          home.sent[#home.sent + 1] = shard
        end
      end
      return { Failed = #failed > 0 and failed or nil }
    end
    home.world.place.clients.sqs = { send_message_batch = send }
    function home.world.new_place(of)
      home.roles[#home.roles + 1] = of.role
      local key = of.region .. " " .. (of.account or "own")
      local other = (with.others or {})[key] or worlds.new {}
      other.clock.now = home.clock.now
      return {
        region = of.region, account = of.account, role = of.role, clients = other.world.place.clients,
        credentials = of.role and { get = function() return {} end },
      }
    end
    return home
  end

  local function record(id, body)
    return {
      messageId = id, eventSource = "aws:sqs", eventSourceARN = "arn:aws:sqs:us-east-1:1:shards",
      attributes = {},
      body = type(body) == "table" and json.encode(body) or body,
    }
  end

  local function work(home, ...)
    local failed = {}
    local result = handler({ Records = { ... } }, home.context, home.world)
    for i, each in ipairs(result.batchItemFailures) do failed[i] = each.itemIdentifier end
    return failed
  end

  describe("planner", function()
    local function plan(home)
      return handler({ time = PLANNED }, home.context, home.world)
    end

    it("puts one shard for each place on the queue, and acts on nothing", function()
      local home = several {
        ec2 = { instance("i-1", "stopped", OFFICE) },
        environment = { QUEUE_URL = QUEUE, REGIONS = "us-east-1,eu-west-1", ROLES = "own," .. ROLE },
      }
      local result = plan(home)
      assert.same({
        { time = PLANNED, region = "us-east-1" },
        { time = PLANNED, region = "eu-west-1" },
        { time = PLANNED, region = "us-east-1", account = OTHER, role = ROLE },
        { time = PLANNED, region = "eu-west-1", account = OTHER, role = ROLE },
      }, home.sent)
      assert.same({ error = 0, started = 0, stopped = 0, queued = 4 }, result.counts)
      assert.same({}, home.calls)
    end)

    it("puts its own place on the queue where no others are named", function()
      local home = several { environment = { QUEUE_URL = QUEUE } }
      assert.equal(1, plan(home).counts.queued)
      assert.same({ { time = PLANNED, region = "us-east-1" } }, home.sent)
    end)

    local MANY = {}
    for i = 1, 23 do MANY[i] = "eu-west-" .. i end
    MANY = table.concat(MANY, ",")

    it("sends ten at a time, and has one that is refused as an error of its own", function()
      local home = several {
        environment = { QUEUE_URL = QUEUE, REGIONS = MANY },
        refuse = function(shard) return shard.region == "eu-west-12" and "InternalError" end,
      }
      local result = plan(home)
      assert.same({ 10, 10, 3 }, home.batches)
      assert.equal(22, #home.sent)
      assert.equal(22, result.counts.queued)
      assert.equal(1, measured[1].values.Errors)
      assert.same({ {
        kind = "place", id = "eu-west-12", region = "eu-west-12", action = "error",
        reason = "was not queued: InternalError: no",
      } }, result.resources)
    end)

    it("fails where the queue takes nothing", function()
      local home = several { environment = { QUEUE_URL = QUEUE, REGIONS = MANY }, down = NEVER() }
      local ok, err = pcall(plan, home)
      assert.is_false(ok)
      assert.equal("UnauthorizedOperation", err.code)
    end)

    it("is not loaded where there is no queue", function()
      package.loaded.shards = nil
      plan(several {})
      assert.is_nil(package.loaded.shards)
    end)

    it("refuses an address that is none", function()
      local ok, message = pcall(plan, several { environment = { QUEUE_URL = "shards" } })
      assert.is_false(ok)
      assert.matches("QUEUE_URL.*no address of a queue", message)
    end)
  end)

  describe("worker", function()
    local SHARD = { time = PLANNED, region = "us-east-1" }
    local ABROAD = { time = PLANNED, region = "eu-west-1", account = OTHER, role = ROLE }

    it("serves the place of each shard, by its role", function()
      local abroad = worlds.new { ec2 = { instance("i-2", "stopped", OFFICE) } }
      local home = several {
        ec2 = { instance("i-1", "stopped", OFFICE) }, others = { ["eu-west-1 " .. OTHER] = abroad },
        environment = { QUEUE_URL = QUEUE, ROLE_EXTERNAL_ID = "fleet" },
      }
      assert.same({}, work(home, record("m-1", SHARD), record("m-2", ABROAD)))
      assert.same({ { InstanceIds = { "i-1" } } }, home:of("start_instances"))
      assert.same({ { InstanceIds = { "i-2" } } }, abroad:of("start_instances"))
      assert.same({ { arn = ROLE, external_id = "fleet", session_name = "nightly" } }, home.roles)
      assert.same({}, home.batches)
    end)

    it("has a bad shard fail alone, and says what was wrong", function()
      local home = several {
        ec2 = { instance("i-1", "stopped", OFFICE) },
        others = { ["eu-west-1 " .. OTHER] = worlds.new { refuse = NEVER } },
      }
      local failed = work(home,
        record("m-1", ABROAD), record("m-2", "{"), record("m-3", "[]"),
        record("m-4", { region = "us-east-1" }), record("m-5", SHARD))
      assert.same({ "m-1", "m-2", "m-3", "m-4" }, failed)
      assert.same({ { InstanceIds = { "i-1" } } }, home:of("start_instances"))
      local errors = 0
      for _, metric in ipairs(measured) do
        if not metric.dimensions.Kind then errors = errors + metric.values.Errors end
      end
      assert.equal(1, errors)
      local log = table.concat(logged, "\n")
      assert.matches("is no shard", log)
      assert.matches("error: ec2: error: cannot be listed: .*UnauthorizedOperation", log)
    end)

    it("decides by the plan's time until the next plan", function()
      local home = several { ec2 = {
        instance("i-1", "stopped", { start = "39 13 * * *", timezone = "UTC" }),
        instance("i-2", "stopped", { start = "41 13 * * *", timezone = "UTC" }),
      } }
      assert.same({}, work(home, record("m-1", SHARD)))
      assert.same({ { InstanceIds = { "i-1" } } }, home:of("start_instances"))
    end)

    it("decides late by the present, and makes up for what its own period had", function()
      local home = several { ec2 = {
        instance("i-1", "running", { schedule = "12:00-13:30 UTC" }),
        instance("i-2", "stopped", { start = "13 13 * * *", timezone = "UTC" }),
        instance("i-3", "stopped", { start = "9 13 * * *", timezone = "UTC" }),
      } }
      assert.same({}, work(home, record("m-1", { time = "1970-01-12T13:20:00Z", region = "us-east-1" })))
      assert.same({ { InstanceIds = { "i-2" } } }, home:of("start_instances"))
      assert.same({ { InstanceIds = { "i-1" } } }, home:of("stop_instances"))
    end)

    it("drops what later plans have overtaken, and tells of it", function()
      local home = several { ec2 = { instance("i-1", "stopped", OFFICE) } }
      assert.same({}, work(home, record("m-1", { time = "1970-01-12T13:16:00Z", region = "us-east-1" })))
      assert.same({}, home.calls)
      assert.same({ "error: us-east-1: error: was not served: overtaken by later plans" }, logged)
      assert.equal(1, measured[1].values.Errors)
    end)
  end)
end)
