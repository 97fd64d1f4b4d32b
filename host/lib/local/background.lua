--- Tasks that nobody joins: what they raise is printed, since it is a mistake of this program's own.
-- @module local.background

local host_task = require "host.task"

local function complain(err)
  io.stderr:write("invoke-local: ", debug.traceback(tostring(err), 2), "\n")
end

--- Starts a task with locals of its own and no deadline.
-- @tparam function fn
-- @param ... its arguments
-- @treturn task
return function(fn, ...)
  return host_task.root(nil, function(...)
    local arguments, count = { ... }, select("#", ...)
    xpcall(function() fn(unpack(arguments, 1, count)) end, complain)
  end, ...)
end
