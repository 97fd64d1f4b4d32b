local errors = require "aws.error"
local providers = require "aws.credentials.provider"

local function run_at_once(fn, ...)
  local results = { pcall(fn, ...) }
  return { join = function() return unpack(results, 1, 4) end }
end

-- A provider whose fetches are counted; `state` says what they give.
local function provider(state)
  state.now, state.fetched = state.now or 1000, 0
  local platform = {
    clock = function() return state.now end,
    spawn = state.spawn or run_at_once,
  }
  return providers.new(platform, function()
    state.fetched = state.fetched + 1
    if state.raise then error(state.raise, 0) end
    if state.err then return nil, state.err end
    local key = state.same and "A" or "A" .. state.fetched
    return { access_key = key, secret_key = "s", expires = state.expires }
  end)
end

-- Tasks that run when `run` is called, in the order they were started.
local function scheduler()
  local queue = {}
  local tasks = {}
  function tasks.spawn(fn, ...)
    local arguments = { ... }
    local task = { finished = false }
    local thread = coroutine.create(function()
      task.results = { pcall(fn, unpack(arguments)) }
      task.finished = true
    end)
    queue[#queue + 1] = thread
    function task.join()
      while not task.finished do coroutine.yield() end
      return unpack(task.results, 1, 4)
    end
    return task
  end
  function tasks.run()
    while #queue > 0 do
      local thread = table.remove(queue, 1)
      assert(coroutine.resume(thread))
      if coroutine.status(thread) ~= "dead" then queue[#queue + 1] = thread end
    end
  end
  return tasks
end

describe("aws.credentials.provider", function()
  it("fetches once, and keeps what never ends", function()
    local state = {}
    local own = provider(state)
    assert.equal("A1", own:get().access_key)
    state.now = state.now + 1e9
    assert.equal("A1", own:get().access_key)
  end)

  it("renews five minutes before the end", function()
    local state = { expires = 2000 }
    local own = provider(state)
    own:get()
    state.now = 1699
    assert.equal("A1", own:get().access_key)
    state.now, state.expires = 1701, 3000
    assert.equal("A2", own:get().access_key)
  end)

  it("keeps the old ones while they serve and a renewal fails, and does not hammer", function()
    local state = { expires = 2000 }
    local own = provider(state)
    own:get()
    state.now, state.err = 1800, errors.new { code = "Down" }
    assert.equal("A1", own:get().access_key)
    assert.equal("A1", own:get().access_key)
    assert.equal(2, state.fetched)
    state.now = 1831
    assert.equal("A1", own:get().access_key)
    assert.equal(3, state.fetched)
  end)

  it("gives the error when they do not serve any more", function()
    local state = { expires = 2000 }
    local own = provider(state)
    own:get()
    state.now, state.err = 1950, errors.new { code = "Down" }
    local credentials, err = own:get()
    assert.is_nil(credentials)
    assert.equal("Down", err.code)
    state.err, state.expires = nil, 9000
    assert.equal("A3", own:get().access_key)
  end)

  it("makes an error of what a source raises", function()
    local credentials, err = provider({ raise = "boom" }):get()
    assert.is_nil(credentials)
    assert.equal("CredentialsError", err.code)
    assert.truthy(err.message:find("boom", 1, true))
  end)

  it("fetches once for all tasks that ask meanwhile", function()
    local tasks = scheduler()
    local own = provider { spawn = tasks.spawn }
    local got = {}
    for i = 1, 5 do
      tasks.spawn(function() got[i] = own:get().access_key end)
    end
    tasks.run()
    assert.same({ "A1", "A1", "A1", "A1", "A1" }, got)
  end)

  it("gives a failed fetch's error to all of them, and tries again for the next", function()
    local tasks = scheduler()
    local state = { spawn = tasks.spawn, err = errors.new { code = "Down" } }
    local own = provider(state)
    local got = {}
    for i = 1, 3 do
      tasks.spawn(function() got[i] = select(2, own:get()).code end)
    end
    tasks.run()
    assert.same({ "Down", "Down", "Down" }, got)
    assert.equal(1, state.fetched)
    state.err = nil
    tasks.spawn(function() got[4] = own:get().access_key end)
    tasks.run()
    assert.equal("A2", got[4])
  end)

  describe("renew", function()
    it("fetches again what was refused, however long it would last", function()
      local own = provider { expires = 9000 }
      assert.is_true(own:renew(own:get()))
      assert.equal("A2", own:get().access_key)
    end)

    it("fetches once for all whose requests were signed with the same", function()
      local tasks = scheduler()
      local own = provider { spawn = tasks.spawn }
      local mended = {}
      tasks.spawn(function()
        local refused = own:get()
        for i = 1, 4 do
          tasks.spawn(function() mended[i] = own:renew(refused) end)
        end
        tasks.spawn(function()
          own:renew(refused)
          mended[5] = own:renew(refused) -- a refusal that comes when the others have been helped
        end)
      end)
      tasks.run()
      assert.same({ true, true, true, true, true }, mended)
      assert.equal("A2", own:get().access_key)
    end)

    it("says that there are no others where the same come again, and does not hammer", function()
      local state = { same = true }
      local own = provider(state)
      assert.is_false(own:renew(own:get()))
      assert.is_false(own:renew(own:get()))
      assert.equal(2, state.fetched)
      state.now, state.same = state.now + 31, nil
      assert.is_true(own:renew(own:get()))
    end)

    it("keeps the old ones where the source fails, and says why it does", function()
      local state = {}
      local own = provider(state)
      local refused = own:get()
      state.err = errors.new { code = "Down" }
      local mended, err = own:renew(refused)
      assert.is_false(mended)
      assert.equal("Down", err.code)
      assert.equal(refused, own:get())
    end)

    it("tells the source that it is asked again", function()
      local asked = {}
      local own = providers.new({ clock = function() return 0 end, spawn = run_at_once }, function(again)
        asked[#asked + 1] = again
        return { access_key = "A" .. #asked, secret_key = "s" }
      end)
      own:renew(own:get())
      assert.same({ false, true }, asked)
    end)

    it("has none in place of credentials that were handed in", function()
      local given = { access_key = "A", secret_key = "s" }
      local own = providers.fixed(given)
      assert.is_true(providers.is(own))
      assert.equal(given, own:get())
      assert.is_false(own:renew(given))
    end)
  end)
end)
