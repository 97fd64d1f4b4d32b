--- Writes a picture: `draw.lua FILE`.

local folder = arg[0]:match("^(.*)/")
local draw = assert(loadfile(folder .. "/picture.lua"))()

local file = assert(io.open(arg[1], "wb"))
file:write(draw())
file:close()
