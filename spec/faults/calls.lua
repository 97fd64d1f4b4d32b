-- Makes the calls of test_matrix.py side by side: `bootstrap run calls.lua CASES RESULTS`, both JSON.
-- A case is
--   { id, service, operation, params, endpoint, environment, timeout, attempts, deadline, pages, instances,
--     before }
-- and its result { id, seconds, output | error | raised }.

package.path = "functions/auto-start-stop/?.lua;" .. package.path

local aws = require "aws"
local exchange = require "aws.exchange"
local host = require "host.task"
local json = require "json"
local task = require "task"

exchange.CONNECT_TIMEOUT = 3

local AT_ONCE = 120
local PAUSE = 0.02 -- in place of a random one: of the first retry, in seconds

local function client_of(case, service)
  return aws.client(service, {
    region = "us-east-1",
    endpoint = case.endpoint,
    environment = function(name) return case.environment[name] end,
    max_attempts = case.attempts,
    timeout = case.timeout,
    random = function() return PAUSE end,
  })
end

local function all_pages(client, case)
  local ids = {}
  for item in client:each(case.operation, case.params) do ids[#ids + 1] = item.ReservationId end
  return { ids = json.array(ids) }
end

-- The same call so many times side by side, each on a connection of its own, which is kept.
local function call_before(client, case)
  local calls = {}
  for i = 1, case.before or 0 do
    calls[i] = task.spawn(function() assert(client[case.operation](client, case.params)) end)
  end
  for _, each in ipairs(calls) do assert(each:join()) end
end

local function call(case)
  local client = client_of(case, case.service)
  call_before(client, case)
  if case.pages then return all_pages(client, case) end
  return client[case.operation](client, case.params)
end

-- The handler of auto-start-stop, over the instances that the server has.
local function handle(case)
  local clients = setmetatable({}, { __index = function(_, service) return client_of(case, service) end })
  return require "handler" ({ time = "2026-11-24T12:00:00Z" }, {
    function_name = "auto-start-stop",
    remaining_ms = function() return case.deadline * 1000 end,
  }, {
    place = { region = "us-east-1", clients = clients },
    getenv = function(name) return case.environment[name] end,
  })
end

local function fields(err)
  if type(err) ~= "table" then return { raised = tostring(err) } end
  return { error = { code = err.code, message = err.message, status = err.status, text = tostring(err) } }
end

local function run(case)
  local began = task.now()
  local root = host.root(began + case.deadline, case.instances and handle or call, case)
  local ok, output, err = root:join()
  local result
  if ok and not err then
    result = { output = output }
  else
    result = fields(ok and err or output)
  end
  result.id, result.seconds = case.id, task.now() - began
  return result
end

local cases = assert(json.decode(assert(io.open(arg[1])):read("*a")))
local next_case, results = 0, json.array {}

local function work()
  while next_case < #cases do
    next_case = next_case + 1
    local result = run(cases[next_case])
    results[#results + 1] = result
  end
end

local workers = {}
for i = 1, math.min(AT_ONCE, #cases) do workers[i] = task.spawn(work) end
for _, worker in ipairs(workers) do assert(worker:join()) end
local file = assert(io.open(arg[2], "w"))
file:write((assert(json.encode(results))))
file:close()
