--- A result that is sent while it is made.
--
--    local out = context.stream { content_type = "text/csv" }
--    for page in client:pages("scan", params) do out:write(lines(page)) end
--
-- A function URL gets status, headers and cookies with it:
--
--    local out = context.stream { status = 200, headers = { ["content-type"] = "text/html" } }
--
-- The stream ends when the handler does. When the handler raises midway, the error follows what has
-- been sent.
--
-- Source: AWS Lambda Developer Guide, "Response streaming for Lambda functions" and "Using the Lambda
-- runtime API for custom runtimes".
-- @module lambda.stream

local json = require "json"

local M = {}

local HTTP_TYPE = "application/vnd.awslambda.http-integration-response"
local PLAIN_TYPE = "application/octet-stream"
local SEPARATOR = ("\0"):rep(8)

local methods = {}
local meta = { __index = methods }

local function check(options)
  if type(options) ~= "table" then error("options: expected a table, got " .. type(options), 3) end
  local content_type = options.content_type
  if content_type ~= nil and (type(content_type) ~= "string" or content_type:find("%c")) then
    error("content_type: expected a media type", 3)
  end
end

-- What goes before the body: JSON, and eight NULs as its end.
local function prelude(options)
  local headers = options.headers or {}
  if options.content_type then
    local merged = { ["content-type"] = options.content_type }
    for name, value in pairs(headers) do merged[name] = value end
    headers = merged
  end
  local text, why = json.encode {
    statusCode = options.status or 200,
    headers = headers,
    cookies = options.cookies and json.array(options.cookies),
  }
  if not text then error("headers: " .. why, 3) end
  return text .. SEPARATOR
end

--- Starts the stream of an invocation.
-- @tparam connection connection of @{lambda.runtime_api}
-- @tparam string request_id
-- @tparam[opt] table options
-- @tparam[opt="application/octet-stream"] string options.content_type
-- @tparam[opt] number options.status HTTP's, for a function URL; as `headers` and `cookies`
-- @tparam[opt] {[string]=string} options.headers
-- @tparam[opt] {string,...} options.cookies
-- @treturn stream
function M.start(connection, request_id, options)
  options = options or {}
  check(options)
  local http = options.status or options.headers or options.cookies
  local head = http and prelude(options)
  connection:stream(request_id, http and HTTP_TYPE or options.content_type or PLAIN_TYPE)
  local self = setmetatable({ connection = connection, open = true }, meta)
  if head then self:write(head) end
  return self
end

--- @type stream

--- Sends a piece, and waits while the receiver is slower.
-- @tparam string text
-- @treturn ?boolean true; nil when the stream has ended before its time
-- @treturn ?string why
function methods:write(text)
  if type(text) ~= "string" then error("text: expected a string, got " .. type(text), 2) end
  if not self.open then return nil, "the stream has ended" end
  return self.connection:send(text)
end

-- Ends it, for the runtime: the status of the answer, nil when the API has ended.
function methods:finish(failure)
  self.open = false
  return self.connection:finish(failure)
end

return M
