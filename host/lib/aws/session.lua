--- What clients share: the platform, the settings, the credentials and the measured clock skew.
-- @module aws.session

local M = {}

local Session = {}
Session.__index = Session

--- The time by AWS's clock, as far as it has been measured.
-- @treturn number seconds since 1970 UTC
function Session:now()
  return self.platform.clock() + self.skew
end

--- Makes a session of its own.
-- @tparam table platform see `aws.platform`
-- @treturn session `{ platform, config, credentials, skew }`
function M.new(platform)
  local session = setmetatable({ platform = platform, skew = 0 }, Session)
  session.config = require("aws.config").new(platform)
  session.credentials = require("aws.credentials").chain(session)
  return session
end

local default

--- The session for a set of options: the process's own, or another one where the options hand in a
-- part of the platform.
-- @tparam[opt] table options
-- @treturn session
function M.of(options)
  local platform, own = require("aws.platform").of(options)
  if own then return M.new(platform) end
  default = default or M.new(platform)
  return default
end

return M
