--- A function's URL: HTTP's requests as events, and results as HTTP's answers.
--
-- Source: AWS Lambda Developer Guide, "Invoking Lambda function URLs".
-- @module local.function_url

local json = require "json"
local invocations = require "local.invocation"
local scalar = require "host.scalar"

local M = {}

local HTTP_TYPE = "application/vnd.awslambda.http-integration-response"
local SEPARATOR = ("\0"):rep(8)

local function decode(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- The parameters of a query; those that come twice are joined by commas.
local function parameters(query)
  local found
  for name, value in query:gmatch("([^&=]+)=?([^&]*)") do
    found = found or {}
    name, value = decode(name), decode(value)
    found[name] = found[name] and found[name] .. "," .. value or value
  end
  return found
end

local function cookies_of(headers)
  local text = headers.cookie
  if not text then return nil end
  local list = json.array {}
  for cookie in text:gmatch("[^;%s][^;]*") do list[#list + 1] = cookie end
  return list
end

local TEXTS = { "^text/", "^application/json", "^application/xml", "^application/javascript", "[+]json",
  "[+]xml", "^application/x%-www%-form%-urlencoded" }

local function is_text(content_type)
  for _, pattern in ipairs(TEXTS) do
    if (content_type or "text/plain"):find(pattern) then return true end
  end
  return false
end

--- Makes the event of a request (payload format 2.0).
-- @tparam table request `{ method, path, query, headers, body }`: path and query as they came
-- @tparam string host
-- @tparam number now seconds since 1970 UTC
-- @treturn table
function M.event(request, host, now)
  local headers = {}
  for name, value in pairs(request.headers) do
    if name ~= "cookie" then headers[name] = value end
  end
  local text = is_text(headers["content-type"])
  local has_body = request.body ~= ""
  return {
    version = "2.0",
    routeKey = "$default",
    rawPath = request.path,
    rawQueryString = request.query,
    cookies = cookies_of(request.headers),
    headers = headers,
    queryStringParameters = parameters(request.query),
    requestContext = {
      accountId = "anonymous",
      apiId = "local",
      domainName = host,
      domainPrefix = "local",
      http = {
        method = request.method,
        path = request.path,
        protocol = "HTTP/1.1",
        sourceIp = "127.0.0.1",
        userAgent = headers["user-agent"],
      },
      requestId = invocations.id(),
      routeKey = "$default",
      stage = "$default",
      time = os.date("!%d/%b/%Y:%H:%M:%S +0000", math.floor(now)),
      timeEpoch = math.floor(now * 1000),
    },
    body = has_body and (text and request.body or scalar.base64(request.body)) or nil,
    isBase64Encoded = has_body and not text,
  }
end

local function header_fields(given, cookies)
  local fields = {}
  for name, value in pairs(type(given) == "table" and given or {}) do
    fields[name:lower()] = tostring(value)
  end
  if type(cookies) == "table" then fields["set-cookie"] = cookies end
  return fields
end

--- Makes HTTP's answer of a result that came whole.
-- @tparam string payload JSON
-- @treturn number status
-- @treturn {[string]=string} headers
-- @treturn string body
function M.answer(payload)
  local result = json.decode(payload)
  if type(result) ~= "table" or result.statusCode == nil then
    local body = type(result) == "string" and result or payload
    return 200, { ["content-type"] = "application/json" }, body
  end
  local body = result.body
  if body == nil or body == json.null then body = "" end
  if type(body) ~= "string" then body = json.encode(body) end
  if result.isBase64Encoded == true then body = scalar.unbase64(body) or "" end
  local headers = header_fields(result.headers, result.cookies)
  headers["content-type"] = headers["content-type"] or "application/json"
  return tonumber(result.statusCode) or 502, headers, body
end

--- Reads what a streamed response says before its body.
-- @tparam ?string content_type of the response
-- @tparam string text what has come so far
-- @treturn ?number status; nil while more must come
-- @treturn {[string]=string} headers
-- @treturn string the beginning of the body
function M.head(content_type, text)
  if content_type ~= HTTP_TYPE then
    return 200, { ["content-type"] = content_type or "application/octet-stream" }, text
  end
  local first, last = text:find(SEPARATOR, 1, true)
  if not first then return nil end
  local head = json.decode(text:sub(1, first - 1))
  head = type(head) == "table" and head or {}
  local headers = header_fields(head.headers, head.cookies)
  headers["content-type"] = headers["content-type"] or "application/octet-stream"
  return tonumber(head.statusCode) or 200, headers, text:sub(last + 1)
end

return M
