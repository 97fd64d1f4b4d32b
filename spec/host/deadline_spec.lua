local host = require "host.task"
local task = require "task"

-- A global is looked up by code of busted's, where the deadline may come too.
local coroutine, pairs, pcall, table, xpcall = coroutine, pairs, pcall, table, xpcall

describe("a task past its deadline", function()
  local LINE_OF_FN = "deadline_spec%.lua:(%d+): the invocation's deadline has passed"

  -- Runs fn until a deadline that comes at once; it must be stopped on its own line.
  local function stopped(fn)
    local ok, message, traceback, reason = host.root(task.now() + 0.02, fn):join()
    assert.same({ false, "deadline" }, { ok, reason }, message)
    assert.matches(LINE_OF_FN, message)
    local line = tonumber(message:match(LINE_OF_FN))
    local first = debug.getinfo(fn, "S").linedefined
    assert.is_true(line >= first and line <= debug.getinfo(fn, "S").lastlinedefined, message)
    assert.matches("deadline_spec%.lua:" .. line, traceback)
  end

  it("is stopped in a loop", function()
    stopped(function() local n = 0 while true do n = n + 1 end end)
    stopped(function() for _ = 1, 1e15 do end end) -- luacheck: ignore
    stopped(function() local t = {} while true do t[1] = { #t, ("x"):rep(3) } end end)
    stopped(function() local function again(n) return again(n + 1) end again(1) end)
    stopped(function() local t = { 1, 2 } while true do for i in pairs(t) do t[i] = i end end end)
  end)

  it("is stopped though it catches every error", function()
    stopped(function() while true do pcall(function() while true do end end) end end) -- luacheck: ignore
    stopped(function()
      local function forever() while true do end end -- luacheck: ignore
      while true do xpcall(forever, forever) end
    end)
  end)

  it("is stopped inside a coroutine of its own", function()
    stopped(function() coroutine.wrap(function() while true do end end)() end) -- luacheck: ignore
    stopped(function()
      while true do -- luacheck: ignore
        local inner = coroutine.create(function() while true do end end) -- luacheck: ignore
        while true do coroutine.resume(inner) end
      end
    end)
  end)

  it("is stopped below a C function", function()
    stopped(function() return (("x"):gsub("x", function() while true do end end)) end) -- luacheck: ignore
    stopped(function()
      local function forever() while true do end end -- luacheck: ignore
      table.sort({ 1, 2, 3 }, function() while true do pcall(forever) end end) -- luacheck: ignore
    end)
  end)

  it("is stopped where it waits", function()
    stopped(function() task.sleep(60) end)
    stopped(function() return (("x"):gsub("x", function() task.sleep(60) end)) end)
    stopped(function() return (("x"):gsub("x", function() pcall(task.sleep, 60) while true do end end)) end)
    stopped(function() while true do coroutine.yield() end end)
  end)

  it("is stopped though it had not begun", function()
    local reached = false
    local root = host.root(task.now() - 1, function() task.sleep(0) reached = true end)
    assert.same("deadline", select(4, root:join()))
    assert.is_false(reached)
  end)

  it("takes the others of its family no time", function()
    local spinner
    stopped(function()
      spinner = task.spawn(function() while true do end end) -- luacheck: ignore
      task.sleep(60)
    end)
    assert.same("deadline", select(4, spinner:join()))
  end)

  it("leaves the others as they were", function()
    local other = task.spawn(function() task.sleep(0.05) return "done" end)
    stopped(function() while true do end end) -- luacheck: ignore
    local sum = 0
    for i = 1, 1e6 do sum = sum + i end
    assert.equal(500000500000, sum)
    assert.is_nil(debug.gethook())
    assert.same({ true, "done" }, { other:join() })
  end)

  it("that ends in time is not stopped", function()
    assert.same({ true, 42 }, { host.root(task.now() + 60, function() return 42 end):join() })
    assert.same({ true, 42 }, { host.root(math.huge, function() return 42 end):join() })
  end)
end)
