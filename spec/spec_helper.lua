--- What specs of functions share.
--
--     local aws = require("spec_helper").aws
--
--     it("stops what runs", function()
--       aws.stub {
--         { service = "ec2", operation = "DescribeInstances", output = { Reservations = { … } } },
--         { service = "ec2", operation = "StopInstances", output = {} },
--       }
--       assert.equal(1, handler(event, context).counts.stopped)
--     end)
--
-- A test that has called `aws.stub` (itself or in its before_each) reaches no network, and fails when a call
-- comes that it does not expect, whatever the code under test makes of the error, and when one that it
-- expects never comes. `aws.stub` again adds to what is expected. Require this file at the top of a spec.

local busted = require "busted"
local calls = require "aws.call"
local exchange = require "aws.exchange"
local stubs = require "aws.stub"
local task = require "task"
local waiters = require "aws.wait"

local M = { aws = {} }

local active -- the running test's stub, and where it was made
local real = { run = calls.run, send = exchange.send, wait = waiters.run }

-- ---- in place of the client's inner doors ----

local function breathe()
  task.sleep(0) -- other tasks run meanwhile, as they would
end

local function answer(core, operation, params)
  local stub = active.stub
  breathe()
  return stub:answer {
    service = core.model.service,
    operation = operation,
    params = params,
    region = core.region,
  }
end

local function refuse_request(_, request)
  active.stub:refuse(("unexpected request: %s %s of %s"):format(request.method, request.path,
    request.endpoint.authority))
end

-- A waiter's delays take no time.
local function wait(core, ...)
  local platform = setmetatable({ sleep = breathe }, { __index = core.session.platform })
  return real.wait({ model = core.model, session = { platform = platform } }, ...)
end

local function install()
  calls.run, exchange.send, waiters.run = answer, refuse_request, wait
end

local function remove()
  calls.run, exchange.send, waiters.run = real.run, real.send, real.wait
  active = nil
end

-- ---- in a test ----

local function report()
  if not active or active.reported then return nil end
  active.reported = true
  local problems = active.stub:problems()
  return #problems > 0 and ("%s: aws.stub: %s"):format(active.place, table.concat(problems, "\n")) or nil
end

local function subscribe()
  busted.subscribe({ "test", "start" }, function(element)
    local run = element.run
    element.run = function()
      run()
      local text = report()
      if text then busted.fail(text, 0) end
    end
    return nil, true
  end)
  busted.subscribe({ "test", "end" }, function(_, _, status)
    local text = status ~= "success" and report()
    if text then io.stderr:write(text, "\n") end -- it may be why the test has failed
    remove()
    return nil, true
  end)
end

-- A recording's place is told from the spec's.
local function read(path, source)
  if path:sub(1, 1) == "/" then return stubs.read(path), path end
  local full = (source:match("^@(.*/)") or "") .. path
  return stubs.read(full), full
end

--- Puts expected calls in AWS's place until the test ends.
-- @tparam {table,...}|string expected calls as spec/aws/stub.lua describes them, or the name of a recording
--   beside the spec
-- @treturn stub its `calls` are those that have come, in their order
function M.aws.stub(expected)
  local frame = debug.getinfo(2, "Sl")
  active = active or { stub = stubs.new(), place = ("%s:%d"):format(frame.short_src, frame.currentline) }
  install()
  local ok, message = pcall(function()
    if type(expected) == "string" then
      active.stub:expect(read(expected, frame.source))
    else
      active.stub:expect(expected)
    end
  end)
  if not ok then error("aws.stub: " .. message, 2) end
  return active.stub
end

subscribe()

return M
