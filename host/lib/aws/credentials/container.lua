--- Credentials from a container's endpoint, as ECS and EKS pod identity serve them.
--
-- Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
-- @module aws.credentials.container

local document = require "aws.credentials.document"
local endpoints = require "aws.endpoint"
local error_of = require("aws.error").new
local metadata = require "aws.credentials.metadata"

local M = {}

local ECS = "http://169.254.170.2"

-- Plain HTTP is for these and for loopback alone.
local ALLOWED = {
  ["169.254.170.2"] = true,
  ["169.254.170.23"] = true,
  ["fd00:ec2::23"] = true,
  ["localhost"] = true,
  ["::1"] = true,
}

local TIMEOUT = 2
local ATTEMPTS = 3

local function failure(message)
  return nil, error_of{ code = "CredentialsError", message = "container endpoint: " .. message }
end

local function allowed(endpoint)
  local host = endpoint.host:lower()
  return endpoint.scheme == "https" or ALLOWED[host] or host:find("^127%.%d+%.%d+%.%d+$") ~= nil
end

-- The URL as configured, its query included; nil where none is.
local function configured(config)
  local relative = config:env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
  if relative then return ECS .. relative end
  return config:env("AWS_CONTAINER_CREDENTIALS_FULL_URI")
end

local function token(session)
  local config = session.config
  local file = config:env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
  if not file then return config:env("AWS_CONTAINER_AUTHORIZATION_TOKEN") end
  local text = session.platform.read_file(file)
  if not text then return failure("cannot read AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE " .. file) end
  return (text:gsub("%s+$", ""))
end

--- See `aws.credentials`.
function M.fetch(session)
  local url = configured(session.config)
  if not url then
    return nil, "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set"
  end
  local endpoint = endpoints.parse((url:gsub("[?#].*$", "")))
  if not endpoint then return failure("the configured URI is no http or https URL") end
  if not allowed(endpoint) then
    return failure(("plain http to %q is not allowed; only loopback and AWS's own addresses are")
      :format(endpoint.host))
  end
  local authorization, err = token(session)
  if err then return nil, err end
  if authorization and authorization:find("[\r\n]") then
    return failure("the authorization token holds a line break")
  end
  local text, why = metadata.ask(session, {
    method = "GET",
    url = url,
    headers = { "Accept: application/json", authorization and "Authorization: " .. authorization },
    timeout = TIMEOUT,
    attempts = ATTEMPTS,
    direct = endpoint.scheme == "http",
  })
  if not text then return failure(endpoint.host .. ": " .. why) end
  return document.read(text, "container endpoint")
end

return M
