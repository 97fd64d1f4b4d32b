--- The life of a function's process: load, serve events until the end, shut down.
-- @module lambda.service

local context = require "lambda.context"
local failure = require "lazy" "lambda.failure"
local handler = require "lambda.handler"
local host = require "host"
local host_task = require "host.task"
local loader = require "lambda.loader"
local log = require "lambda.log"
local runtime_api = require "lambda.runtime_api"
local shutdown = require "lambda.shutdown"
local task = require "task"

local M = {}

local EXTENSION_NAME = "lualambda-shutdown"

local root = os.getenv("LAMBDA_TASK_ROOT") or "."

-- What a function prints becomes log lines; what it writes past them must not wait in a buffer while
-- Lambda has frozen the process.
local function take_over_output()
  io.stdout:setvbuf("line")
  print = log.print -- luacheck: globals print
end

local function encode(report)
  return failure.encode(report, root)
end

local function log_report(report)
  log.error(report.errorMessage,
    { errorType = report.errorType, stackTrace = report.stackTrace, cause = report.cause })
end

-- Posts what came of an invocation. Returns the API's status, nil when it has ended.
local function answer(connection, request_id, text, report, stream)
  if report then
    log_report(report)
    if stream then return stream:finish(encode(report)) end
    return connection:fail(request_id, encode(report))
  end
  if stream then return stream:finish() end
  local status = connection:respond(request_id, text)
  if status ~= 413 then return status end
  return answer(connection, request_id, nil, handler.too_large(#text))
end

-- Serves one event after the other. Returns when the API has ended.
local function serve_events(address, fn, alone)
  local connection, build = runtime_api.connect(address), context.builder()
  while true do
    local body, headers = connection:next()
    if not body then return end
    local invocation = build(headers)
    task.locals().context = invocation
    if alone then runtime_api.trace(invocation.trace_id or "") end
    local text, problem, stream = handler.serve(fn, body, invocation, connection)
    io.stdout:flush()
    local status = answer(connection, invocation.request_id, text, problem, stream)
    task.locals().context = nil
    if not status then return end
    if problem and problem.errorType == failure.OUT_OF_MEMORY and host.memory_is_short() then
      log.error("the function still holds what used its memory up: "
        .. "the process ends, and Lambda starts another")
      return
    end
  end
end

-- Lambda signals the end of the process only where there is an extension, and lets one register only
-- before the first event is asked for.
local function ask_for_a_signal(address)
  local connection = runtime_api.connect(address)
  local identifier = connection:register_extension(EXTENSION_NAME)
  if identifier then
    host_task.root(nil, connection.await_extension_event, connection, identifier)
  end
end

-- Lets `count` invocations run at once, each from a task of its own. Returns when one of them finds
-- that the API has ended, or SIGTERM comes: true in the latter case.
local function serve_until_end(address, fn, count)
  local servers, terminated, sigterm = {}, false, host.terminated()
  local function stop()
    for _, server in ipairs(servers) do server:cancel() end
  end
  for i = 1, count do
    servers[i] = host_task.root(nil, function()
      serve_events(address, fn, count == 1)
      stop()
    end)
  end
  host_task.root(nil, function()
    host_task.wait(sigterm)
    terminated = true
    stop()
  end)
  for _, server in ipairs(servers) do
    local _, err, traceback = server:join()
    if traceback then log_report(failure.describe(err, traceback)) end
  end
  return terminated
end

--- Serves the function that `_HANDLER` names.
-- @tparam string address the Runtime API's, `host:port`
-- @treturn number the process's exit status
function M.serve(address)
  take_over_output()
  loader.install(root)
  local fn, report = loader.load(os.getenv("_HANDLER"))
  if not fn then
    log_report(report)
    runtime_api.connect(address):fail_init(encode(report))
    return 1
  end
  if shutdown.wanted() then ask_for_a_signal(address) end
  local count = tonumber(os.getenv("AWS_LAMBDA_MAX_CONCURRENCY")) or 1
  local terminated = serve_until_end(address, fn, math.max(1, count))
  if terminated then shutdown.run() end
  return terminated and 0 or 1
end

return M
