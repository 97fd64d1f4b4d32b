--- Splits the work over invocations: a planner puts a shard for each place on a queue, and workers serve
-- them. A shard is `{ time, region, account, role }`: the plan's time, and what makes a `fleet.place`.

local aws_error = require "aws.error"
local batch = require "lambda.batch"
local event_time = require "lambda.event_time"
local fleet = require "fleet"
local json = require "json"
local places = require "fleet.places"
local serve = require "serve"

local M = {}

local SIZE = 10 -- entries that SendMessageBatch takes
local OVERTAKEN = 3 -- periods after which later plans have covered what a shard was for

-- ---- the planner ----

local function shard_of(place, time)
  return { time = time, region = place.region, account = place.account, role = place.role and place.role.arn }
end

local function chunks_of(list)
  local chunks = {}
  for from = 1, #list, SIZE do
    chunks[#chunks + 1] = { unpack(list, from, math.min(from + SIZE - 1, #list)) }
  end
  return chunks
end

-- Sends some places' shards. Gives the errors of those that the queue refused, by their number.
local function send(chunk, plan)
  local entries, refused = {}, {}
  for i, place in ipairs(chunk) do
    entries[i] = { Id = tostring(i), MessageBody = assert(json.encode(shard_of(place, plan.time))) }
  end
  local output, err = plan.sqs:send_message_batch { QueueUrl = plan.queue, Entries = entries }
  if not output then return nil, err end
  for _, entry in ipairs(output.Failed or {}) do
    refused[tonumber(entry.Id)] = aws_error.new { code = entry.Code, message = entry.Message }
  end
  return refused
end

--- Puts a shard for each place on the queue.
-- @tparam {table,...} list places
-- @tparam table plan `{ time, queue, sqs }`: the trigger's time as text, the queue's URL, and a client
-- @treturn number how many are on the queue
-- @treturn {table,...} an outcome for each that is not, as `serve` has them
-- @treturn ?error why, of the first of these
function M.plan(list, plan)
  local chunks, outcomes, failure = chunks_of(list), {}, nil
  local summary = fleet.each(chunks, function(chunk)
    return send(chunk, plan)
  end, { name = "batch of shards" })
  for c, item in ipairs(summary.items) do
    for i, place in ipairs(chunks[c]) do
      local err = item.error or item.result[i]
      if err then outcomes[#outcomes + 1] = serve.unserved(place, "was not queued: ", err) end
      failure = failure or err
    end
  end
  return #list - #outcomes, outcomes, failure
end

-- ---- the workers ----

local function read(body)
  local shard = assert(json.decode(body))
  if type(shard) ~= "table" or type(shard.region) ~= "string" then error("is no shard: " .. body, 0) end
  return shard, assert(event_time(shard.time))
end

-- The time as of which a shard is served. One that comes after the next plan is served as of the present, so
-- that it undoes nothing of that plan; a longer period makes up for the moments that its own had.
local function moment_of(time, settings, now)
  local late = now - time
  if late <= settings.period then return time, settings end
  local longer = { period = settings.period + math.floor(late) }
  return math.floor(now), setmetatable(longer, { __index = settings })
end

--- Serves each shard that a queue delivers. One that fails does so alone, and the queue tries it again.
-- @tparam table event of SQS
-- @tparam table work
-- @tparam table work.settings
-- @tparam table work.wanted as `fleet.places.at` takes it
-- @tparam function work.now the present
-- @tparam function work.serve of a place, the time, settings, and the shard's time as text; raises why the
--   place could not be served
-- @tparam function work.drop of the outcome of a shard that is not served, and the shard's time as text
-- @treturn table the messages that failed, as Lambda takes them
function M.work(event, work)
  return batch.each(event, function(record)
    local shard, time = read(record.body)
    local place = places.at(work.wanted, shard.region, shard.account, shard.role)
    local now = work.now()
    if now - time > OVERTAKEN * work.settings.period then
      return work.drop(serve.unserved(place, "was not served: ", "overtaken by later plans"), shard.time)
    end
    local moment, settings = moment_of(time, work.settings, now)
    return work.serve(place, moment, settings, shard.time)
  end)
end

return M
