--- Work over many items, where one bad item never stops the others.
-- @module fleet

local attempt = require "fleet.attempt"
local failure = require "lazy" "lambda.failure"
local json = require "json"
local log = require "lambda.log"
local task = require "task"

local M = {}

M.tags = require "fleet.tags"

local CONCURRENCY = 10

-- An item that cannot say who it is gets its place in the list as a name.
local function id_of(item, index, id)
  local value
  if type(id) == "function" then
    local ok, result = pcall(id, item)
    value = ok and result or nil
  elseif type(item) == "table" then
    value = item[id]
  elseif item ~= nil then
    value = item
  end
  return value ~= nil and tostring(value) or "#" .. index
end

local function check(items, fn, options)
  if type(items) ~= "table" then error("items: expected a list", 3) end
  if type(fn) ~= "function" then error("fn: expected a function", 3) end
  local concurrency = options.concurrency
  if concurrency ~= nil and not (type(concurrency) == "number" and concurrency >= 1) then
    error("concurrency: expected a number from 1", 3)
  end
end

-- Runs the workers to their end, or to the deadline: then they are cancelled where they wait.
local function run(worker, count, deadline)
  local workers = {}
  for i = 1, count do workers[i] = task.spawn(worker) end
  local watch = deadline and task.spawn(function()
    task.sleep(math.max(0, deadline - task.now()))
    for _, each in ipairs(workers) do each:cancel() end
  end)
  for _, each in ipairs(workers) do each:join() end
  if watch then watch:cancel() end
end

--- Calls a function for every item, as tasks side by side. An item fails when the function raises
-- or returns `nil, err`; that is logged with the item's id, and the others go on. An item that is
-- not finished, or not reached, at the deadline has failed too.
-- @tparam table items a list
-- @tparam function fn called as `fn(item)`; its first result is kept
-- @tparam[opt] table options
-- @tparam[opt=10] number options.concurrency how many items are under way at once, at most
-- @tparam[opt="id"] string|function options.id the field that names an item, or `id(item)`
-- @tparam[opt="item"] string options.name what an item is called in the log
-- @tparam[opt] number options.deadline seconds since 1970 UTC; by default the invocation's
-- @treturn table `{ total, succeeded, failed, items }`: three counts, and for each item, in the
--   items' order, `{ id, ok = true, result }` or `{ id, ok = false, error }`, the error as it came
function M.each(items, fn, options)
  options = options or {}
  check(items, fn, options)
  local deadline = options.deadline or task.deadline()
  local name = options.name or "item"
  local count = #items
  local outcomes, begun = {}, 0
  local summary = { total = count, succeeded = 0, failed = 0, items = json.array(outcomes) }

  local function id_at(i)
    return id_of(items[i], i, options.id or "id")
  end

  local function fail(i, err, traceback)
    local id = id_at(i)
    outcomes[i] = { id = id, ok = false, error = err }
    summary.failed = summary.failed + 1
    log.error(name .. " " .. id .. ": " .. failure.message(err), { id = id, traceback = traceback })
  end

  local function succeed(i, result)
    outcomes[i] = { id = id_at(i), ok = true, result = result }
    summary.succeeded = summary.succeeded + 1
  end

  local function worker()
    while begun < count and not (deadline and task.now() >= deadline) do
      begun = begun + 1
      local i = begun
      local ok, result, traceback = attempt(fn, items[i])
      if ok then succeed(i, result) else fail(i, result, traceback) end
    end
  end

  run(worker, math.min(options.concurrency or CONCURRENCY, count), deadline)
  for i = 1, count do
    if not outcomes[i] then
      fail(i, i <= begun and "not finished before the deadline" or "not reached before the deadline")
    end
  end
  return summary
end

--- Calls an operation for many ids, as @{fleet.batch}, which is loaded with the first call.
function M.batch(...)
  return require("fleet.batch")(...)
end

return M
