local errors = require "aws.error"
local rate = require "aws.rate"
local retry = require "aws.retry"
local worlds = require "aws.world"

local function limiter(world)
  return rate.new(world:session().platform)
end

-- Sends at a steady pace; every answer is a good one.
local function send(own, world, count, pace)
  for _ = 1, count do
    assert.is_true(own:acquire())
    world.now = world.now + pace
    own:record(false)
  end
end

local function near(expected, value)
  local message = ("expected %g, got %g"):format(expected, value)
  assert.is_true(math.abs(expected - value) < 1e-3 * expected, message)
end

describe("aws.rate", function()
  it("holds nothing back before the first throttling", function()
    local world = worlds.new()
    send(limiter(world), world, 100, 0.01)
    assert.same({}, world.slept)
  end)

  it("cuts the measured rate when throttled, and spaces the requests", function()
    local world = worlds.new()
    local own = limiter(world)
    send(own, world, 60, 0.125)
    near(8, own.measured_rate)
    own:record(true)
    near(8 * 0.7, own.fill_rate)
    for _ = 1, 8 do own:acquire() end
    assert.is_true(#world.slept > 0)
    near(1 / 5.6, world.slept[#world.slept])
  end)

  it("comes back along the curve, to the old rate and beyond", function()
    local world = worlds.new()
    local own = limiter(world)
    send(own, world, 60, 0.125)
    own:record(true)
    local low, plateau = own.fill_rate, (8 * 0.3 / 0.4) ^ (1 / 3)
    world.now = own.throttled_at + plateau
    near(8, own:next_rate(world.now, false))
    assert.is_true(own:next_rate(world.now - 1, false) > low)
    assert.is_true(own:next_rate(world.now + 2, false) > 8)
  end)

  it("goes no faster than twice what was measured, and no slower than one in two seconds", function()
    local world = worlds.new()
    local own = limiter(world)
    own:record(true)
    assert.equal(0.5, own.fill_rate)
    world.now = world.now + 1000
    own:record(false)
    assert.is_true(own.fill_rate <= math.max(0.5, 2 * own.measured_rate))
  end)

  it("keeps the turns of those who wait", function()
    local world = worlds.new()
    local own = limiter(world)
    own:record(true) -- one in two seconds, none saved
    local sleeps = {}
    own.platform.sleep = function(seconds) sleeps[#sleeps + 1] = seconds end
    for _ = 1, 3 do own:acquire() end
    assert.same({ 2, 4, 6 }, sleeps)
  end)

  it("takes no turn after the deadline", function()
    local world = worlds.new()
    local own = limiter(world)
    own:record(true)
    world.ends = world.now + 1
    assert.is_false(own:acquire())
    assert.same({}, world.slept)
  end)

  it("is a policy's in adaptive mode", function()
    local world = worlds.new()
    world.environment.AWS_RETRY_MODE = "adaptive"
    world.ends = world.now + 5
    local policy = assert(retry.new(world:session(), 9))
    local attempts = 0
    local work = {
      attempt = function()
        attempts = attempts + 1
        return nil, errors.new { code = "Throttling", status = 400 }
      end,
      trait = function() end,
      correct = function() return false end,
    }
    local _, err = policy:run(work)
    assert.equal("Throttling", err.code)
    assert.is_true(attempts < 9)
    world.ends = world.now + 0.1
    _, err = policy:run(work)
    assert.equal("DeadlineExceeded", err.code)
  end)
end)
