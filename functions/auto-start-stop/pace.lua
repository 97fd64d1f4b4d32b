--- The time that an invocation has for waiting.

local M = {}

local SHARE = 0.5 -- of what is left; the rest is for what was not foreseen, and for the report
local LONGEST = 450 -- seconds: half of the longest that Lambda gives

local pace = {}
pace.__index = pace

--- Makes one.
-- @tparam number left seconds until the invocation ends; `math.huge` where it has no end
-- @tparam table clock `{ now = function, sleep = function(seconds) }`, as `task`
-- @treturn pace
function M.new(left, clock)
  return setmetatable({ clock = clock, deadline = clock.now() + math.min(left * SHARE, LONGEST) }, pace)
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
