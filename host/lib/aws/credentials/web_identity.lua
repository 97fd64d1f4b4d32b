--- Credentials for a web identity: a token in a file, exchanged for a role's credentials.
-- @module aws.credentials.web_identity

local error_of = require("aws.error").new
local sts = require "aws.credentials.sts"

local M = {}

--- Exchanges the token.
-- @tparam session session
-- @tparam table identity `role`, `token_file`, `session_name`, `region`
-- @treturn ?table credentials
-- @treturn ?aws.error
function M.exchange(session, identity)
  local token = session.platform.read_file(identity.token_file)
  if not token then
    return nil, error_of{
      code = "CredentialsError",
      message = "web identity: cannot read the token file " .. identity.token_file,
    }
  end
  return sts.assume_role_with_web_identity(session, {
    RoleArn = identity.role,
    RoleSessionName = identity.session_name or sts.session_name(session),
    WebIdentityToken = token:match("^%s*(.-)%s*$"),
  }, identity.region)
end

--- See `aws.credentials`.
function M.fetch(session)
  local config = session.config
  local token_file, role = config:env("AWS_WEB_IDENTITY_TOKEN_FILE"), config:env("AWS_ROLE_ARN")
  if not token_file or not role then
    return nil, "web identity: AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN are not set"
  end
  return M.exchange(session, {
    role = role,
    token_file = token_file,
    session_name = config:env("AWS_ROLE_SESSION_NAME"),
  })
end

return M
