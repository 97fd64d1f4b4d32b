local errors = require "aws.error"
local retry = require "aws.retry"
local worlds = require "aws.world"

local function throttled() return errors.new { code = "Throttling", status = 400 } end

local function transport(kind) return errors.new { code = "X", detail = { kind = kind } } end

-- Runs a policy over outcomes: an error an attempt, or an output.
local function run(world, outcomes, work)
  local policy = assert(retry.new(world:session(), world.max_attempts))
  local count = 0
  work = work or {}
  local output, err = policy:run {
    attempt = function()
      count = count + 1
      local outcome = outcomes[count] or outcomes[#outcomes]
      if errors.is(outcome) then return nil, outcome, work.response end
      return outcome, nil, { status = 200, headers = {} }
    end,
    trait = work.trait or function() end,
    correct = work.correct or function() return false end,
  }
  return output, err, count, policy
end

describe("aws.retry", function()
  it("makes one attempt where it succeeds", function()
    local world = worlds.new()
    local output, err, count = run(world, { "done" })
    assert.equal("done", output)
    assert.is_nil(err)
    assert.equal(1, count)
    assert.same({}, world.slept)
  end)

  it("waits a random time below a bound that doubles, and gives the last error", function()
    local world = worlds.new { max_attempts = 8, chance = 0.5 }
    local output, err, count = run(world, { throttled() })
    assert.is_nil(output)
    assert.equal("Throttling", err.code)
    assert.equal(8, count)
    assert.same({ 0.5, 1, 2, 4, 8, 10, 10 }, world.slept)
  end)

  it("makes three attempts where nobody says how many", function()
    assert.equal(3, select(3, run(worlds.new(), { throttled() })))
  end)

  it("takes the number from the environment or the profile", function()
    local world = worlds.new()
    world.environment.AWS_MAX_ATTEMPTS = "5"
    assert.equal(5, select(3, run(world, { throttled() })))
    world.environment.AWS_MAX_ATTEMPTS = nil
    world.environment.AWS_CONFIG_FILE = "/c"
    world.files["/c"] = "[default]\nmax_attempts = 2\n"
    assert.equal(2, select(3, run(world, { throttled() })))
  end)

  it("refuses settings that make no sense", function()
    for _, setting in ipairs { { "AWS_MAX_ATTEMPTS", "0" }, { "AWS_MAX_ATTEMPTS", "many" },
      { "AWS_MAX_ATTEMPTS", "1.5" }, { "AWS_RETRY_MODE", "often" } } do
      local world = worlds.new()
      world.environment[setting[1]] = setting[2]
      local policy, err = retry.new(world:session())
      assert.is_nil(policy)
      assert.equal("ConfigError", err.code)
      assert.truthy(err.message:find(setting[2], 1, true))
    end
  end)

  it("repeats what failed for the moment, and nothing else", function()
    for name, case in pairs {
      throttled = { throttled(), true },
      ["status 429"] = { errors.new { code = "429", status = 429 }, true },
      ["status 500"] = { errors.new { code = "InternalError", status = 500 }, true },
      ["status 503"] = { errors.new { code = "503", status = 503 }, true },
      ["request timeout"] = { errors.new { code = "RequestTimeout", status = 400 }, true },
      ["no connection"] = { transport "connect", true },
      ["no address"] = { transport "resolve", true },
      ["time out"] = { transport "timeout", true },
      ["cut short"] = { transport "protocol", true },
      ["no permission"] = { errors.new { code = "UnauthorizedOperation", status = 403 }, false },
      ["not implemented"] = { errors.new { code = "501", status = 501 }, false },
      ["redirect"] = { errors.new { code = "PermanentRedirect", status = 301 }, false },
      ["bad certificate"] = { transport "tls", false },
      ["too large"] = { transport "too_large", false },
      ["unreadable"] = { transport "sink", false },
      ["deadline"] = { transport "deadline", false },
      ["no credentials"] = { errors.new { code = "NoCredentials" }, false },
    } do
      local _, _, count = run(worlds.new(), { case[1] })
      assert.equal(case[2] and 3 or 1, count, name)
    end
  end)

  it("repeats what the model calls retryable", function()
    local err = errors.new { code = "SlowThing", status = 400 }
    local _, _, count = run(worlds.new(), { err }, {
      trait = function(code) return code == "SlowThing" and { throttling = false } or nil end,
    })
    assert.equal(3, count)
  end)

  it("waits as long as AWS asks, in milliseconds or seconds or until a date, 20 s at most", function()
    for _, case in ipairs {
      { { ["x-amz-retry-after"] = "1500" }, 1.5 },
      { { ["retry-after"] = "7" }, 7 },
      { { ["retry-after"] = "Sun, 13 Sep 2020 12:26:49 GMT" }, 9 },
      { { ["retry-after"] = "3600" }, 20 },
      { { ["retry-after"] = "soon" }, 0.5 },
      { { ["x-amz-retry-after"] = "100" }, 0.5 },
    } do
      local world = worlds.new { max_attempts = 2 }
      run(world, { throttled() }, { response = { status = 400, headers = case[1] } })
      assert.same({ case[2] }, world.slept)
    end
  end)

  it("gives the last error instead of passing the deadline", function()
    local world = worlds.new { max_attempts = 8 }
    world.ends = world.now + 3
    local _, err, count = run(world, { throttled() })
    assert.equal("Throttling", err.code)
    assert.equal(3, count)
    assert.same({ 0.5, 1 }, world.slept)
  end)

  it("spends a quota that successes refill", function()
    local world = worlds.new { max_attempts = 2 }
    local policy = assert(retry.new(world:session(), 2))
    local failing = true
    local attempts = 0
    local work = {
      attempt = function()
        attempts = attempts + 1
        if failing then return nil, throttled() end
        return "done", nil, { status = 200, headers = {} }
      end,
      trait = function() end,
      correct = function() return false end,
    }
    for _ = 1, 100 do policy:run(work) end
    assert.equal(200, attempts)
    policy:run(work)
    assert.equal(201, attempts) -- the quota is spent: no second attempt
    failing = false
    for _ = 1, 5 do policy:run(work) end
    failing, attempts = true, 0
    policy:run(work)
    assert.equal(2, attempts)
  end)

  it("gives back what a retry cost when it succeeds, and charges a time out more", function()
    local world = worlds.new()
    local _, _, _, policy = run(world, { throttled(), "done" })
    assert.equal(500, policy.quota)
    _, _, _, policy = run(world, { throttled(), throttled(), "done" })
    assert.equal(495, policy.quota)
    _, _, _, policy = run(world, { transport "timeout" })
    assert.equal(480, policy.quota)
  end)

  it("sends a mended request at once, and mends once", function()
    local world = worlds.new { max_attempts = 4 }
    local err = errors.new { code = "RequestExpired", status = 400 }
    local output, _, count = run(world, { err, "done" }, { correct = function() return true end })
    assert.equal("done", output)
    assert.equal(2, count)
    assert.same({}, world.slept)

    _, _, count = run(world, { err }, { correct = function() return true end })
    assert.equal(2, count)
  end)

  it("lets a request be mended after the last attempt, for the next call", function()
    local corrected = 0
    local _, err, count = run(worlds.new { max_attempts = 1 }, { throttled() }, {
      correct = function()
        corrected = corrected + 1
        return true
      end,
    })
    assert.equal("Throttling", err.code)
    assert.same({ 1, 1 }, { count, corrected })
  end)
end)
