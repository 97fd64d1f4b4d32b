--- Credentials that AWS refuses as expired though their source named a later end, or none: they are fetched
-- again, once.
-- @module aws.expiry

local M = {}

-- EC2 says RequestExpired, of a wrong clock as well; S3 has the last one.
-- Source: "Common Errors" of the query and JSON services, Amazon S3 API Reference, "Error responses".
local EXPIRED = {
  ExpiredToken = true,
  ExpiredTokenException = true,
  RequestExpired = true,
  TokenRefreshRequired = true,
}

--- Renews credentials after a refusal. Where that cannot be, the error's message says so.
-- @tparam provider provider
-- @tparam ?table signed the credentials that the request was signed with
-- @tparam aws.error err
-- @treturn boolean whether the same request may succeed now
function M.correct(provider, signed, err)
  if not signed or not EXPIRED[err.code] then return false end
  local renewed, why = provider:renew(signed)
  if renewed then return true end
  err.message = ("%s; the source of the credentials (%s) has no newer ones%s"):format(
    err.message or "expired", signed.source or "the caller", why and ": " .. tostring(why) or "")
  return false
end

return M
