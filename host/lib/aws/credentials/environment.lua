--- Credentials from the environment; Lambda sets them so.
-- @module aws.credentials.environment

local error_of = require("aws.error").new

local M = {}

--- See `aws.credentials`.
function M.fetch(session)
  local config = session.config
  local access_key, secret_key = config:env("AWS_ACCESS_KEY_ID"), config:env("AWS_SECRET_ACCESS_KEY")
  if access_key and secret_key then
    return {
      access_key = access_key,
      secret_key = secret_key,
      session_token = config:env("AWS_SESSION_TOKEN"),
      source = "environment",
    }
  elseif access_key or secret_key then
    local missing = access_key and "AWS_SECRET_ACCESS_KEY" or "AWS_ACCESS_KEY_ID"
    return nil, error_of{
      code = "CredentialsError",
      message = "environment: " .. missing .. " is not set, though its counterpart is",
    }
  end
  return nil, "environment: AWS_ACCESS_KEY_ID is not set"
end

return M
