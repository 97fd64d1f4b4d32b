--- Tasks: coroutines that the host runs side by side, each written as plain sequential code.
--
-- A task runs until it waits: for a transfer, a timer or another task. A wait works anywhere, also
-- inside `pcall`, an iterator, a metamethod or `require`.
-- @module task

local host = require "host.task"

local M = {}

--- Seconds since 1970 UTC, with a fraction.
-- @function now
-- @treturn number
M.now = host.now

--- When the current invocation ends, in seconds since 1970 UTC. A task has the deadline of the one
-- that spawned it.
-- @function deadline
-- @treturn ?number nil where there is none
M.deadline = host.deadline

--- The values that belong to the current invocation: one table, shared by all its tasks.
-- @function locals
-- @treturn table
M.locals = host.locals

--- Waits.
-- @tparam number seconds
function M.sleep(seconds)
  host.wait(host.timer(seconds))
end

--- Starts a task. It begins to run when the caller next waits.
-- @function spawn
-- @tparam function fn
-- @param ... its arguments
-- @treturn task
M.spawn = host.spawn

--- Calls a function for 1 to a count, as tasks side by side, in that order. What it raises is raised here.
-- @tparam number count
-- @tparam number concurrency how many are under way at once, at most
-- @tparam function work called as `work(index)`
function M.side_by_side(count, concurrency, work)
  local next_index, workers = 1, {}
  for i = 1, math.min(count, concurrency) do
    workers[i] = M.spawn(function()
      while next_index <= count do
        local index = next_index
        next_index = index + 1
        work(index)
      end
    end)
  end
  for _, worker in ipairs(workers) do
    local ok, err = worker:join()
    if not ok then error(err, 0) end
  end
end

--- @type task
local task = host.task_methods

--- Waits until the task ends.
-- @function task:join
-- @treturn boolean true when it returned, false when it raised or was cancelled
-- @return what it returned; or the error
-- @treturn ?string the traceback of the error
function task:join()
  host.wait(self)
  return host.results(self)
end

--- Ends a task where it waits. A transfer that it alone waits for is given up.
-- @function task:cancel
task.cancel = host.cancel

return M
