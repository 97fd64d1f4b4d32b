--- Where credentials come from: the first source that is configured.
--
-- The environment, a web identity, the active profile, a container's endpoint, the instance's
-- metadata. In Lambda the first one answers and nothing else is looked at.
--
-- A source is a module with `fetch(session)`, which returns credentials; or nil and a string, why
-- it does not apply, and the next one is asked; or nil and an `aws.error`, which ends the search.
-- When credentials are to be renewed the search begins anew, with the shared files as they are then.
-- @module aws.credentials

local errors = require "aws.error"
local providers = require "aws.credentials.provider"

local M = {}

local SOURCES = { "environment", "web_identity", "profile", "container", "instance" }

local ADVICE = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the function a role"

local function fetch(session)
  local looked = {}
  for _, name in ipairs(SOURCES) do
    local credentials, why = require("aws.credentials." .. name).fetch(session)
    if credentials then return credentials end
    if errors.is(why) then return nil, why end
    looked[#looked + 1] = "  " .. why
  end
  return nil, errors.new{
    code = "NoCredentials",
    message = "no credentials; looked in\n" .. table.concat(looked, "\n") .. "\n" .. ADVICE,
  }
end

--- The provider that asks the sources in turn.
-- @tparam session session
-- @treturn provider
function M.chain(session)
  return providers.new(session.platform, function(again)
    if again then session.config:reread() end
    return fetch(session)
  end)
end

--- The provider for what a caller handed in.
-- @tparam table given `{ access_key, secret_key, session_token }`, or a provider
-- @treturn ?provider nil where it is neither
function M.given(given)
  if providers.is(given) then return given end
  if type(given) ~= "table" or type(given.access_key) ~= "string" or type(given.secret_key) ~= "string" then
    return nil
  end
  return providers.fixed(given)
end

return M
