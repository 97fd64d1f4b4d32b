--- The time that an invocation has for waiting, and the room that it has for answers.

local M = {}

local SHARE = 0.5 -- of what is left; the rest is for what was not foreseen, and for the report
local LONGEST = 450 -- seconds: half of the longest that Lambda gives
local SMALLEST = 50 -- resources in a call
local ROOM = 2500 -- resources that may be described at once, so that a large fleet fits into little memory

local pace = {}
pace.__index = pace

--- Makes one.
-- @tparam number left seconds until the invocation ends; `math.huge` where it has no end
-- @tparam table clock `{ now = function, sleep = function(seconds) }`, as `task`
-- @tparam[opt=1] number places that share the room
-- @treturn pace
function M.new(left, clock, places)
  return setmetatable({
    clock = clock,
    deadline = clock.now() + math.min(left * SHARE, LONGEST),
    room = math.floor(ROOM / (places or 1)),
  }, pace)
end

--- How many resources a place may have described by a call, and in how many such calls at once.
-- @tparam number most that a call may have
-- @treturn number calls' size
-- @treturn number calls at once
function pace:share(most)
  local size = math.max(SMALLEST, math.min(most, self.room))
  return size, math.max(1, math.floor(self.room / size))
end

--- The time, in seconds since 1970 UTC.
function pace:now()
  return self.clock.now()
end

--- Sleeps.
-- @tparam number seconds
-- @treturn boolean false, at once, where there is not that much time
function pace:sleep(seconds)
  if self.clock.now() + seconds > self.deadline then return false end
  self.clock.sleep(seconds)
  return true
end

return M
