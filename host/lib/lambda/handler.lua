--- Serves one event with the function's handler: event and result as JSON text.
-- @module lambda.handler

local failure = require "lazy" "lambda.failure"
local host_task = require "host.task"
local json = require "json"
local log = require "lambda.log"
local stream = require "lazy" "lambda.stream"
local task = require "task"

local M = {}

-- Lambda's limit of a result that is not streamed, in bytes: 6 MB and what its envelope takes.
local LARGEST_RESULT = 6291556

-- The tasks' deadline is a little before the invocation's, so that what came of it can still be
-- posted: 0.3 s, or a fifth of the time where that is less.
local RESERVE, SHARE = 0.3, 0.2

local function tasks_deadline(invocation)
  local left = invocation.remaining_ms() / 1000
  if left == math.huge then return nil end
  return task.now() + left - math.min(RESERVE, left * SHARE)
end

-- The first function of the invocation's root task. The tail call keeps it out of stack traces.
local function enter(handler, event, invocation)
  task.locals().context = invocation
  return handler(event, invocation)
end

-- Ends what the handler has left behind, and says so.
local function tidy(root)
  local count = host_task.family_cancel(root)
  if count > 0 then
    log.warn("tasks were still running when the handler returned, and were cancelled", { tasks = count })
  end
  for failed in host_task.family_failure, root do
    local _, err, traceback = failed:join()
    local report = failure.describe(err, traceback)
    log.error("a task failed, and nobody joined it: " .. report.errorMessage, { error = report })
  end
end

-- Frees what a handler held that used the memory up, for the next event. An ended task's values go with the
-- second collection.
local function free_memory()
  collectgarbage()
  collectgarbage()
end

-- Runs the handler to its end or its deadline: true and the result, or false and a report.
local function run(handler, event, invocation)
  local root = host_task.root(tasks_deadline(invocation), enter, handler, event, invocation)
  local ok, result, traceback, stopped = root:join()
  tidy(root)
  if ok then return true, result end
  local report = failure.describe(result, traceback)
  if stopped then report.errorType = "Runtime.DeadlineExceeded" end
  return false, report
end

local function encode(result)
  local text, why = json.encode(result)
  if not text then
    return nil, failure.report("Runtime.MarshalError",
      "JSON cannot hold the handler's result: " .. why)
  end
  if #text > LARGEST_RESULT then
    return nil, M.too_large(#text)
  end
  return text
end

--- The report of a result that is larger than Lambda takes.
-- @tparam number size bytes
-- @treturn table as @{lambda.failure.describe} gives it
function M.too_large(size)
  return failure.report("Function.ResponseSizeTooLarge", ("the result has %d bytes of JSON; Lambda "
    .. "takes %d, and more only of a streamed response"):format(size, LARGEST_RESULT))
end

--- Serves one event.
-- @tparam function handler
-- @tparam string body the event as JSON
-- @tparam table invocation its context, which gets the function `stream`
-- @tparam connection connection of @{lambda.runtime_api}, for a streamed result
-- @treturn ?string the result as JSON; nil where it is streamed, or there is a report
-- @treturn ?table the report of what went wrong
-- @treturn ?stream the stream that was started, to be finished
function M.serve(handler, body, invocation, connection)
  local event, why = json.decode(body)
  if event == nil then
    return nil, failure.report("Runtime.UnmarshalError", "the event is no JSON: " .. why)
  end

  local started
  --- Starts a streamed result, as @{lambda.stream.start}.
  function invocation.stream(options)
    if started then error("the invocation has its stream already", 2) end
    started = stream.start(connection, invocation.request_id, options)
    return started
  end

  local ok, result = run(handler, event, invocation)
  if not ok then
    if result.errorType == failure.OUT_OF_MEMORY then free_memory() end
    return nil, result, started
  end
  if started then
    if result ~= nil then log.warn("the handler's result is dropped, because its response was streamed") end
    return nil, nil, started
  end
  return encode(result)
end

return M
