--- An execution environment: a process of `bootstrap`, and the Runtime API that it asks for events, at a
-- port of its own.
--
-- Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes" and "Understanding
-- the Lambda execution environment lifecycle".
-- @module local.environment

local background = require "local.background"
local files = require "bundle.files"
local host_task = require "host.task"
local json = require "json"
local process = require "local.process"
local read_body = require "local.body"
local scalar = require "host.scalar"
local server = require "local.server"
local take_lines = require "local.lines"
local task = require "task"
local utc = require "lambda.utc"

local M = {}

local ADDRESS = "127.0.0.1"
local LARGEST_RESPONSE = 6 * 1024 * 1024 + 100 -- bytes, of one that is not streamed
local LOOK = 0.01 -- seconds between two looks at the memory that a busy process takes
local GRACE = 0.5 -- seconds that a process has after SIGTERM
local SIGTERM, SIGKILL = 15, 9
local PAGE = 4096 -- bytes
local SIGNAL_NAMES = { [4] = "illegal instruction", [6] = "aborted", [7] = "bus error", [9] = "killed",
  [11] = "segmentation fault", [15] = "terminated" }

local Environment = {}
Environment.__index = Environment

-- ---- the process ----

local function read_proc(id, name)
  return files.read(("/proc/%d/%s"):format(id, name)) or ""
end

-- Bytes that it takes now, and has taken at the most; 0 where it has ended.
local function memory_of(id)
  local pages = read_proc(id, "statm"):match("^%d+ (%d+)")
  return (tonumber(pages) or 0) * PAGE
end

local function peak_of(id)
  return (tonumber(read_proc(id, "status"):match("VmHWM:%s*(%d+) kB")) or 0) * 1024
end

-- Reads what is in a pipe now; true once it has ended.
function Environment:read_pipe(name)
  local pipe = self.pipes[name]
  local text = pipe.pipe:read()
  pipe.rest = take_lines(pipe.rest .. (text or ""), pipe.each)
  if text then return false end
  if pipe.rest ~= "" then pipe.each(pipe.rest) end
  pipe.rest = ""
  return true
end

local function follow(self, name)
  background(function()
    repeat host_task.wait(self.pipes[name].pipe) until self:read_pipe(name)
  end)
end

-- Whose a line of the log is: that invocation's that it names, or the only one's.
function Environment:owner_of(line)
  if self.busy == 1 then return select(2, next(self.running)) end
  local id = self.busy > 1 and line:match('"requestId":"([^"]+)"')
  return id and self.running[id]
end

