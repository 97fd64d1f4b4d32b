--- The credentials of a role, assumed with the session's own. They are kept for the process, so that
-- later invocations assume it again only when they are about to end.
-- @module aws.credentials.role

local providers = require "aws.credentials.provider"
local sessions = require "aws.session"
local sts = require "aws.credentials.sts"

local M = {}

local kept = setmetatable({}, { __mode = "k" }) -- by session, by role and external id

local function fetch(session, role)
  return sts.assume_role(session, session.credentials, {
    RoleArn = role.arn,
    RoleSessionName = role.session_name or sts.session_name(session),
    ExternalId = role.external_id,
  })
end

--- The provider of a role's credentials: the same one, whoever asks.
-- @tparam table role
-- @tparam string role.arn
-- @tparam[opt] string role.external_id
-- @tparam[opt] string role.session_name what CloudTrail calls the session
-- @tparam[opt] session session the process's own by default
-- @treturn provider
function M.provider(role, session)
  session = session or sessions.of()
  local of_session = kept[session] or {}
  kept[session] = of_session
  local key = ("%s %s"):format(role.arn, role.external_id or "")
  of_session[key] = of_session[key]
    or providers.new(session.platform, function() return fetch(session, role) end)
  return of_session[key]
end

return M
