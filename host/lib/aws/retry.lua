--- Retries in the standard mode of AWS's SDKs, and in the adaptive one.
--
-- A failed attempt is repeated when it was throttled or failed for the moment, while attempts and
-- quota last, after a random wait below a bound that doubles, and never beyond the deadline.
--
-- Source: AWS SDKs and Tools Reference Guide, "Retry behavior".
-- @module aws.retry

local error_of = require("aws.error").new
local timestamp = require "aws.protocol.timestamp"

local M = {}

local DEFAULT_ATTEMPTS = 3
local MAX_BACKOFF = 20

-- The quota of a client's retries: an outage drains it, and then each failure is the last word.
local QUOTA = 500
local RETRY_COST = 5
local TIMEOUT_COST = 10
local REFUND = 1

local THROTTLING_CODES = {
  BandwidthLimitExceeded = true,
  EC2ThrottledException = true,
  LimitExceededException = true,
  PriorRequestNotComplete = true,
  ProvisionedThroughputExceededException = true,
  RequestLimitExceeded = true,
  RequestThrottled = true,
  RequestThrottledException = true,
  SlowDown = true,
  ThrottledException = true,
  Throttling = true,
  ThrottlingException = true,
  TooManyRequestsException = true,
  TransactionInProgressException = true,
}

local TRANSIENT_CODES = { RequestTimeout = true, RequestTimeoutException = true }
local TRANSIENT_STATUS = { [500] = true, [502] = true, [503] = true, [504] = true }

-- What the transport reports: a connection that was not made or broke, an answer cut short.
local TRANSIENT_KINDS = { resolve = true, connect = true, timeout = true, protocol = true }

--- Whether AWS asks for fewer requests.
-- @tparam aws.error err
-- @tparam ?table trait the model's `retryable` of this error
-- @treturn boolean
function M.is_throttling(err, trait)
  return THROTTLING_CODES[err.code] or err.status == 429 or (trait and trait.throttling) or false
end

local function transport_kind(err)
  return not err.status and type(err.detail) == "table" and err.detail.kind or nil
end

--- Whether another attempt may succeed.
-- @tparam aws.error err
-- @tparam ?table trait the model's `retryable` of this error
-- @treturn boolean
function M.is_retryable(err, trait)
  return trait ~= nil or M.is_throttling(err) or TRANSIENT_CODES[err.code]
    or TRANSIENT_STATUS[err.status] or TRANSIENT_KINDS[transport_kind(err)] or false
end

-- How long AWS asks to wait, in seconds: `x-amz-retry-after` is in milliseconds, `Retry-After` in
-- seconds or a date.
local function retry_after(headers, now)
  if not headers then return 0 end
  local milliseconds = tonumber(headers["x-amz-retry-after"])
  if milliseconds then return milliseconds / 1000 end
  local value = headers["retry-after"]
  if not value then return 0 end
  local date = timestamp.parse(value)
  return tonumber(value) or date and date - now or 0
end

-- For a first attempt that the rate limit of the adaptive mode holds back for too long.
local LATE = error_of{
  code = "DeadlineExceeded",
  message = "the rate that AWS accepts leaves no time for this call before the deadline",
}

local Policy = {}
Policy.__index = Policy

local function limiter(mode, platform)
  if mode == "adaptive" then return require("aws.rate").new(platform) end
  return { acquire = function() return true end, record = function() end }
end

--- Makes a client's policy.
-- @tparam session session
-- @tparam[opt] number max_attempts else the environment's, else 3
-- @treturn ?policy
-- @treturn ?aws.error a setting that makes no sense
function M.new(session, max_attempts)
  local config = session.config
  local configured = max_attempts or config:setting("AWS_MAX_ATTEMPTS", "max_attempts") or DEFAULT_ATTEMPTS
  local attempts = tonumber(configured)
  if not attempts or attempts < 1 or attempts % 1 ~= 0 then
    return nil, error_of{
      code = "ConfigError",
      message = ("max_attempts: expected a whole number from 1, got %q"):format(tostring(configured)),
    }
  end
  local mode = config:setting("AWS_RETRY_MODE", "retry_mode") or "standard"
  if mode ~= "standard" and mode ~= "adaptive" and mode ~= "legacy" then
    return nil, error_of{
      code = "ConfigError",
      message = ("retry_mode: expected standard or adaptive, got %q"):format(mode),
    }
  end
  return setmetatable({
    platform = session.platform,
    max_attempts = attempts,
    quota = QUOTA,
    limiter = limiter(mode, session.platform),
  }, Policy)
end

-- Takes from the quota what another attempt costs; nil where there shall be none.
function Policy:spend(err, trait)
  if not M.is_retryable(err, trait) then return nil end
  local cost = transport_kind(err) == "timeout" and TIMEOUT_COST or RETRY_COST
  if cost > self.quota then return nil end
  self.quota = self.quota - cost
  return cost
end

function Policy:delay(number, response)
  local platform = self.platform
  local backoff = platform.random() * math.min(2 ^ (number - 1), MAX_BACKOFF)
  local asked = retry_after(response and response.headers, platform.clock())
  return math.max(backoff, math.min(asked, MAX_BACKOFF))
end

-- Waits, unless the deadline would come first.
function Policy:pause(seconds)
  local platform = self.platform
  local deadline = platform.deadline()
  if deadline and platform.clock() + seconds >= deadline then return false end
  platform.sleep(seconds)
  return true
end

--- Makes attempts until one succeeds or the policy has enough.
-- @tparam table work
-- @tparam function work.attempt makes one: its output, its `aws.error`, the answer if there was one
-- @tparam function work.trait gives the model's `retryable` of an error's code, or nil
-- @tparam function work.correct called with an error and the answer; whether it has mended the request,
--   which after the last attempt helps the next call
-- @treturn ?table the output
-- @treturn ?aws.error the last error
-- @treturn ?table the last answer
function Policy:run(work)
  local output, err, response
  local cost, mended
  for number = 1, self.max_attempts do
    if not self.limiter:acquire() then return nil, err or LATE, response end
    output, err, response = work.attempt()
    local trait = err and work.trait(err.code)
    self.limiter:record(err and M.is_throttling(err, trait))
    if not err then
      self.quota = math.min(QUOTA, self.quota + (cost or REFUND))
      return output, nil, response
    end
    local mends = not mended and work.correct(err, response)
    if number == self.max_attempts then return nil, err, response end
    if mends then
      mended = true
    else
      cost = self:spend(err, trait)
      local delay = self:delay(number, response)
      if not cost or not self:pause(delay) then return nil, err, response end
    end
  end
end

return M
