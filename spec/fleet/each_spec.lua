local task = require "task"

describe("fleet.each", function()
  local fleet, logged

  setup(function()
    package.loaded["lambda.log"] = {
      error = function(message, fields) logged[#logged + 1] = { message = message, fields = fields } end,
    }
    package.loaded["fleet"] = nil
    fleet = require "fleet"
  end)

  before_each(function() logged = {} end)

  it("gives every item's result in the items' order, whatever order they end in", function()
    local summary = fleet.each({ 3, 1, 2 }, function(item)
      task.sleep(item / 1000)
      return item * 10
    end)
    assert.same({
      total = 3, succeeded = 3, failed = 0,
      items = {
        { id = "3", ok = true, result = 30 },
        { id = "1", ok = true, result = 10 },
        { id = "2", ok = true, result = 20 },
      },
    }, summary)
    assert.same({}, logged)
  end)

  it("has nothing to say about no items", function()
    assert.same({ total = 0, succeeded = 0, failed = 0, items = {} }, fleet.each({}, error))
  end)

  it("counts a function that returns nothing, or false alone, as success", function()
    local summary = fleet.each({ "nothing", "false" }, function(item)
      if item == "false" then return false end
    end)
    assert.equal(2, summary.succeeded)
  end)

  it("goes on after an item fails, in any way that one can", function()
    local refusal = { code = "Refused", message = "no" }
    local ways = {
      ["a string"] = function() error("raised a string", 0) end,
      ["a table"] = function() error(refusal) end,
      ["nil"] = function() error(nil) end,
      ["nil, err"] = function() return nil, "returned" end,
      ["false, err"] = function() return false, refusal end,
      ["after a wait"] = function() task.sleep(0) error("late", 0) end,
    }
    local order = { "a string", "a table", "nil", "nil, err", "false, err", "after a wait", "fine" }
    local summary = fleet.each(order, function(way) return (ways[way] or function() return "done" end)() end)

    local errors = {}
    for i, item in ipairs(summary.items) do errors[i] = item.ok and item.result or item.error end
    assert.same({
      "raised a string", refusal, "an error without a value", "returned", refusal, "late", "done",
    }, errors)
    assert.equal(refusal, summary.items[2].error)
    assert.equal(6, summary.failed)
    assert.equal(1, summary.succeeded)
    assert.equal(6, #logged)
  end)

  it("logs a failure with the item's id, the text of the error and where it was raised", function()
    fleet.each({ { InstanceId = "i-1" } }, function() error("broken", 0) end,
      { id = "InstanceId", name = "instance" })
    assert.equal("instance i-1: broken", logged[1].message)
    assert.equal("i-1", logged[1].fields.id)
    assert.matches("each_spec", logged[1].fields.traceback)
  end)

  it("logs the text of an error that is a table", function()
    local printable = setmetatable({}, { __tostring = function() return "printable" end })
    fleet.each({ printable, { message = "a message" }, { code = 7 } }, function(item) return nil, item end)
    local messages = {}
    for i, line in ipairs(logged) do messages[i] = line.message end
    assert.same({ "item #1: printable", "item #2: a message", 'item #3: {"code":7}' }, messages)
  end)

  it("names an item by a field, a function, itself, or its place", function()
    local function ids(items, id)
      local list = {}
      for i, item in ipairs(fleet.each(items, function() end, { id = id }).items) do list[i] = item.id end
      return list
    end
    assert.same({ "a", "#2" }, ids({ { id = "a" }, { name = "b" } }))
    assert.same({ "b" }, ids({ { name = "b" } }, "name"))
    assert.same({ "x1" }, ids({ 1 }, function(item) return "x" .. item end))
    assert.same({ "#1" }, ids({ { id = "a" } }, function() error("no id") end))
    assert.same({ "i-1", "i-1" }, ids({ "i-1", "i-1" }))
  end)

  it("has at most `concurrency` items under way, and that many", function()
    local under_way, most = 0, 0
    local items = {}
    for i = 1, 25 do items[i] = i end
    local function work()
      under_way = under_way + 1
      most = math.max(most, under_way)
      task.sleep(0)
      under_way = under_way - 1
    end
    fleet.each(items, work)
    assert.equal(10, most)
    most = 0
    fleet.each(items, work, { concurrency = 3 })
    assert.equal(3, most)
  end)

  it("reaches no item after the deadline, and says so for each", function()
    local summary = fleet.each({ "a", "b" }, error, { deadline = task.now() - 1 })
    assert.equal(2, summary.failed)
    for i, item in ipairs(summary.items) do
      assert.equal("not reached before the deadline", item.error)
      assert.matches(item.id .. ": not reached before the deadline", logged[i].message)
    end
  end)

  it("cancels at the deadline what waits, and keeps what is done", function()
    local summary = fleet.each({ "quick", "stuck", "stuck too", "waiting" }, function(item)
      if item ~= "quick" then
        pcall(task.sleep, 3600)
        error("woken")
      end
      return "done"
    end, { deadline = task.now() + 0.02, concurrency = 2 })
    local errors = {}
    for i, item in ipairs(summary.items) do errors[i] = item.ok or item.error end
    assert.same({
      true, "not finished before the deadline", "not finished before the deadline",
      "not reached before the deadline",
    }, errors)
  end)

  it("may be used inside itself", function()
    local summary = fleet.each({ "a", "b" }, function(outer)
      return fleet.each({ 1, 2, 3 }, function(inner)
        task.sleep(0)
        if outer == "b" and inner == 2 then error("inner", 0) end
      end)
    end)
    assert.equal(2, summary.succeeded)
    assert.equal(0, summary.items[1].result.failed)
    assert.equal(1, summary.items[2].result.failed)
  end)

  it("takes a wrong argument for the caller's mistake", function()
    assert.error_matches(function() fleet.each(nil, print) end, "items: expected a list")
    assert.error_matches(function() fleet.each({}, nil) end, "fn: expected a function")
    assert.error_matches(function() fleet.each({}, print, { concurrency = 0 }) end, "concurrency")
  end)
end)