function Environment:on_line(line)
  local owner = self:owner_of(line)
  if owner then return owner:log(line) end
  if self.state == "starting" then self.init_lines[#self.init_lines + 1] = line end
  self.say(line)
end

function Environment:on_call(line)
  local call = json.decode(line)
  if not call then return end
  local owner = self.running[call.request_id]
  if owner then owner.calls[#owner.calls + 1] = call end
  self.on_aws_call(call, line, owner)
end

-- ---- the end ----

local function exit_message(id, what)
  return { errorType = "Runtime.ExitError", errorMessage = ("RequestId: %s Error: %s"):format(id, what) }
end

local function exit_words(status, number)
  if number then
    return "Runtime exited with error: signal: " .. (SIGNAL_NAMES[number] or tostring(number))
  end
  if status == 0 then return "Runtime exited without providing a reason" end
  return "Runtime exited with error: exit status " .. status
end

function Environment:timed_out(id)
  local what = ("Task timed out after %.2f seconds"):format(self.settings.timeout)
  return {
    failure = { errorType = "Sandbox.Timedout", errorMessage = ("RequestId: %s Error: %s"):format(id, what) },
    lines = { ("%s %s %s"):format(utc.format(task.now()), id, what) },
    status = "timeout",
  }
end

-- What becomes of an invocation whose process has ended.
function Environment:outcome_of_end(id)
  if self.init_failure then
    return { failure = self.init_failure.report, failure_text = self.init_failure.text, status = "error" }
  end
  if self.killed_for == "timeout" then return self:timed_out(id) end
  local failure = exit_message(id, self.exit_words)
  local lines = { failure.errorMessage, "Runtime.ExitError" }
  if self.killed_for == "memory" then
    table.insert(lines, 1, ("invoke-local: it took more than its %d MB of memory: give it more in main.tf, "
      .. "or with --memory"):format(self.settings.memory))
  end
  return { failure = failure, lines = lines, status = "error" }
end

function Environment:finish(invocation, outcome)
  outcome.memory_size = self.settings.memory
  outcome.memory_used = self.peak
  self.watchdogs[invocation.id]:cancel()
  self.watchdogs[invocation.id], self.running[invocation.id] = nil, nil
  self.busy = self.busy - 1
  self.served = self.served + 1
  invocation:finish(outcome)
  self.changed(self)
end

local function await_end(self)
  host_task.wait(self.process)
  self.exit_words = exit_words(self.process:reap())
  for name in pairs(self.pipes) do
    repeat until self:read_pipe(name)
  end
  local was = self.state
  self.state = "ended"
  self.failed_start = was == "starting"
  self.start_watchdog:cancel()
  self.api:close()
  self.takers = {}
  local left = {}
  for _, invocation in pairs(self.running) do left[#left + 1] = invocation end
  for _, invocation in ipairs(left) do self:finish(invocation, self:outcome_of_end(invocation.id)) end
  self.changed(self)
end

--- Ends the process at once.
-- @tparam string why `timeout`, `memory` or `stop`
function Environment:kill(why)
  if self.state == "ended" then return end
  self.killed_for = self.killed_for or why
  self.process:signal(SIGKILL)
end

--- Ends the process as Lambda does one that it needs no more: it may act on SIGTERM for a moment.
function Environment:stop()
  if self.state == "ended" or self.stopping then return end
  self.stopping = true
  self.process:signal(SIGTERM)
  background(function()
    task.sleep(GRACE)
    self:kill("stop")
  end)
end

-- ---- limits ----

local function watch_memory(self)
  local limit = self.settings.memory * 2 ^ 20
  background(function()
    while self.state ~= "ended" and self.busy > 0 do
      local used = memory_of(self.process:id())
      self.peak = math.max(self.peak, used)
      if used > limit then return self:kill("memory") end
      task.sleep(LOOK)
    end
    self.watching = false
  end)
end

local function watch_time(self, invocation)
  self.watchdogs[invocation.id] = background(function()
    task.sleep(self.settings.timeout)
    self:kill("timeout")
  end)
end

-- ---- the Runtime API ----

local function answer(request, status, value, headers)
  headers = headers or {}
  headers["Content-Type"] = "application/json"
  request:respond(status, headers, json.encode(value))
end

-- The whole body; nil where its sender went away.
local function read_all(request, each)
  local text = read_body(request, each)
  return not request:gone() and text or nil
end

local function report_of(text, header_type)
  local report = json.decode(text)
  if type(report) ~= "table" then report = {} end
  report.errorType = report.errorType or header_type or "Unhandled"
  report.errorMessage = report.errorMessage or ""
  return report
end

local routes = {}

function routes.next(self, request)
  if self.state == "starting" then
    self.state = "ready"
    self.init = task.now() - self.launched
    self.start_watchdog:cancel()
  end
  self.takers[#self.takers + 1] = request
  self.changed(self)
end

-- The response of an invocation whose process writes it piece by piece.
local function take_stream(self, request, invocation)
  invocation:respond(request:headers()["content-type"], true)
  if not read_all(request, function(piece) invocation:add(piece) end) then return end
  local trailers = request:trailers()
  local header_type = trailers["lambda-runtime-function-error-type"]
  answer(request, 202, { status = "OK" })
  self:drain()
  local text = scalar.unbase64(trailers["lambda-runtime-function-error-body"] or "") or ""
  local failure = header_type and report_of(text, header_type)
  self:finish(invocation, failure and { failure = failure, failure_text = text, status = "error" } or {})
end

function routes.response(self, request, invocation)
  local headers = request:headers()
  if headers["lambda-runtime-function-response-mode"] == "streaming" then
    return take_stream(self, request, invocation)
  end
  local text = read_all(request)
  if not text then return end
  if #text > LARGEST_RESPONSE then
    return answer(request, 413, { errorType = "RequestEntityTooLarge",
      errorMessage = ("the response has %d bytes, more than %d"):format(#text, LARGEST_RESPONSE) })
  end
  self:drain()
  invocation:respond(headers["content-type"], false)
  invocation:add(text)
  self:finish(invocation, {})
  answer(request, 202, { status = "OK" })
end

routes["error"] = function(self, request, invocation)
  local text = read_all(request)
  if not text then return end
  local header_type = request:headers()["lambda-runtime-function-error-type"]
  self:drain()
  self:finish(invocation, { failure = report_of(text, header_type), failure_text = text, status = "error" })
  answer(request, 202, { status = "OK" })
end

local function init_error(self, request)
  local text = read_all(request)
  if not text then return end
  local report = report_of(text, request:headers()["lambda-runtime-function-error-type"])
  self.init_failure = { report = report, text = text }
  answer(request, 202, { status = "OK" })
end

local function register_extension(_, request)
  read_all(request)
  answer(request, 200, { functionName = "function", functionVersion = "$LATEST", handler = "handler" },
    { ["Lambda-Extension-Identifier"] = "00000000-0000-4000-8000-000000000001" })
end

local function hold(self, request)
  self.held[#self.held + 1] = request
end

local RUNTIME, EXTENSION = "/2018-06-01/runtime/", "/2020-01-01/extension/"

local FIXED = {
  ["GET " .. RUNTIME .. "invocation/next"] = routes.next,
  ["POST " .. RUNTIME .. "init/error"] = init_error,
  ["POST " .. EXTENSION .. "register"] = register_extension,
  ["GET " .. EXTENSION .. "event/next"] = hold,
}

local function serve_request(self, request)
  local method, target = request:method(), request:target()
  local fixed = FIXED[method .. " " .. target]
  if fixed then return fixed(self, request) end
  local id, what = target:match("^" .. RUNTIME:gsub("%p", "%%%0") .. "invocation/([^/]+)/(%a+)$")
  if method ~= "POST" or what ~= "response" and what ~= "error" then
    return answer(request, 404, { errorType = "NotFound", errorMessage = target })
  end
  local invocation = self.running[id]
  if not invocation then
    return answer(request, 400, { errorType = "InvalidRequestID", errorMessage = "no invocation " .. id })
  end
  return routes[what](self, request, invocation)
end

local function serve(self)
  background(function()
    while self.state ~= "ended" do
      host_task.wait(self.api)
      local request = self.state ~= "ended" and self.api:take()
      if request then background(serve_request, self, request) end
    end
  end)
end

-- ---- its life ----

--- Whether it could take an event now.
function Environment:idle()
  return self.state == "ready" and not self.stopping and not self.killed_for and #self.takers > 0
end

--- Takes what the process has written so far, before anything is said about its end.
function Environment:drain()
  for name, pipe in pairs(self.pipes) do
    if pipe.pipe then self:read_pipe(name) end
  end
  self.peak = math.max(self.peak, peak_of(self.process:id()))
end

--- Gives an event to the process.
-- @tparam invocation invocation
function Environment:invoke(invocation)
  local request = table.remove(self.takers, 1)
  self.running[invocation.id] = invocation
  self.busy = self.busy + 1
  invocation:begin(self.served == 0 and self.busy == 1 and self.init or nil)
  local headers = {
    ["Content-Type"] = "application/json",
    ["Lambda-Runtime-Aws-Request-Id"] = invocation.id,
    ["Lambda-Runtime-Deadline-Ms"] = ("%d"):format((task.now() + self.settings.timeout) * 1000),
    ["Lambda-Runtime-Invoked-Function-Arn"] = self.arn,
    ["Lambda-Runtime-Trace-Id"] = invocation.trace_id,
    ["Lambda-Runtime-Client-Context"] = invocation.client_context,
    ["Lambda-Runtime-Aws-Tenant-Id"] = invocation.tenant_id,
  }
  request:respond(200, headers, invocation.event)
  watch_time(self, invocation)
  if not self.watching then
    self.watching = true
    watch_memory(self)
  end
end

-- A start that never ends is bounded as an invocation is.
local function watch_start(self)
  self.start_watchdog = background(function()
    task.sleep(self.settings.timeout)
    self:kill("timeout")
  end)
end

--- Starts one.
-- @tparam table options
-- @tparam {string,...} options.argv the program; the API's address is added to it
-- @tparam function options.environment of the API's address; gives lines `NAME=value`
-- @tparam string options.folder where it runs
-- @tparam table options.settings see @{local.settings}
-- @tparam string options.arn the function's
-- @tparam function options.say takes lines of the log that belong to no invocation
-- @tparam function options.on_aws_call of a call, its line, and the invocation it belongs to or nil
-- @tparam function options.changed of the environment: it may take an event, or has ended
-- @treturn ?environment
-- @treturn ?string why there is none
function M.start(options)
  local api, message = server.listen(ADDRESS, 0)
  if not api then return nil, "no Runtime API: " .. message end
  local address = ("%s:%d"):format(ADDRESS, api:port())
  local argv = {}
  for i, word in ipairs(options.argv) do argv[i] = word end
  argv[#argv + 1] = address
  local started, log, calls = process.spawn {
    argv = argv,
    environment = options.environment,
    folder = options.folder,
    outputs = { 1, 1, 2 },
  }
  if not started then
    api:close()
    return nil, ("cannot start %s: %s"):format(argv[1], log)
  end
  local self = setmetatable({
    state = "starting", -- or "ready", "ended"
    api = api,
    process = started,
    settings = options.settings,
    arn = options.arn,
    say = options.say,
    on_aws_call = options.on_aws_call,
    changed = options.changed,
    launched = task.now(),
    takers = {}, -- requests for the next event, not yet answered
    held = {}, -- requests that are never answered
    running = {}, -- invocations by their ids
    watchdogs = {}, -- tasks that end the process at an invocation's timeout, by its id
    busy = 0, -- how many those are
    served = 0,
    peak = 0, -- bytes
    init_lines = {}, -- of the log, before it asked for an event
    pipes = {},
  }, Environment)
  self.pipes.log = { pipe = log, rest = "", each = function(line) self:on_line(line) end }
  self.pipes.calls = { pipe = calls, rest = "", each = function(line) self:on_call(line) end }
  follow(self, "log")
  follow(self, "calls")
  serve(self)
  watch_start(self)
  background(await_end, self)
  return self
end

return M
