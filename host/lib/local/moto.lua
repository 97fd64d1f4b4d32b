--- The local AWS, moto, for as long as the function is served.
-- @module local.moto

local host_task = require "host.task"
local background = require "local.background"
local process = require "local.process"
local take_lines = require "local.lines"
local task = require "task"

local M = {}

local PATIENCE = 2 -- seconds that it has to end
local SIGTERM, SIGKILL = 15, 9

-- As in scripts/lib/local_aws.py.
local VARIABLES = {
  AWS_ACCESS_KEY_ID = "AKIALOCAL",
  AWS_SECRET_ACCESS_KEY = "local",
  AWS_REGION = "us-east-1",
}

local Moto = {}
Moto.__index = Moto

-- Its own words, not a line for each request.
local function relay(pipe, say, kept)
  local rest = ""
  local function keep(line)
    kept[#kept + 1] = line
    if #kept > 20 then table.remove(kept, 1) end
    if line:find("^[%a-]+: ") then say(line) end
  end
  while true do
    host_task.wait(pipe)
    local text = pipe:read()
    if not text then return end
    rest = take_lines(rest .. text, keep)
  end
end

local function read_address(pipe)
  local text = ""
  repeat
    host_task.wait(pipe)
    local piece = pipe:read()
    if not piece then return nil end
    text = text .. piece
  until text:find("\n")
  return text:match("^(http://%S+)")
end

--- Starts it.
-- @tparam string root the checkout
-- @tparam {string,...} environment lines `NAME=value`
-- @tparam function say takes lines
-- @tparam function started of the process, as soon as there is one to stop
-- @treturn ?moto `variables` point a client there
-- @treturn ?string why there is none
function M.start(root, environment, say, started)
  local child, output, errors = process.spawn {
    argv = { root .. "/scripts/local-aws", "run" },
    environment = environment,
    folder = root,
    outputs = { 1, 2 },
  }
  if not child then return nil, "cannot start scripts/local-aws: " .. output end
  local self = setmetatable({ process = child }, Moto)
  started(self)
  local kept = {}
  background(relay, errors, say, kept)
  local address = read_address(output)
  if not address then
    return nil, "the local AWS did not start:\n" .. table.concat(kept, "\n")
  end
  self.variables = { AWS_ENDPOINT_URL = address }
  for name, value in pairs(VARIABLES) do self.variables[name] = value end
  return self
end

--- Ends it.
function Moto:stop()
  self.process:signal(SIGTERM)
  local killer = background(function()
    task.sleep(PATIENCE)
    self.process:signal(SIGKILL)
  end)
  host_task.wait(self.process)
  killer:cancel()
  self.process:reap()
end

return M
