local task = require "task"

describe("a task", function()
  it("runs when its spawner waits, not before", function()
    local order = {}
    local t = task.spawn(function() order[#order + 1] = "task" end)
    order[#order + 1] = "spawner"
    t:join()
    assert.same({ "spawner", "task" }, order)
  end)

  it("passes arguments and results, nils among them", function()
    local t = task.spawn(function(...) return select("#", ...), ... end, 1, nil, 3, nil)
    local results = { n = select("#", t:join()), t:join() }
    assert.same({ n = 6, true, 4, 1, nil, 3, nil }, results)
  end)

  it("gives its results to everyone who joins it, before and after its end", function()
    local t = task.spawn(function() task.sleep(0.001) return "done" end)
    local early = {}
    for i = 1, 3 do early[i] = task.spawn(function() return select(2, t:join()) end) end
    for i = 1, 3 do assert.same("done", select(2, early[i]:join())) end
    assert.same("done", select(2, t:join()))
  end)

  it("keeps the raised value and its traceback", function()
    local raised = { code = 7 }
    local function deep() error(raised) end
    local ok, err, traceback = task.spawn(function() deep() end):join()
    assert.is_false(ok)
    assert.equal(raised, err)
    assert.matches("in function 'deep'", traceback)
  end)

  it("sleeps in the order of the times, whatever the order of the calls", function()
    local order, tasks = {}, {}
    for _, n in ipairs { 5, 1, 4, 2, 3 } do
      tasks[#tasks + 1] = task.spawn(function() task.sleep(n / 200) order[#order + 1] = n end)
    end
    for _, t in ipairs(tasks) do t:join() end
    assert.same({ 1, 2, 3, 4, 5 }, order)
  end)

  it("takes a sleep of nothing, or of less, as a turn for the others", function()
    local turns = {}
    local a = task.spawn(function() task.sleep(0) turns[#turns + 1] = "a" end)
    local b = task.spawn(function() turns[#turns + 1] = "b" end)
    a:join() b:join()
    task.sleep(-1)
    assert.same({ "b", "a" }, turns)
  end)

  it("goes on beside one that never waits but yields", function()
    local stop = false
    local busy = task.spawn(function() while not stop do coroutine.yield() end return "stopped" end)
    task.spawn(function() task.sleep(0.002) stop = true end)
    assert.same("stopped", select(2, busy:join()))
  end)
end)

describe("a wait", function()
  local function value_after_sleep() task.sleep(0.001) return "value" end

  it("works inside pcall", function()
    assert.same({ true, "value" }, { pcall(value_after_sleep) })
  end)

  it("works inside a metamethod", function()
    local t = setmetatable({}, { __index = value_after_sleep })
    assert.same("value", t.anything)
  end)

  it("works where a C function lies between, as in gsub and sort", function()
    assert.same("value-value", (("a-b"):gsub("%w", value_after_sleep)))
    local list = { 3, 1, 2 }
    table.sort(list, function(a, b) task.sleep(0) return a < b end)
    assert.same({ 1, 2, 3 }, list)
  end)

  it("works inside a coroutine of the caller's own", function()
    local generate = coroutine.wrap(function()
      for i = 1, 3 do task.sleep(0.001) coroutine.yield(i) end
    end)
    assert.same({ 1, 2, 3 }, { generate(), generate(), generate() })
  end)

  it("lets other tasks go on while it holds a C function", function()
    local others = 0
    local other = task.spawn(function() for _ = 1, 3 do task.sleep(0) others = others + 1 end end)
    ;("x"):gsub("x", function() task.sleep(0.01) end)
    assert.equal(3, others)
    other:join()
  end)

  it("that can never end is an error, not a hang", function()
    local a, b
    a = task.spawn(function() b:join() end)
    b = task.spawn(function() a:join() end)
    local ok, message = pcall(function() return (("x"):gsub("x", function() a:join() end)) end)
    assert.is_false(ok)
    assert.matches("never end", message)
    a:cancel() b:cancel()
  end)

  it("takes nothing but what can be waited for", function()
    local host = require "host.task"
    for _, value in ipairs { 1, "x", {}, io.stdout } do
      assert.error_matches(function() host.wait(value) end, "something to wait for")
    end
  end)
end)

describe("a cancelled task", function()
  it("never runs again, and its joiners hear of it", function()
    local reached = false
    local t = task.spawn(function() task.sleep(0.001) reached = true end)
    local joiner = task.spawn(function() return t:join() end)
    task.sleep(0)
    t:cancel()
    assert.same({ true, false, "cancelled" }, { joiner:join() })
    task.sleep(0.005)
    assert.is_false(reached)
  end)

  it("stops at once where it waits within a C function", function()
    local t = task.spawn(function()
      string.gsub("x", "x", function() task.sleep(100000) end)
    end)
    task.spawn(function()
      task.sleep(0)
      t:cancel()
    end)
    assert.same({ false, "cancelled" }, { t:join() })
  end)

  it("may be one that has not begun, one that has ended, or cancelled twice", function()
    local reached = false
    local t = task.spawn(function() reached = true end)
    t:cancel()
    t:cancel()
    assert.same({ false, "cancelled" }, { t:join() })
    assert.is_false(reached)
    local ended = task.spawn(function() return 1 end)
    ended:join()
    ended:cancel()
    assert.same({ true, 1 }, { ended:join() })
  end)

  it("may be the one that runs", function()
    local t, reached
    t = task.spawn(function() t:cancel() task.sleep(0) reached = true end)
    assert.same({ false, "cancelled" }, { t:join() })
    assert.is_nil(reached)
  end)

  it("leaves the queue whole, wherever it stood in it", function()
    for victim = 1, 3 do
      local ran, tasks = {}, {}
      for i = 1, 3 do tasks[i] = task.spawn(function() ran[#ran + 1] = i end) end
      tasks[victim]:cancel()
      local last = task.spawn(function() ran[#ran + 1] = 4 end)
      last:join()
      local expected = {}
      for i = 1, 4 do if i ~= victim then expected[#expected + 1] = i end end
      assert.same(expected, ran)
    end
  end)
end)

describe("the scheduler", function()
  it("holds ten thousand tasks and lets go of them", function()
    collectgarbage() collectgarbage()
    local before = collectgarbage("count")
    local sum, tasks = 0, {}
    for i = 1, 10000 do
      tasks[i] = task.spawn(function() task.sleep((i % 7) / 1000) sum = sum + i end)
    end
    for _, t in ipairs(tasks) do t:join() end
    assert.equal(50005000, sum)
    tasks = nil -- luacheck: ignore
    collectgarbage() collectgarbage()
    assert.is_true(collectgarbage("count") < before + 2000)
  end)

  it("survives a collection at any moment", function()
    for _ = 1, 50 do
      local t = task.spawn(function() collectgarbage() task.sleep(0) collectgarbage() return "x" end)
      collectgarbage()
      assert.same("x", select(2, t:join()))
    end
  end)

  it("keeps what is waited for, though nobody else holds it", function()
    local sleeper = task.spawn(function() task.sleep(0.005) return "woke" end)
    task.sleep(0)
    collectgarbage() collectgarbage()
    assert.same({ true, "woke" }, { sleeper:join() })
  end)

  it("shares the locals with the tasks it spawns", function()
    task.locals().mark = "here"
    local t = task.spawn(function() return task.locals().mark end)
    assert.same("here", select(2, t:join()))
    task.locals().mark = nil
  end)

  it("tells the time as os.time does", function()
    assert.is_true(math.abs(task.now() - os.time()) < 2)
  end)
end)

describe("a root task", function()
  local host = require "host.task"

  it("has locals of its own, which those it spawns share", function()
    task.locals().mark = "outside"
    local root = host.root(nil, function()
      local before = task.locals().mark
      task.locals().mark = "inside"
      return before, select(2, task.spawn(function() return task.locals().mark end):join())
    end)
    assert.same({ n = 3, true, nil, "inside" }, { n = 3, root:join() })
    assert.equal("outside", task.locals().mark)
    task.locals().mark = nil
  end)

  it("gives its deadline to those it spawns", function()
    local deadline = task.now() + 60
    local root = host.root(deadline, function()
      return task.deadline(), select(2, task.spawn(task.deadline):join())
    end)
    assert.same({ true, deadline, deadline }, { root:join() })
    assert.is_nil(task.deadline())
  end)

  it("can have its family cancelled, and no one else", function()
    local outside = task.spawn(function() task.sleep(0.01) return "done" end)
    local inside
    local root = host.root(nil, function()
      inside = task.spawn(function() task.spawn(function() task.sleep(60) end) task.sleep(60) end)
      task.sleep(0.001)
    end)
    root:join()
    assert.equal(2, host.family_cancel(root))
    assert.equal(0, host.family_cancel(root))
    assert.same({ false, "cancelled" }, { inside:join() })
    assert.same({ true, "done" }, { outside:join() })
  end)

  it("tells of the failures in its family that nobody asked for", function()
    local root = host.root(nil, function()
      for i = 1, 3 do task.spawn(function() error("unheard " .. i, 0) end) end
      local heard = task.spawn(error)
      task.spawn(function() return "fine" end)
      heard:join()
    end)
    root:join()
    collectgarbage()
    local messages = {}
    for failed in host.family_failure, root do messages[#messages + 1] = select(2, failed:join()) end
    table.sort(messages)
    assert.same({ "unheard 1", "unheard 2", "unheard 3" }, messages)
    assert.is_nil(host.family_failure(root))
  end)
end)
