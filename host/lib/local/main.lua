--- The command line of scripts/invoke-local: a function of the checkout and the arguments; gives the exit
-- status.
-- @module local.main

local bells = require "local.bell"
local colours = require "local.colours"
local command_line = require "local.command_line"
local environ = require "local.environ"
local events = require "local.events"
local files = require "bundle.files"
local gateways = require "local.gateway"
local background = require "local.background"
local host = require "host"
local host_task = require "host.task"
local moto = require "local.moto"
local process = require "local.process"
local recorders = require "local.recorder"
local services = require "local.service"

local STDOUT, STDERR = 1, 2
local FAILED, MISUSED, SIGNALLED = 1, 2, 128

local function say(line)
  host.write(STDERR, colours.paint(line) .. "\n")
end

-- What ends a run before its time: { status, message }.
local function stop(status, message)
  error({ status = status, message = message }, 0)
end

local function must(value, message)
  if not value then stop(MISUSED, message) end
  return value
end

local function check_function(root, name)
  local path = ("%s/functions/%s/requirements.lua"):format(root, name)
  if name:find("^[%w_-]+$") and files.exists(path) then return end
  stop(MISUSED, ("there is no function '%s'; there are: %s (scripts/new-lambda NAME makes one)")
    :format(name, table.concat(files.folders(root .. "/functions"), ", ")))
end

-- Starts the local AWS; it ends with the run.
local function start_aws(root, service, cleanup)
  say("invoke-local: starting the local AWS (moto) ...")
  local aws, message = moto.start(root, environ.lines(environ.own()), say, function(started)
    cleanup[#cleanup + 1] = function() started:stop() end
  end)
  if not aws then stop(FAILED, message) end
  service:use(aws.variables)
  say("invoke-local: the local AWS is at " .. aws.variables.AWS_ENDPOINT_URL)
end

local function run_once(service, event)
  local invocation = service:invoke { event = event }
  invocation:wait()
  host.write(STDOUT, (invocation.failure_text or invocation:payload()) .. "\n")
  return invocation.failure and FAILED or 0
end

local function port_problem(port, message)
  if message:find("in use") then
    return ("port %d is in use; give another with --port, or --port 0 for a free one"):format(port)
  end
  return ("cannot listen at port %d: %s; give another with --port"):format(port, message)
end

-- Serves until the run is interrupted.
local function serve(service, port, cleanup)
  local gateway, message = gateways.start(service, port)
  if not gateway then stop(FAILED, port_problem(port, message)) end
  cleanup[#cleanup + 1] = function() gateway:close() end
  service:watch()
  host.write(STDOUT, "http://" .. gateway.address .. "\n")
  say(("invoke-local: %s at http://%s/ : a page, and the endpoint for the AWS CLI and SDKs; Ctrl-C ends it")
    :format(service.name, gateway.address))
  bells.new():wait()
end

local function run(root, options, cleanup)
  check_function(root, options.name)
  local event = options.event and must(events.find(root, options.name, options.event))
  local recorder = options.record and must(recorders.new(options.record))
  local service = must(services.new {
    root = root,
    name = options.name,
    say = say,
    overrides = options,
    recorder = recorder,
  })
  cleanup[#cleanup + 1] = function() service:close() end
  if recorder then cleanup[#cleanup + 1] = function() recorder:save() end end
  if options.aws then start_aws(root, service, cleanup) end
  if event then return run_once(service, event) end
  return serve(service, options.port, cleanup)
end

-- The exit status of a run, which its own words or a signal may end.
local function run_to_end(root, options)
  local cleanup, over, status = {}, bells.new(), nil
  local interrupt = process.interrupted()
  local function finish(with)
    status = status or with
    over:ring()
  end
  local work = background(function()
    local ok, result = xpcall(run, function(raised)
      return type(raised) == "table" and raised or { status = FAILED, message = debug.traceback(raised, 2) }
    end, root, options, cleanup)
    if not ok then say("invoke-local: " .. result.message) end
    finish(ok and result or not ok and result.status)
  end)
  local listener = background(function()
    host_task.wait(interrupt)
    finish(SIGNALLED + interrupt:number())
  end)
  over:await(function() return status end)
  work:cancel()
  listener:cancel()
  for i = #cleanup, 1, -1 do cleanup[i]() end
  return status
end

return function(root, ...)
  local options, problem = command_line.read { ... }
  if not options then
    say(("invoke-local: %s; see scripts/invoke-local --help"):format(problem))
    return MISUSED
  end
  if options.help then
    host.write(STDOUT, command_line.USAGE)
    return 0
  end
  return run_to_end(root, options)
end
