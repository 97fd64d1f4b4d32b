local batch = require "lambda.batch"
local json = require "json"
local log = require "lambda.log"
local task = require "task"

describe("batch.each", function()
  local log_error = log.error
  local logged

  before_each(function()
    logged = {}
    log.error = function(message, fields) logged[#logged + 1] = { message, fields } end -- luacheck: ignore
  end)
  after_each(function() log.error = log_error end) -- luacheck: ignore

  local function queue(count, fifo)
    local records = {}
    for i = 1, count do
      records[i] = {
        eventSource = "aws:sqs",
        eventSourceARN = "arn:aws:sqs:eu-central-1:123456789012:orders" .. (fifo and ".fifo" or ""),
        messageId = "m" .. i,
        attributes = { MessageGroupId = fifo and ("g" .. i % fifo) },
        n = i,
      }
    end
    return { Records = records }
  end

  local function stream(source, count)
    local records = {}
    for i = 1, count do
      records[i] = {
        eventSource = source,
        kinesis = { sequenceNumber = "k" .. i },
        dynamodb = { SequenceNumber = "d" .. i },
        n = i,
      }
    end
    return { Records = records }
  end

  -- A function that fails for these numbers, and notes which it saw.
  local function failing(...)
    local fails, seen = {}, {}
    for _, n in ipairs { ... } do fails[n] = true end
    return function(record)
      seen[#seen + 1] = record.n
      if fails[record.n] then error("no " .. record.n) end
    end, seen
  end

  local function ids(result)
    local list = {}
    for i, failure in ipairs(result.batchItemFailures) do list[i] = failure.itemIdentifier end
    return list
  end

  it("names the messages that failed, and goes on with the others", function()
    local fn, seen = failing(2, 4)
    assert.same({ "m2", "m4" }, ids(batch.each(queue(5), fn)))
    assert.equal(5, #seen)
    assert.equal(2, #logged)
    assert.matches("no 2", logged[1][1])
    assert.equal("m2", logged[1][2].itemIdentifier)
    assert.matches("batch_spec", logged[1][2].error.stackTrace[2])
  end)

  it("takes nil and an error as a failure, nothing as success", function()
    assert.same({ "m1" }, ids(batch.each(queue(3), function(record)
      if record.n == 1 then return nil, "refused" end
      if record.n == 2 then return false end
    end)))
  end)

  it("gives an empty list where all went well, or there was nothing to do", function()
    assert.equal('{"batchItemFailures":[]}', json.encode(batch.each(queue(2), failing())))
    assert.equal('{"batchItemFailures":[]}', json.encode(batch.each({ Records = {} }, failing())))
  end)

  it("runs messages side by side, as many as it may", function()
    for _, limit in ipairs { 1, 3, 100 } do
      local running, most = 0, 0
      batch.each(queue(12), function()
        running = running + 1
        most = math.max(most, running)
        task.sleep(0.001)
        running = running - 1
      end, { concurrency = limit })
      assert.equal(math.min(limit, 12), most)
    end
  end)

  it("keeps the order in a group of a FIFO queue, and ends it with its first failure", function()
    local fn, seen = failing(3)
    assert.same({ "m3", "m5", "m7" }, ids(batch.each(queue(8, 2), fn)))
    table.sort(seen)
    assert.same({ 1, 2, 3, 4, 6, 8 }, seen)
  end)

  it("stops a stream at its first failure, and names it alone", function()
    for source, prefix in pairs { ["aws:kinesis"] = "k", ["aws:dynamodb"] = "d" } do
      local fn, seen = failing(3, 4)
      assert.same({ prefix .. "3" }, ids(batch.each(stream(source, 5), fn)))
      assert.same({ 1, 2, 3 }, seen)
    end
  end)

  it("tells the caller of its own mistakes", function()
    local function nothing() end
    assert.error_matches(function() batch.each({}, nothing) end, "Records")
    assert.error_matches(function() batch.each("x", nothing) end, "Records")
    assert.error_matches(function() batch.each(queue(1)) end, "fn")
    assert.error_matches(function() batch.each(queue(1), nothing, { concurrency = 0 }) end, "concurrency")
    local of_s3 = { Records = { { eventSource = "aws:s3" } } }
    assert.error_matches(function() batch.each(of_s3, nothing) end, "aws:s3")
  end)
end)
