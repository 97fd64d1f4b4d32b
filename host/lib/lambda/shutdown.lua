--- What to do before the process ends: on SIGTERM, which Lambda sends when it takes the execution
-- environment away.
--
--    shutdown.on(function() pool:close() end)
--
-- Hooks that are registered while the function loads make the runtime register an internal extension;
-- without one Lambda ends the process without a signal.
--
-- Source: AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle",
-- phase Shutdown.
-- @module lambda.shutdown

local failure = require "lazy" "lambda.failure"
local host_task = require "host.task"
local log = require "lambda.log"
local task = require "task"

local M = {}

-- Lambda grants 500 ms with internal extensions, 2 s with external ones, then ends the process.
local MOST = 2
local bound = 0.4
local hooks = {}

--- Registers a hook.
-- @tparam function hook called without arguments, as a task beside the other hooks
function M.on(hook)
  if type(hook) ~= "function" then error("hook: expected a function, got " .. type(hook), 2) end
  hooks[#hooks + 1] = hook
end

--- Sets how long all the hooks may take together; what is not done then is given up.
-- @tparam number seconds up to 2
function M.bound(seconds)
  if type(seconds) ~= "number" or not (seconds > 0 and seconds <= MOST) then
    error("seconds: expected a number up to " .. MOST, 2)
  end
  bound = seconds
end

--- Whether there are hooks.
-- @treturn boolean
function M.wanted()
  return #hooks > 0
end

--- Runs the hooks, for the runtime.
function M.run()
  local running = {}
  for i, hook in ipairs(hooks) do running[i] = host_task.root(task.now() + bound, hook) end
  for _, each in ipairs(running) do
    local ok, err, traceback = each:join()
    if not ok then
      log.error("a shutdown hook failed", { error = failure.describe(err, traceback) })
    end
  end
end

return M
