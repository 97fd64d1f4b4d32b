--- Batches of records from queues and streams, of which some may fail alone.
--
--    return function(event)
--      return batch.each(event, function(record) ... end)
--    end
--
-- The event source mapping must have `ReportBatchItemFailures` among its function response types.
--
-- Source: AWS Lambda Developer Guide, "Handling errors for an SQS event source in Lambda" and
-- "Configuring partial batch response with Kinesis Data Streams / DynamoDB and Lambda".
-- @module lambda.batch

local failure = require "lambda.failure"
local json = require "json"
local log = require "lambda.log"
local task = require "task"

local M = {}

local CONCURRENCY = 10

-- How a record of each source is named in the answer.
local ID = {
  ["aws:sqs"] = function(record) return record.messageId end,
  ["aws:kinesis"] = function(record) return record.kinesis.sequenceNumber end,
  ["aws:dynamodb"] = function(record) return record.dynamodb.SequenceNumber end,
}

-- A record fails when the function raises, or returns `nil, err`.
local function attempt(fn, record, id)
  local ok, result, err = task.spawn(fn, record):join()
  if ok and (result or err == nil) then return true end
  local report = ok and failure.describe(err) or failure.describe(result, err)
  log.error("a record failed: " .. report.errorMessage, { itemIdentifier = id, error = report })
  return false
end

-- The lanes of a batch: records of one lane run one after the other, and its first failure ends it.
local function lanes_of(records, source)
  local lanes, of_group = {}, {}
  local fifo = source == "aws:sqs" and (records[1].eventSourceARN or ""):find("%.fifo$")
  for _, record in ipairs(records) do
    local group = source ~= "aws:sqs" and "stream" or fifo and record.attributes.MessageGroupId
    local lane = group and of_group[group]
    if not lane then
      lane = {}
      lanes[#lanes + 1] = lane
      if group then of_group[group] = lane end
    end
    lane[#lane + 1] = record
  end
  return lanes
end

-- Returns the index of the first that failed, or nil.
local function run_lane(lane, fn, id)
  for i, record in ipairs(lane) do
    if not attempt(fn, record, id(record)) then return i end
  end
end

local function check(event, fn, options)
  local records = type(event) == "table" and event.Records
  if type(records) ~= "table" then error("event: expected an event with Records", 3) end
  if type(fn) ~= "function" then error("fn: expected a function, got " .. type(fn), 3) end
  local concurrency = options.concurrency or CONCURRENCY
  if type(concurrency) ~= "number" or concurrency < 1 then
    error("concurrency: expected a number from 1", 3)
  end
  local source = records[1] and records[1].eventSource
  if source and not ID[source] then error("event: cannot name failures of " .. tostring(source), 3) end
  return records, source, concurrency
end

--- Calls a function for each record of an event of SQS, Kinesis or DynamoDB Streams.
--
-- Messages of a standard queue run side by side. Those of a FIFO queue keep their order in their
-- message group: after its first failure the group's other messages are not tried, and are named too.
-- Records of a stream run one after the other; Lambda retries from the first that failed, so it alone
-- is named and none after it is tried.
-- @tparam table event
-- @tparam function fn gets the record; it fails by raising, or by returning `nil, err`
-- @tparam[opt] table options
-- @tparam[opt=10] number options.concurrency how many messages, or message groups, run at once
-- @treturn table `{ batchItemFailures = { { itemIdentifier }, ... } }`, the handler's result
function M.each(event, fn, options)
  local records, source, concurrency = check(event, fn, options or {})
  local failures = json.array {}
  if not source then return { batchItemFailures = failures } end

  local id, lanes, failed = ID[source], lanes_of(records, source), {}
  task.side_by_side(#lanes, concurrency, function(index)
    failed[index] = run_lane(lanes[index], fn, id)
  end)
  for index, lane in ipairs(lanes) do
    local first = failed[index]
    local last = source == "aws:sqs" and #lane or first
    for i = first or math.huge, last or 0 do
      failures[#failures + 1] = { itemIdentifier = id(lane[i]) }
    end
  end
  return { batchItemFailures = failures }
end

return M
