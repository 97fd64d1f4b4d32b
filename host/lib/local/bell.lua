--- Something that tasks wait for until somebody rings it. Who waits looks again whether what it wants
-- has come, as with a condition variable.
-- @module local.bell

local host_task = require "host.task"
local task = require "task"

local M = {}

local LONG = 1e9 -- seconds

local Bell = {}
Bell.__index = Bell

-- A task that only sleeps: to cancel it wakes all who wait for it.
local function sleeper()
  return host_task.root(nil, task.sleep, LONG)
end

--- Makes a bell.
function M.new()
  return setmetatable({}, Bell)
end

--- Wakes all who wait.
function Bell:ring()
  local sleeping = self.sleeper
  self.sleeper = nil
  if sleeping then sleeping:cancel() end
end

--- Waits until the next ring.
function Bell:wait()
  self.sleeper = self.sleeper or sleeper()
  self.sleeper:join()
end

--- Waits until a condition holds.
-- @tparam function holds
function Bell:await(holds)
  while not holds() do self:wait() end
end

return M
