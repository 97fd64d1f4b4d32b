--- The execution environments of a function: as many as there are events at once, up to a limit, and new
-- ones where the function's files have changed.
-- @module local.pool

local bells = require "local.bell"

local M = {}

local Pool = {}
Pool.__index = Pool

local function count(self, matches)
  local number = 0
  for environment in pairs(self.environments) do
    if matches(environment) then number = number + 1 end
  end
  return number
end

local function is_starting(environment)
  return environment.state == "starting" and not environment.stale
end
local function is_current(environment) return not environment.stale and not environment.stopping end

function Pool:find_idle()
  for environment in pairs(self.environments) do
    if not environment.stale and environment:idle() then return environment end
  end
end

-- An environment that never came to ask for an event: the first that waits hears why.
function Pool:on_failed_start(environment)
  local invocation = not environment.stale and table.remove(self.queue, 1)
  if not invocation then return end
  for _, line in ipairs(environment.init_lines) do invocation.lines[#invocation.lines + 1] = line end
  local outcome = environment:outcome_of_end(invocation.id)
  outcome.memory_size, outcome.memory_used = environment.settings.memory, environment.peak
  invocation:finish(outcome)
end

function Pool:on_change(environment)
  if environment.state == "ended" and self.environments[environment] then
    self.environments[environment] = nil
    self.bell:ring()
    if environment.failed_start then self:on_failed_start(environment) end
  elseif environment.stale and environment.busy == 0 then
    environment:stop()
  end
  self:dispatch()
end

--- Starts an environment.
function Pool:start()
  local environment, message = self.launch(function(changed) self:on_change(changed) end)
  if environment then
    self.environments[environment] = true
    return
  end
  local invocation = table.remove(self.queue, 1)
  if not invocation then return self.say("invoke-local: " .. message) end
  invocation:finish {
    failure = { errorType = "Runtime.Unknown", errorMessage = message },
    status = "error",
    memory_size = 0,
  }
end

-- Gives the events that wait to whom can take them, and starts environments for the others.
function Pool:dispatch()
  while #self.queue > 0 do
    local idle = self:find_idle()
    if idle then
      idle:invoke(table.remove(self.queue, 1))
    elseif self.closing or count(self, is_starting) >= #self.queue
      or count(self, is_current) >= self.limit then
      return
    else
      self:start()
    end
  end
end

--- Sends an event to the function.
-- @tparam invocation invocation
function Pool:submit(invocation)
  self.queue[#self.queue + 1] = invocation
  self:dispatch()
end

--- Replaces the environments: those that work end when they are done.
function Pool:renew()
  for environment in pairs(self.environments) do
    environment.stale = true
    if environment.busy == 0 then environment:stop() end
  end
  self:start()
  self:dispatch()
end

--- Ends all environments, and waits until they have ended.
function Pool:close()
  self.closing = true
  for environment in pairs(self.environments) do environment:stop() end
  self.bell:await(function() return next(self.environments) == nil end)
end

--- Makes a pool.
-- @tparam table options `launch(changed)` starts an environment: it, or nil and why there is none; `limit`
--   is how many there are at the most; `say(line)`
-- @treturn pool
function M.new(options)
  return setmetatable({
    launch = options.launch,
    limit = options.limit,
    say = options.say,
    queue = {},
    environments = {},
    bell = bells.new(), -- rung when one has ended
  }, Pool)
end

return M
