local errors = require "aws.error"
local things = require "aws.things"
local wait = require "aws.wait"
local worlds = require "aws.world"

-- Waits over outcomes `{ output, err, status }`, an attempt each, with the given acceptors.
local function run(outcomes, acceptors, options, world)
  world = world or worlds.new()
  local count = 0
  local waiter = { operation = "Get", delay = 10, maxAttempts = 3, acceptors = acceptors }
  local core = { session = world:session(), model = { service = "s" } }
  local ok, err = wait.run(core, "thing_done", waiter, function()
    count = count + 1
    local outcome = outcomes[count] or outcomes[#outcomes]
    return outcome[1], outcome[2], outcome[3] or 200
  end, options or {})
  return ok, err, count, world
end

local function path(expected, state, argument, matcher)
  return { matcher = matcher or "path", argument = argument or "State", expected = expected, state = state }
end

describe("aws.wait", function()
  it("asks until the state is reached, and waits between", function()
    local ok, err, count, world = run({ { { State = "new" } }, { { State = "done" } } },
      { path("done", "success") })
    assert.is_true(ok)
    assert.is_nil(err)
    assert.equal(2, count)
    assert.same({ 10 }, world.slept)
  end)

  it("ends at once where the state cannot be reached any more", function()
    local ok, err, count = run({ { { State = "broken" } } },
      { path("done", "success"), path("broken", "failure") })
    assert.is_nil(ok)
    assert.equal("WaiterFailed", err.code)
    assert.equal("s Get: WaiterFailed: thing_done: State is broken", tostring(err))
    assert.equal(1, count)
  end)

  it("gives up after its attempts", function()
    local ok, err, count, world = run({ { { State = "new" } } }, { path("done", "success") })
    assert.is_nil(ok)
    assert.equal("WaiterTimeout", err.code)
    assert.equal(3, count)
    assert.same({ 10, 10 }, world.slept)
  end)

  it("takes delay and attempts from the caller", function()
    local _, _, count, world = run({ { {} } }, { path("done", "success") }, { delay = 1, max_attempts = 5 })
    assert.equal(5, count)
    assert.same({ 1, 1, 1, 1 }, world.slept)
  end)

  it("does not sleep beyond the deadline", function()
    local world = worlds.new()
    world.ends = world.now + 15
    local ok, err, count = run({ { {} } }, { path("done", "success") }, {}, world)
    assert.is_nil(ok)
    assert.equal("WaiterTimeout", err.code)
    assert.truthy(err.message:find("time would run out", 1, true))
    assert.equal(2, count)
  end)

  it("gives an error that no acceptor expects", function()
    local denied = errors.new { code = "AccessDenied" }
    local ok, err, count = run({ { nil, denied, 403 } }, { path("done", "success") })
    assert.is_nil(ok)
    assert.equal(denied, err)
    assert.equal(1, count)
  end)

  describe("matches", function()
    local function matches(acceptor, output, err, status)
      acceptor.state = "success"
      return (run({ { output, err, status } }, { acceptor }, { max_attempts = 1 })) == true
    end

    it("a path", function()
      assert.is_true(matches(path("x", nil, "A.B"), { A = { B = "x" } }))
      assert.is_false(matches(path("x", nil, "A.B"), {}))
      assert.is_true(matches(path(true, nil, "length(L) > `0`"), { L = { 1 } }))
      assert.is_false(matches(path(true, nil, "length(L) > `0`"), { L = {} }))
    end)

    it("all or any elements of a list, but no empty list", function()
      local all = function(list) return matches(path("x", nil, "L[]", "pathAll"), { L = list }) end
      local any = function(list) return matches(path("x", nil, "L[]", "pathAny"), { L = list }) end
      assert.same({ true, false, false, false }, { all { "x", "x" }, all { "x", "y" }, all {}, all(nil) })
      assert.same({ true, true, false, false }, { any { "x" }, any { "y", "x" }, any { "y" }, any {} })
      assert.is_false(matches(path("x", nil, "L", "pathAll"), { L = "x" }))
    end)

    it("a status, of an answer or an error", function()
      assert.is_true(matches({ matcher = "status", expected = 200 }, {}))
      assert.is_true(matches({ matcher = "status", expected = 404 }, nil, errors.new { code = "X" }, 404))
      assert.is_false(matches({ matcher = "status", expected = 404 }, {}))
    end)

    it("an error by its code, any error, or none", function()
      local gone = errors.new { code = "Gone" }
      assert.is_true(matches({ matcher = "error", expected = "Gone" }, nil, gone, 400))
      assert.is_false(matches({ matcher = "error", expected = "Other" }, nil, gone, 400))
      assert.is_false(matches({ matcher = "error", expected = "Gone" }, {}))
      assert.is_true(matches({ matcher = "error", expected = true }, nil, gone, 400))
      assert.is_true(matches({ matcher = "error", expected = false }, {}))
      assert.is_false(matches({ matcher = "error", expected = false }, nil, gone, 400))
    end)
  end)

  describe("in a client", function()
    it("waits for a service's own states", function()
      local world = worlds.new {
        answers = {
          things.refusal(400, "NoSuchThing"), things.page { { "a", "ready" }, { "b", "new" } },
          things.page { { "a", "ready" }, { "b", "ready" } },
        },
      }
      assert.is_true(things.client(world):wait("thing_ready", { ThingIds = { "a", "b" } }))
      assert.same({ 15, 15 }, world.slept)

      world = worlds.new { answers = { things.page { { "a", "broken" } } } }
      local ok, err = things.client(world):wait("thing_ready")
      assert.is_nil(ok)
      assert.equal("WaiterFailed", err.code)
    end)

    it("raises a caller's mistake", function()
      local client = things.client(worlds.new())
      local ok, message = pcall(client.wait, client, "thing_raedy")
      assert.is_false(ok)
      assert.truthy(message:find('things has no waiter "thing_raedy"; did you mean "thing_ready"?', 1, true))
      assert.is_false(pcall(client.wait, client, "thing_ready", { What = 1 }))
      assert.is_false(pcall(client.wait, client))
    end)
  end)
end)
