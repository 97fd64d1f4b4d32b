--- Draws a function's picture: `draw.lua ROOT NAME` writes functions/NAME/schedule.svg.

local root, name = arg[1], arg[2]
local folder = root .. "/functions/" .. name

package.path = ("%s/spec/?.lua;%s/?.lua;%s"):format(root, folder, package.path)
local draw = require "spec.picture"

local file = assert(io.open(folder .. "/schedule.svg", "wb"))
file:write(draw())
file:close()
