--- Credentials that are kept, and fetched again before they end: once, whoever asks meanwhile.
-- @module aws.credentials.provider

local M = {}

-- Seconds before the end: from the first on they are renewed when that works, from the second on
-- they are no longer used.
local RENEW_BEFORE = 300
local UNUSABLE_BEFORE = 60

-- Seconds until a renewal that failed is tried again while the old credentials still serve.
local RENEW_PAUSE = 30

local Provider = {}
Provider.__index = Provider

--- Makes a provider.
-- @tparam table platform see `aws.platform`
-- @tparam function fetch returns credentials `{ access_key, secret_key, session_token, expires,
--   account_id, source }`, or nil and an `aws.error`; called with whether there were others before
-- @treturn provider
function M.new(platform, fetch)
  return setmetatable({ platform = platform, fetch = fetch }, Provider)
end

--- Makes a provider of credentials that have no source.
-- @tparam table credentials
-- @treturn provider
function M.fixed(credentials)
  local function get() return credentials end
  return setmetatable({ get = get, renew = function() return false end }, Provider)
end

--- Whether a value is something to ask for credentials.
-- @param value anything
-- @treturn boolean
function M.is(value)
  return getmetatable(value) == Provider
end

local function seconds_left(provider)
  local credentials = provider.credentials
  if not credentials then return -math.huge end
  return credentials.expires and credentials.expires - provider.platform.clock() or math.huge
end

local function pause(provider)
  provider.not_before = provider.platform.clock() + RENEW_PAUSE
end

local function is_paused(provider)
  return provider.not_before and provider.platform.clock() < provider.not_before
end

local function refresh(provider)
  local credentials, err = provider.fetch(provider.credentials ~= nil)
  if credentials then
    provider.credentials = credentials
  else
    pause(provider)
  end
  return credentials, err
end

-- Joins the fetch that is under way, or starts one.
local function shared_refresh(provider)
  local flight = provider.flight or provider.platform.spawn(refresh, provider)
  provider.flight = flight
  local ok, credentials, err = flight:join()
  if provider.flight == flight then provider.flight = nil end
  if ok then return credentials, err end
  return nil, require("aws.error").new{
    code = "CredentialsError",
    message = "fetching credentials failed: " .. tostring(credentials),
  }
end

--- The credentials, valid for at least another minute.
-- @treturn ?table
-- @treturn ?aws.error
function Provider:get()
  local left = seconds_left(self)
  if left > RENEW_BEFORE then return self.credentials end
  local usable = left > UNUSABLE_BEFORE
  if usable and is_paused(self) then return self.credentials end
  local credentials, err = shared_refresh(self)
  if credentials then return credentials end
  if usable then return self.credentials end
  return nil, err
end

local function are_same(one, other)
  return one.access_key == other.access_key and one.secret_key == other.secret_key
    and one.session_token == other.session_token
end

--- Fetches the credentials again, since AWS refuses those that it has: once, however many are refused.
-- @tparam table refused those that a request was signed with
-- @treturn boolean whether there are others now
-- @treturn ?aws.error why the source has none
function Provider:renew(refused)
  if not are_same(self.credentials, refused) then return true end
  if is_paused(self) then return false end
  local credentials, err = shared_refresh(self)
  if not credentials then return false, err end
  if not are_same(credentials, refused) then return true end
  pause(self)
  return false
end

return M
