--- The rate limit of adaptive retries: once AWS has throttled a client, it sends no faster than it has
-- found AWS to bear, and finds out by a cubic curve.
--
-- Source: AWS SDKs and Tools Reference Guide, "Retry behavior", adaptive mode; its curve is that of
-- RFC 9438 (CUBIC).
-- @module aws.rate

local M = {}

local SMOOTHING = 0.8 -- the weight of the newest half second in the measured rate
local BETA = 0.7 -- what a throttled client keeps of its rate
local STEEPNESS = 0.4
local MIN_RATE = 0.5 -- requests a second
local MIN_CAPACITY = 1
local HEADROOM = 2 -- no faster than twice the measured rate

local Limiter = {}
Limiter.__index = Limiter

--- Makes a limiter, which does nothing until the first throttling.
-- @tparam table platform see `aws.platform`
-- @treturn limiter
function M.new(platform)
  local now = platform.clock()
  return setmetatable({
    platform = platform,
    enabled = false,
    fill_rate = 0, -- tokens a second
    capacity = 0, -- tokens now; negative while requests wait
    max_capacity = 0,
    filled_at = now,
    measured_rate = 0,
    counted = 0,
    counted_from = math.floor(now),
    max_rate = 0, -- at the last throttling
    throttled_at = now,
  }, Limiter)
end

function Limiter:refill()
  local now = self.platform.clock()
  self.capacity = math.min(self.max_capacity, self.capacity + (now - self.filled_at) * self.fill_rate)
  self.filled_at = now
end

--- Waits for the turn of a request.
-- @treturn boolean false where it would come after the deadline
function Limiter:acquire()
  if not self.enabled then return true end
  self:refill()
  local wait = math.max(0, (1 - self.capacity) / self.fill_rate)
  local deadline = self.platform.deadline()
  if deadline and self.platform.clock() + wait >= deadline then return false end
  self.capacity = self.capacity - 1
  if wait > 0 then self.platform.sleep(wait) end
  return true
end

-- Counts an answer, by half seconds.
function Limiter:measure(now)
  self.counted = self.counted + 1
  local half = math.floor(now * 2) / 2
  if half <= self.counted_from then return end
  local rate = self.counted / (half - self.counted_from)
  self.measured_rate = rate * SMOOTHING + self.measured_rate * (1 - SMOOTHING)
  self.counted, self.counted_from = 0, half
end

-- The rate after an answer: cut when throttled, else along the curve through the last throttled rate.
function Limiter:next_rate(now, throttled)
  if throttled then
    self.max_rate = self.enabled and math.min(self.measured_rate, self.fill_rate) or self.measured_rate
    self.throttled_at = now
    self.enabled = true
    return self.max_rate * BETA
  end
  local plateau = (self.max_rate * (1 - BETA) / STEEPNESS) ^ (1 / 3)
  return STEEPNESS * (now - self.throttled_at - plateau) ^ 3 + self.max_rate
end

--- Learns from an answer.
-- @tparam ?boolean throttled whether AWS asked for fewer requests
function Limiter:record(throttled)
  local now = self.platform.clock()
  self:measure(now)
  local rate = math.min(self:next_rate(now, throttled), HEADROOM * self.measured_rate)
  self:refill()
  self.fill_rate = math.max(rate, MIN_RATE)
  self.max_capacity = math.max(rate, MIN_CAPACITY)
  self.capacity = math.min(self.capacity, self.max_capacity)
end

return M
