--- Waiters: an operation called again until its answer says that a state is reached.
-- @module aws.wait

local error_of = require("aws.error").new
local jmespath = require "aws.jmespath"
local json = require "json"

local M = {}

local function list_matches(value, expected, all)
  if type(value) ~= "table" or #value == 0 then return false end
  for _, element in ipairs(value) do
    if (element == expected) ~= all then return not all end
  end
  return all
end

-- Whether an acceptor's condition holds for an output or an error.
local MATCHERS = {
  path = function(acceptor, answer)
    return answer.output ~= nil and jmespath.search(acceptor.argument, answer.output) == acceptor.expected
  end,
  pathAll = function(acceptor, answer)
    return answer.output ~= nil
      and list_matches(jmespath.search(acceptor.argument, answer.output), acceptor.expected, true)
  end,
  pathAny = function(acceptor, answer)
    return answer.output ~= nil
      and list_matches(jmespath.search(acceptor.argument, answer.output), acceptor.expected, false)
  end,
  status = function(acceptor, answer)
    return answer.status == acceptor.expected
  end,
  error = function(acceptor, answer)
    if type(acceptor.expected) == "boolean" then return (answer.err ~= nil) == acceptor.expected end
    return answer.err ~= nil and answer.err.code == acceptor.expected
  end,
}

local function accepted(waiter, answer)
  for _, acceptor in ipairs(waiter.acceptors) do
    if MATCHERS[acceptor.matcher](acceptor, answer) then return acceptor end
  end
end

local function reason(acceptor)
  local what = acceptor.argument and acceptor.argument .. " is " or acceptor.matcher .. " is "
  local expected = acceptor.expected
  return what .. (expected == json.null and "null" or tostring(expected))
end

local function failed(core, waiter, name, code, message)
  return nil, error_of{
    code = code,
    message = name .. ": " .. message,
    service = core.model.service,
    operation = waiter.operation,
  }
end

--- Waits.
-- @tparam table core a client's inner state
-- @tparam string name the waiter in boto3's spelling
-- @tparam table waiter of `waiters-2.json`
-- @tparam function invoke calls the operation: its output, its error, the status
-- @tparam table options `delay` (seconds) and `max_attempts` in place of the waiter's own
-- @treturn ?boolean true once the state is reached
-- @treturn ?aws.error `WaiterFailed` where it cannot be reached any more, `WaiterTimeout` where the
--   attempts or the invocation's time ran out, or the operation's own error
function M.run(core, name, waiter, invoke, options)
  local platform = core.session.platform
  local delay, attempts = options.delay or waiter.delay, options.max_attempts or waiter.maxAttempts
  for number = 1, attempts do
    local output, err, status = invoke()
    local acceptor = accepted(waiter, { output = output, err = err, status = status })
    local state = acceptor and acceptor.state or (err and "error" or "retry")
    if state == "success" then return true end
    if state == "error" then return nil, err end
    if state == "failure" then return failed(core, waiter, name, "WaiterFailed", reason(acceptor)) end
    local deadline = platform.deadline()
    if deadline and platform.clock() + delay >= deadline then
      return failed(core, waiter, name, "WaiterTimeout", "the invocation's time would run out")
    end
    if number < attempts then platform.sleep(delay) end
  end
  return failed(core, waiter, name, "WaiterTimeout", ("not reached after %d attempts"):format(attempts))
end

return M
