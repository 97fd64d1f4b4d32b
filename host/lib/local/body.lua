--- Reads the bodies of requests.
-- @module local.body

local host_task = require "host.task"

--- Reads a request's body to its end, or to where its sender went away: `request:gone()` tells.
-- @tparam request request
-- @tparam[opt] function each takes the pieces as they come, in place of the text
-- @treturn string
return function(request, each)
  local pieces = {}
  each = each or function(piece) pieces[#pieces + 1] = piece end
  for piece in function() return request:read() end do
    if piece == "" then host_task.wait(request) else each(piece) end
  end
  return table.concat(pieces)
end
