--- Credentials from the instance's metadata (IMDSv2).
--
-- Source: Amazon EC2 User Guide, "Use the Instance Metadata Service to access instance metadata".
-- @module aws.credentials.instance

local document = require "aws.credentials.document"
local error_of = require("aws.error").new
local metadata = require "aws.credentials.metadata"

local M = {}

local ROLE_PATH = "/latest/meta-data/iam/security-credentials/"
local TOKEN_SECONDS = 21600

local function base_url(config)
  local url = config:setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint")
  if url then return (url:gsub("/+$", "")) end
  local mode = config:setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode")
  return mode and mode:lower() == "ipv6" and "http://[fd00:ec2::254]" or "http://169.254.169.254"
end

-- A setting that is a number; one second and one attempt, so that a machine without the service is not
-- held up for long.
local function number(config, variable, name)
  return tonumber((config:setting(variable, name))) or 1
end

local function ask(session, method, path, header)
  local config = session.config
  return metadata.ask(session, {
    method = method,
    url = base_url(config) .. path,
    headers = { header },
    timeout = number(config, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout"),
    attempts = number(config, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts"),
    direct = true,
  })
end

--- See `aws.credentials`.
function M.fetch(session)
  if session.config:flag("AWS_EC2_METADATA_DISABLED") then
    return nil, "instance metadata: switched off by AWS_EC2_METADATA_DISABLED"
  end
  local token, why = ask(session, "PUT", "/latest/api/token",
    "X-aws-ec2-metadata-token-ttl-seconds: " .. TOKEN_SECONDS)
  if not token then return nil, "instance metadata: no answer (" .. why .. ")" end
  if token:find("%c") then return nil, "instance metadata: the answer is no token" end
  local header = "X-aws-ec2-metadata-token: " .. token
  local role, status
  role, why, status = ask(session, "GET", ROLE_PATH, header)
  if status == 404 then return nil, "instance metadata: the instance has no role" end
  role = role and role:match("^%s*([%w+=,.@_-]+)%s*$")
  local text
  if role then text, why = ask(session, "GET", ROLE_PATH .. role, header) end
  if not text then
    return nil, error_of{
      code = "CredentialsError",
      message = "instance metadata: " .. (why or "the answer is no role's name"),
    }
  end
  return document.read(text, "instance metadata")
end

return M
