local calls = require "aws.call"
local json = require "json"
local recording = require "local.recording"
local task = require "task"
local things = require "aws.things"
local worlds = require "aws.world"

describe("local.recording", function()
  local lines

  before_each(function()
    lines = {}
    local clock = 100
    local function now()
      clock = clock + 0.5
      return clock
    end
    calls.observer = recording.observer(function(line) lines[#lines + 1] = line end, { "hunter2" }, now)
  end)

  after_each(function()
    calls.observer = nil
    task.locals().context = nil
  end)

  local function client(...)
    return things.client(worlds.new { answers = { ... } })
  end

  it("notes what a call was given and gave, and when", function()
    task.locals().context = { request_id = "r-1" }
    local output = client(things.page { { "t-1", "ready" } }):describe_things { ThingIds = { "t-1" } }
    assert.equal("t-1", output.Things[1].ThingId)
    assert.equal(1, #lines)
    assert.same({
      service = "things",
      operation = "DescribeThings",
      region = "eu-west-1",
      params = { ThingIds = { "t-1" } },
      output = { Things = { { ThingId = "t-1", State = "ready" } } },
      started = 100.5,
      duration = 0.5,
      attempts = 1,
      request_id = "r-1",
    }, json.decode(lines[1]))
  end)

  it("notes an error in the place of the output, and counts the attempts", function()
    local busy = { status = 503, body = "<Response><Errors><Error><Code>Unavailable</Code>"
      .. "<Message>not now, hunter2</Message></Error></Errors><RequestID>q</RequestID></Response>" }
    local output, err = client(busy):describe_things {}
    assert.is_nil(output)
    assert.equal("not now, hunter2", err.message)
    local line = json.decode(lines[1])
    assert.is_nil(line.output)
    assert.equal(3, line.attempts)
    assert.equal("Unavailable", line.error.code)
    assert.equal("not now, ***", line.error.message)
    assert.equal(503, line.error.status)
    assert.equal("q", line.error.request_id)
  end)

  it("notes a call that never got to an attempt", function()
    local world = worlds.new { environment = { AWS_EC2_METADATA_DISABLED = "true" } }
    local _, err = things.client(world):describe_things {}
    assert.equal("NoRegion", err.code)
    local line = json.decode(lines[1])
    assert.equal(0, line.attempts)
    assert.equal("NoRegion", line.error.code)
  end)

  it("keeps secrets out of the line, and gives them to the caller", function()
    client(things.page {}):describe_things { NextToken = "hunter2" }
    assert.is_nil(lines[1]:find("hunter2", 1, true))
  end)

  it("notes each page of an iteration", function()
    local first, last = things.page({ { "a", "ready" } }, "2"), things.page { { "b", "ready" } }
    local ids = {}
    for thing in client(first, last):each("describe_things") do ids[#ids + 1] = thing.ThingId end
    assert.same({ "a", "b" }, ids)
    assert.equal("2", json.decode(lines[1]).output.NextToken)
    assert.equal("2", json.decode(lines[2]).params.NextToken)
  end)
end)
