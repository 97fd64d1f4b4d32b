--- One signed exchange with an endpoint: sign, send, and say in the one error shape what went wrong.
-- @module aws.exchange

local error_of = require("aws.error").new
local sigv4 = require "aws.sigv4"
local task = require "task"
local trust = require "aws.trust"

local M = {}

--- Seconds for a whole exchange, and for its connection with TLS, where a call names none.
M.TIMEOUT = 60
M.CONNECT_TIMEOUT = 5

local CODES = {
  resolve = "ResolveError",
  connect = "ConnectError",
  tls = "TlsError",
  timeout = "Timeout",
  deadline = "DeadlineExceeded",
  too_large = "ResponseTooLarge",
  sink = "InvalidResponse",
  protocol = "InvalidResponse",
}

local user_agent

local function own_name()
  if not user_agent then
    local ok, host = pcall(require, "host")
    user_agent = "lualambda/" .. (ok and host.version or "dev")
  end
  return user_agent
end

-- The trace that the invocation belongs to. Lambda also ends a loop of functions by it. The variable
-- tells it only where invocations come one at a time.
local function trace_of(config)
  local context = task.locals().context
  local trace = context and context.trace_id
    or config:env("AWS_LAMBDA_FUNCTION_NAME") and config:env("_X_AMZN_TRACE_ID")
  return trace and not trace:find("%c") and trace or nil
end

-- The headers of a request with those that every request has; the caller's own stand.
local function complete(session, request)
  local endpoint = request.endpoint
  local headers, given = { ["x-amzn-trace-id"] = trace_of(session.config) }, {}
  for name, value in pairs(request.headers or {}) do
    headers[name] = value
    given[name:lower()] = true
  end
  if not given.host then headers.host = endpoint.authority end
  if not given["user-agent"] then headers["user-agent"] = own_name() end
  if endpoint.signing.hashed and not given["x-amz-content-sha256"] then
    headers["x-amz-content-sha256"] = sigv4.hash(request.body or "")
  end
  return headers
end

local function header_lines(headers)
  local lines = {}
  for name, value in pairs(headers) do
    for _, single in ipairs(type(value) == "table" and value or { value }) do
      lines[#lines + 1] = name .. ": " .. single
    end
  end
  table.sort(lines)
  return lines
end

local function to_sign(session, request, path, headers)
  local signing = request.endpoint.signing
  return {
    method = request.method,
    path = path,
    headers = headers,
    body = request.body or "",
    service = signing.service,
    region = signing.region,
    time = session:now(),
    credentials = request.credentials,
    double_encode = signing.double_encode,
    normalize = signing.normalize,
  }
end

local function url_of(endpoint, path)
  return endpoint.scheme .. "://" .. endpoint.authority .. path
end

local function path_of(request)
  local path = request.endpoint.path .. request.path
  return path:sub(1, 1) == "/" and path or "/" .. path
end

local BODILESS = { DELETE = true, GET = true, HEAD = true }

-- What is sent: a PUT or POST of nothing says so by its length.
local function body_of(request)
  local body = request.body or ""
  if body == "" and BODILESS[request.method] then return nil end
  return body
end

--- Sends one request and waits for its answer, whatever its status.
-- @tparam session session
-- @tparam table request `method`, `endpoint` (see `aws.endpoint`), `path` (with its query, as it is
--   to be sent), `headers` (by name, a value or a list of values), `body`, `credentials` (nil: not
--   signed), `timeout` (seconds), `sink`, `fresh` (use no kept connection)
-- @treturn ?table `{ status, headers, body }`
-- @treturn ?aws.error `detail.kind` is the transport's own word
function M.send(session, request)
  local endpoint = request.endpoint
  local path, headers = path_of(request), complete(session, request)
  if request.credentials then headers = sigv4.sign(to_sign(session, request, path, headers)).headers end
  local response, failure = trust.send(session.platform.http, endpoint.host, {
    method = request.method,
    url = url_of(endpoint, path),
    headers = header_lines(headers),
    body = body_of(request),
    timeout = request.timeout or M.TIMEOUT,
    connect_timeout = M.CONNECT_TIMEOUT,
    ca_file = session.config:env("AWS_CA_BUNDLE"),
    fresh = request.fresh,
    sink = request.sink,
  })
  if response then return response end
  return nil, error_of{
    code = CODES[failure.kind] or "ConnectError",
    message = ("%s: %s"):format(endpoint.authority, failure.message or failure.kind),
    detail = { kind = failure.kind },
  }
end

--- Signs a request in its URL, so that somebody else can send it.
-- @tparam session session
-- @tparam table request as @{send} takes it; its headers have to be sent as they are here
-- @tparam number expires seconds that the URL is good for
-- @treturn string the URL
function M.presign(session, request, expires)
  local endpoint = request.endpoint
  local headers = { host = endpoint.authority }
  for name, value in pairs(request.headers) do headers[name] = value end
  local signable = to_sign(session, request, path_of(request), headers)
  signable.expires = expires
  signable.payload_hash = endpoint.signing.hashed and "UNSIGNED-PAYLOAD" or nil
  return url_of(endpoint, sigv4.presign(signable).path)
end

return M
