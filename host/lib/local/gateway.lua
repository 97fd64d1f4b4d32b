--- What clients of a function speak to: Lambda's Invoke API, the function's URL, and the page.
--
-- Source: AWS Lambda API Reference, "Invoke" and "InvokeWithResponseStream".
-- @module local.gateway

local background = require "local.background"
local event_stream = require "local.event_stream"
local function_url = require "local.function_url"
local host_task = require "host.task"
local invocations = require "local.invocation"
local json = require "json"
local page = require "local.page"
local read_body = require "local.body"
local scalar = require "host.scalar"
local server = require "local.server"
local task = require "task"

local M = {}

local ADDRESS = "127.0.0.1"
local LARGEST_EVENT = { RequestResponse = 6291456, Event = 1048576, DryRun = 6291456 } -- bytes

local Gateway = {}
Gateway.__index = Gateway

-- ---- requests and answers ----

-- An error in the form that AWS's clients read.
local function refuse(request, status, code, message)
  request:respond(status, {
    ["Content-Type"] = "application/json",
    ["x-amzn-ErrorType"] = code,
    ["x-amzn-RequestId"] = invocations.id(),
  }, json.encode { Type = "User", Message = message, message = message })
end

-- ---- Invoke ----

-- Reads the event of a request, or answers what is wrong with it.
local function read_event(request, kind)
  local limit = LARGEST_EVENT[kind]
  if not limit then
    return nil, refuse(request, 400, "InvalidParameterValueException",
      ("'%s' is no invocation type: RequestResponse, Event or DryRun"):format(kind))
  end
  local body = read_body(request)
  if #body > limit then
    return nil, refuse(request, 413, "RequestTooLargeException",
      ("%d byte payload is too large for the %s invocation type (limit %d bytes)"):format(#body, kind, limit))
  end
  if body == "" then return "{}" end
  local event, message = json.decode(body)
  if event == nil then
    return nil, refuse(request, 400, "InvalidRequestContentException",
      "Could not parse request body into json: " .. message)
  end
  return body
end

local function read_context(request, headers)
  local given = headers["x-amz-client-context"]
  if not given then return nil, true end
  local text = scalar.unbase64(given)
  if text and json.decode(text) ~= nil then return text, true end
  return nil, refuse(request, 400, "InvalidRequestContentException",
    "Client context must be a valid Base64-encoded JSON object.")
end

function Gateway:invoke(options)
  local invocation = self.service:invoke(options)
  self.history:add(invocation)
  return invocation
end

-- The invocation that a request asks for; nil where it has been answered already.
function Gateway:accept(request, kind)
  local headers = request:headers()
  local event = read_event(request, kind)
  if not event then return nil end
  local context, ok = read_context(request, headers)
  if not ok then return nil end
  return {
    event = event,
    client_context = context,
    trace_id = headers["x-amzn-trace-id"],
    tenant_id = headers["x-amz-tenant-id"],
  }
end

local function result_headers(invocation, log)
  return {
    ["Content-Type"] = "application/json",
    ["x-amzn-RequestId"] = invocation.id,
    ["X-Amzn-Trace-Id"] = invocation.trace_id,
    ["X-Amz-Executed-Version"] = "$LATEST",
    ["X-Amz-Function-Error"] = invocation.failure and "Unhandled" or nil,
    ["X-Amz-Log-Result"] = log and scalar.base64(invocation:log_tail()) or nil,
  }
end

local function on_invoke(self, request)
  local headers = request:headers()
  local kind = headers["x-amz-invocation-type"] or "RequestResponse"
  local options = self:accept(request, kind)
  if not options then return end
  if kind == "DryRun" then
    return request:respond(204, { ["x-amzn-RequestId"] = invocations.id() }, "")
  end
  local invocation = self:invoke(options)
  if kind == "Event" then
    return request:respond(202, { ["x-amzn-RequestId"] = invocation.id }, "")
  end
  invocation:wait()
  request:respond(200, result_headers(invocation, headers["x-amz-log-type"] == "Tail"),
    invocation.failure_text or invocation:payload())
end

-- ---- InvokeWithResponseStream ----

-- Calls `each` for the pieces of a response as they come.
local function follow(invocation, each)
  local seen = 0
  repeat
    invocation.bell:await(function() return invocation.done or #invocation.pieces > seen end)
    while #invocation.pieces > seen do
      seen = seen + 1
      each(invocation.pieces[seen])
    end
  until invocation.done and #invocation.pieces == seen
end

local function completion(invocation, log)
  return json.encode {
    ErrorCode = invocation.failure and invocation.failure.errorType or nil,
    ErrorDetails = invocation.failure_text,
    LogResult = log and scalar.base64(invocation:log_tail()) or nil,
  }
end

local function on_invoke_stream(self, request)
  local headers = request:headers()
  local options = self:accept(request, headers["x-amz-invocation-type"] or "RequestResponse")
  if not options then return end
  local invocation = self:invoke(options)
  local answer = result_headers(invocation)
  answer["Content-Type"] = "application/vnd.amazon.eventstream"
  answer["X-Amz-Function-Error"] = nil -- the last event tells
  request:start(200, answer)
  follow(invocation, function(piece)
    if piece == "" then return end
    request:write(event_stream.event("PayloadChunk", "application/octet-stream", piece))
  end)
  request:write(event_stream.event("InvokeComplete", "application/json",
    completion(invocation, headers["x-amz-log-type"] == "Tail")))
  request:finish()
end

-- ---- the function's URL ----

local function answer_whole(request, invocation)
  if invocation.failure then
    local headers = { ["content-type"] = "application/json", ["x-amzn-RequestId"] = invocation.id }
    return request:respond(502, headers, '{"Message":"Internal Server Error"}')
  end
  local status, headers, body = function_url.answer(invocation:payload())
  headers["x-amzn-RequestId"] = invocation.id
  request:respond(status, headers, body)
end

local function answer_stream(request, invocation)
  local begun, text = false, ""
  follow(invocation, function(piece)
    if begun then return request:write(piece) end
    text = text .. piece
    local status, headers, body = function_url.head(invocation.content_type, text)
    if not status then return end
    begun = true
    headers["x-amzn-RequestId"] = invocation.id
    request:start(status, headers)
    request:write(body)
  end)
  if not begun then return answer_whole(request, invocation) end
  request:finish(invocation.failure ~= nil)
end

local function on_url(self, request, rest)
  local path, query = rest:match("^([^?]*)%??(.*)$")
  local headers = request:headers()
  local event = function_url.event({
    method = request:method(),
    path = path == "" and "/" or path,
    query = query,
    headers = headers,
    body = read_body(request),
  }, headers.host or "", task.now())
  local invocation = self:invoke { event = json.encode(event), trace_id = headers["x-amzn-trace-id"] }
  invocation.bell:await(function() return invocation.done or invocation.streamed end)
  if invocation.streamed then return answer_stream(request, invocation) end
  return answer_whole(request, invocation)
end

-- ---- routes ----

local ROUTES = {
  { "POST", "^/2015%-03%-31/functions/[^/]+/invocations$", on_invoke },
  { "POST", "^/2021%-11%-15/functions/[^/]+/response%-streaming%-invocations$", on_invoke_stream },
  { nil, "^/url(/.*)$", on_url, whole = true },
  { nil, "^/url(%?.*)$", on_url, whole = true },
  { nil, "^/url()$", function(self, request) return on_url(self, request, "") end },
}
for _, route in ipairs(page.ROUTES) do ROUTES[#ROUTES + 1] = route end

-- A page of another site that is open in the browser must not invoke anything here.
local function is_foreign(headers, authority)
  local origin, host = headers.origin, headers.host or ""
  if origin and origin ~= "http://" .. host then return true end
  return host:gsub(":%d+$", "") ~= ADDRESS and host ~= "localhost" .. authority:match(":%d+$")
end

local function dispatch(self, request)
  local method, target = request:method(), request:target()
  local path = target:match("^[^?]*")
  if is_foreign(request:headers(), self.address) then
    return refuse(request, 403, "AccessDeniedException", "this server answers to its own address alone")
  end
  for _, route in ipairs(ROUTES) do
    local captured = (not route[1] or route[1] == method) and (route.whole and target or path):match(route[2])
    if captured then return route[3](self, request, captured) end
  end
  read_body(request)
  refuse(request, 404, "ResourceNotFoundException",
    ("there is no %s %s here; see scripts/invoke-local --help"):format(method, path))
end

local function serve(self)
  while not self.closed do
    host_task.wait(self.server)
    local request = not self.closed and self.server:take()
    if request then background(dispatch, self, request) end
  end
end

--- Serves a function.
-- @tparam service service see @{local.service}
-- @tparam number port 0 for a free one
-- @treturn ?gateway its `address` is `host:port`
-- @treturn ?string why it cannot listen
function M.start(service, port)
  local listening, message = server.listen(ADDRESS, port)
  if not listening then return nil, message end
  local self = setmetatable({
    service = service,
    server = listening,
    address = ("%s:%d"):format(ADDRESS, listening:port()),
    history = page.history(),
  }, Gateway)
  background(serve, self)
  return self
end

--- Stops listening.
function Gateway:close()
  self.closed = true
  self.server:close()
end

return M
