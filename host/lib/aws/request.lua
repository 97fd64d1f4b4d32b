--- The signed AWS request primitive: one request, signed and sent once.
--
-- It knows no model: the caller writes the path, the headers and the body, and reads the answer.
-- @module aws.request

local credentials_of = require("aws.credentials").given
local endpoints = require "aws.endpoint"
local exchange = require "aws.exchange"
local nearest = require "lazy" "nearest"
local platform = require "aws.platform"
local sessions = require "aws.session"

local M = {}

local FIELDS = {
  "service", "region", "method", "path", "headers", "body", "endpoint", "timeout", "credentials",
}
for _, name in ipairs(platform.fields) do FIELDS[#FIELDS + 1] = name end

local function check(request)
  if type(request) ~= "table" then error("aws.request: expected a table, got " .. type(request), 3) end
  if type(request.service) ~= "string" then error("aws.request: service is missing", 3) end
  local known = {}
  for _, name in ipairs(FIELDS) do known[name] = true end
  for name in pairs(request) do
    if not known[name] then
      error(("aws.request: unknown field %q%s"):format(tostring(name),
        nearest.suggest(tostring(name), FIELDS)), 3)
    end
  end
  if request.credentials and not credentials_of(request.credentials) then
    error("aws.request: credentials: expected { access_key = ..., secret_key = ... }", 3)
  end
end

--- Sends one signed request. There is no retry, and an answer of any status is an answer.
-- @tparam table request
-- @tparam string request.service the name to sign for, such as `ec2`
-- @tparam[opt] string request.region else the environment's
-- @tparam[opt="GET"] string request.method
-- @tparam[opt="/"] string request.path with its query, encoded as it is to be sent
-- @tparam[opt] table request.headers by name: a value, or a list of values
-- @tparam[opt] string request.body
-- @tparam[opt] string request.endpoint a URL in place of AWS's
-- @tparam[opt=60] number request.timeout seconds for the whole exchange
-- @tparam[opt] table request.credentials `{ access_key, secret_key, session_token }` or a provider
-- @treturn ?table `{ status, headers, body }`; header names in lower case
-- @treturn ?aws.error
function M.send(request)
  check(request)
  local session = sessions.of(request)
  local provider = request.credentials and credentials_of(request.credentials) or session.credentials
  local region, err = request.region, nil
  if not region then region, err = session.config:region() end
  if not region then return nil, err end
  local endpoint
  endpoint, err = endpoints.plain(session.config, request.service, region, request.endpoint)
  if not endpoint then return nil, err end
  local credentials
  credentials, err = provider:get()
  if not credentials then return nil, err end
  return exchange.send(session, {
    method = request.method or "GET",
    path = request.path or "/",
    headers = request.headers,
    body = request.body,
    endpoint = endpoint,
    timeout = request.timeout,
    credentials = credentials,
  })
end

return M
