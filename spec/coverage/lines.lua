-- Prints the lines of Lua files that have code: lines.lua FILE... → "LINE FILE" each.

local util = require "jit.util"

-- Children of a prototype are its constants -1, -2, ... that are prototypes themselves.
local function each_prototype(prototype, visit)
  visit(prototype)
  for index = -1, -65536, -1 do
    local constant = util.funck(prototype, index)
    if constant == nil then return end
    if type(constant) == "proto" then each_prototype(constant, visit) end
  end
end

local function lines_of(path)
  local lines = {}
  each_prototype(assert(loadfile(path)), function(prototype)
    for position = 1, util.funcinfo(prototype).bytecodes - 1 do
      lines[util.funcinfo(prototype, position).currentline] = true
    end
  end)
  return lines
end

for _, path in ipairs(arg) do
  for line in pairs(lines_of(path)) do print(line, path) end
end
