--- The two operations of STS that credentials come from, without the service's whole model, which a
-- bundle need not hold.
-- @module aws.credentials.sts

local error_of = require("aws.error").new

local M = {}

local function structure(members, required)
  local shapes = {}
  for name, shape in pairs(members) do shapes[name] = { shape = shape } end
  return { type = "structure", members = shapes, required = required }
end

local MODEL = {
  service = "sts",
  metadata = {
    apiVersion = "2011-06-15",
    endpointPrefix = "sts",
    protocol = "query",
    serviceId = "STS",
    signatureVersion = "v4",
    xmlNamespace = "https://sts.amazonaws.com/doc/2011-06-15/",
  },
  operations = {
    AssumeRole = {
      name = "AssumeRole",
      http = { method = "POST", requestUri = "/" },
      input = { shape = "AssumeRoleRequest" },
      output = { shape = "AssumeRoleResponse", resultWrapper = "AssumeRoleResult" },
    },
    AssumeRoleWithWebIdentity = {
      name = "AssumeRoleWithWebIdentity",
      http = { method = "POST", requestUri = "/" },
      input = { shape = "WebIdentityRequest" },
      output = { shape = "AssumeRoleResponse", resultWrapper = "AssumeRoleWithWebIdentityResult" },
      authtype = "none",
    },
  },
  shapes = {
    AssumeRoleRequest = structure({
      RoleArn = "String", RoleSessionName = "String", ExternalId = "String", DurationSeconds = "Integer",
    }, { "RoleArn", "RoleSessionName" }),
    WebIdentityRequest = structure({
      RoleArn = "String", RoleSessionName = "String", WebIdentityToken = "String",
    }, { "RoleArn", "RoleSessionName", "WebIdentityToken" }),
    AssumeRoleResponse = structure{ Credentials = "Credentials" },
    Credentials = structure{
      AccessKeyId = "String", SecretAccessKey = "String", SessionToken = "String", Expiration = "Time",
    },
    String = { type = "string" },
    Integer = { type = "integer" },
    Time = { type = "timestamp" },
  },
}

local function client(session, credentials, region)
  return require("aws.client").over(MODEL, session, {
    credentials = credentials,
    region = region or session.config:region() or "us-east-1",
  })
end

local function result(output, err, source)
  if not output then return nil, err end
  local credentials = output.Credentials
  if not credentials or not credentials.AccessKeyId or not credentials.SecretAccessKey then
    return nil, error_of{
      code = "CredentialsError",
      message = source .. ": STS answered without credentials",
    }
  end
  return {
    access_key = credentials.AccessKeyId,
    secret_key = credentials.SecretAccessKey,
    session_token = credentials.SessionToken,
    expires = credentials.Expiration,
    source = source,
  }
end

--- A name for a role's session where the caller configured none.
-- @tparam session session
-- @treturn string
function M.session_name(session)
  return "lualambda-" .. math.floor(session:now())
end

--- Assumes a role.
-- @tparam session session
-- @tparam table credentials that may assume it
-- @tparam table params of AssumeRole
-- @tparam[opt] string region
-- @treturn ?table credentials
-- @treturn ?aws.error
function M.assume_role(session, credentials, params, region)
  local output, err = client(session, credentials, region):assume_role(params)
  return result(output, err, "role " .. params.RoleArn)
end

--- Exchanges a web identity's token for a role's credentials.
-- @tparam session session
-- @tparam table params of AssumeRoleWithWebIdentity
-- @tparam[opt] string region
-- @treturn ?table credentials
-- @treturn ?aws.error
function M.assume_role_with_web_identity(session, params, region)
  local output, err = client(session, nil, region):assume_role_with_web_identity(params)
  return result(output, err, "web identity " .. params.RoleArn)
end

return M
