--- Credentials from the active profile: a role, a web identity, keys or a process.
--
-- Source: AWS SDKs and Tools Reference Guide, "Assume role credential provider".
-- @module aws.credentials.profile

local error_of = require("aws.error").new
local process = require "aws.credentials.process"
local sts = require "aws.credentials.sts"
local web_identity = require "aws.credentials.web_identity"

local M = {}

local NAMED_SOURCES = {
  Environment = "aws.credentials.environment",
  Ec2InstanceMetadata = "aws.credentials.instance",
  EcsContainer = "aws.credentials.container",
}

local from_profile

local function failure(name, message)
  return nil, error_of{
    code = "CredentialsError",
    message = ("profile %q: %s"):format(name, message),
  }
end

local function keys(name, profile)
  if not profile.aws_secret_access_key then
    return failure(name, "aws_secret_access_key is missing")
  end
  return {
    access_key = profile.aws_access_key_id,
    secret_key = profile.aws_secret_access_key,
    session_token = profile.aws_session_token,
    source = "profile " .. name,
  }
end

-- The credentials that may assume the profile's role.
local function base(session, name, profile, seen)
  if profile.credential_source then
    local source = NAMED_SOURCES[profile.credential_source]
    if not source then return failure(name, "credential_source is none of Environment, "
      .. "Ec2InstanceMetadata, EcsContainer") end
    local credentials, why = require(source).fetch(session)
    if credentials then return credentials end
    return failure(name, "credential_source: " .. tostring(why))
  end
  local parent = profile.source_profile
  if parent == name and profile.aws_access_key_id then return keys(name, profile) end
  if seen[parent] then return failure(name, "source_profile leads back to " .. parent) end
  return from_profile(session, parent, seen)
end

local function role(session, name, profile, seen)
  if profile.mfa_serial then
    return failure(name, "mfa_serial asks for a code; use credential_process with a tool that asks you")
  end
  if not profile.source_profile and not profile.credential_source then
    return failure(name, "role_arn needs source_profile, credential_source or web_identity_token_file")
  end
  local credentials, err = base(session, name, profile, seen)
  if not credentials then return nil, err end
  return sts.assume_role(session, credentials, {
    RoleArn = profile.role_arn,
    RoleSessionName = profile.role_session_name or sts.session_name(session),
    ExternalId = profile.external_id,
    DurationSeconds = tonumber(profile.duration_seconds),
  }, profile.region)
end

local function configured(session, name, profile, seen)
  if profile.role_arn and profile.web_identity_token_file then
    return web_identity.exchange(session, {
      role = profile.role_arn,
      token_file = profile.web_identity_token_file,
      session_name = profile.role_session_name,
      region = profile.region,
    })
  elseif profile.role_arn then
    return role(session, name, profile, seen)
  elseif profile.aws_access_key_id then
    return keys(name, profile)
  elseif profile.credential_process then
    return process.run(session, profile.credential_process)
  elseif profile.sso_session or profile.sso_start_url then
    return failure(name, "single sign-on is for the AWS CLI; add credential_process = "
      .. "aws configure export-credentials --profile " .. name)
  end
end

function from_profile(session, name, seen)
  seen[name] = true
  local profile, err = session.config:profile(name)
  if not profile then return nil, err end
  if not next(profile) then return failure(name, session.config:unknown_profile(name)) end
  local credentials
  credentials, err = configured(session, name, profile, seen)
  if credentials or err then return credentials, err end
  return failure(name, "it holds no credentials")
end

--- See `aws.credentials`.
function M.fetch(session)
  local config = session.config
  local name = config:profile_name()
  local profile, err = config:profile(name)
  if not profile then return nil, err end
  if not next(profile) then
    if not config:env("AWS_PROFILE") then return nil, config:unknown_profile(name) end
    return failure(name, config:unknown_profile(name))
  end
  local credentials
  credentials, err = configured(session, name, profile, { [name] = true })
  if credentials or err then return credentials, err end
  return nil, ("profile %q holds no credentials"):format(name)
end

return M
