--- What the runtime and the Runtime API say to each other.
--
-- Every call keeps at it: an API that is away, restarts or answers nonsense is asked again, with
-- growing pauses, until it has failed for as long as it may.
--
-- Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
-- @module lambda.runtime_api

local host = require "host.runtime_api"
local host_task = require "host.task"
local log = require "lambda.log"
local task = require "task"

local M = {}

local PREFIX = "/2018-06-01/runtime/"
local JSON = "Content-Type: application/json\r\n"

-- Pauses of 10 ms, 20 ms, ... and at most 1 s: after 2.3 s of failures it is the end.
local ATTEMPTS = 9
local function pause_after(attempt) return math.min(1, 0.005 * 2 ^ attempt) end

-- "Container error. Non-recoverable state. Runtime should exit promptly."
local FATAL = 500
local HEADERS_TOO_LARGE = 431 -- RFC 6585

local methods = {}
local meta = { __index = methods }

--- Makes a connection for one exchange at a time.
-- @tparam string address `host:port`
-- @treturn connection
function M.connect(address)
  return setmetatable({ address = address, wire = host.connect(address) }, meta)
end

--- Sets the trace id in the environment, where there is one invocation at a time.
-- @function trace
-- @tparam string id
M.trace = host.trace

-- One exchange: the status, or nil and why there is none.
local function exchange(wire, method, path, headers, body)
  wire:start(method, path, headers, body)
  host_task.wait(wire)
  return wire:status()
end

-- Repeats an exchange until `settles(status)`. The status, or nil and what was wrong at last.
local function insist(self, settles, method, path, headers, body)
  local status, why
  for attempt = 1, ATTEMPTS do
    status, why = exchange(self.wire, method, path, headers, body)
    if status == FATAL then break end
    if status and settles(status) then return status end
    if attempt < ATTEMPTS then task.sleep(pause_after(attempt)) end
  end
  why = why or "it answered with status " .. status
  log.error(("the Runtime API at %s failed: %s"):format(self.address, why), { path = path })
  return nil, why
end

--- @type connection

--- Waits for the next event.
-- @treturn ?string its body; nil when the API has ended
-- @treturn {[string]=string} the answer's headers, names in lower case
function methods:next()
  local body, headers
  local function is_event(status)
    body, headers = self.wire:answer()
    return status == 200 and headers["lambda-runtime-aws-request-id"] ~= nil
  end
  if not insist(self, is_event, "GET", PREFIX .. "invocation/next", "") then return nil end
  return body, headers
end

local function is_final(status)
  return status < 500
end

local function post(self, path, headers, body)
  local status = insist(self, is_final, "POST", PREFIX .. path, headers, body)
  if status and status >= 400 then
    log.error("the Runtime API refused a post", { path = path, status = status })
  end
  return status
end

--- Posts a result.
-- @tparam string request_id
-- @tparam string text JSON
-- @treturn ?number the status; nil when the API has ended
function methods:respond(request_id, text)
  return post(self, "invocation/" .. request_id .. "/response", JSON, text)
end

-- The cause for X-Ray may be longer than a server takes a header: then the error goes without it.
local function post_failure(self, path, failure)
  local headers = JSON .. "Lambda-Runtime-Function-Error-Type: " .. failure.type .. "\r\n"
  if failure.cause then
    local cause = "Lambda-Runtime-Function-XRay-Error-Cause: " .. failure.cause .. "\r\n"
    local status = post(self, path, headers .. cause, failure.text)
    if status ~= HEADERS_TOO_LARGE then return status end
  end
  return post(self, path, headers, failure.text)
end

--- Posts an error of an invocation.
-- @tparam string request_id
-- @tparam table failure as @{lambda.failure.encode} gives it
-- @treturn ?number as @{respond}
function methods:fail(request_id, failure)
  return post_failure(self, "invocation/" .. request_id .. "/error", failure)
end

--- Posts an error of the start.
-- @tparam table failure as @{lambda.failure.encode} gives it
function methods:fail_init(failure)
  post_failure(self, "init/error", failure)
end

--- Begins a streamed result; @{send} and @{finish} follow.
-- @tparam string request_id
-- @tparam string content_type
function methods:stream(request_id, content_type)
  self.wire:start("POST", PREFIX .. "invocation/" .. request_id .. "/response",
    "Content-Type: " .. content_type .. "\r\n"
    .. "Lambda-Runtime-Function-Response-Mode: streaming\r\n"
    .. "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n", true)
end

--- Sends a piece of a streamed result, and waits while the API takes no more.
-- @tparam string text
-- @treturn ?boolean true; nil when the API has ended the stream
-- @treturn ?string why
function methods:send(text)
  self.wire:send(text)
  host_task.wait(self.wire)
  if not self.wire:ended() then return true end
  local status, why = self.wire:status()
  return nil, "the Runtime API ended the stream: " .. (why or "status " .. status)
end

--- Ends a streamed result.
-- @tparam[opt] table failure what went wrong midway
-- @treturn ?number as @{respond}
function methods:finish(failure)
  self.wire:finish(failure and "Lambda-Runtime-Function-Error-Type: " .. failure.type .. "\r\n"
    .. "Lambda-Runtime-Function-Error-Body: " .. failure.base64 .. "\r\n" or "")
  host_task.wait(self.wire)
  local status, why = self.wire:status()
  if not status or status >= 400 then
    log.error("the Runtime API refused a streamed response", { status = status, reason = why })
  end
  return status ~= FATAL and status or nil
end

local EXTENSION = "/2020-01-01/extension/"

--- Registers an internal extension for no event. Lambda sends SIGTERM, and grants the time to act
-- on it, only where there is an extension.
-- @tparam string name
-- @treturn ?string its identifier; nil where the API has no extensions
function methods:register_extension(name)
  local status = exchange(self.wire, "POST", EXTENSION .. "register",
    JSON .. "Lambda-Extension-Name: " .. name .. "\r\n", '{"events":[]}')
  if status ~= 200 then return nil end
  local _, headers = self.wire:answer()
  return headers["lambda-extension-identifier"]
end

--- Waits as an extension does, which ends its start. Returns when the API ends.
-- @tparam string identifier as @{register_extension} gives it
function methods:await_extension_event(identifier)
  exchange(self.wire, "GET", EXTENSION .. "event/next",
    "Lambda-Extension-Identifier: " .. identifier .. "\r\n")
end

return M
