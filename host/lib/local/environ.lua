--- Environment variables, as a process has them and as it hands them on.
-- @module local.environ

local M = {}

--- Goes over this process's own, in their order.
-- @treturn function gives a name and a value with each call
function M.each()
  local file = assert(io.open("/proc/self/environ", "rb"))
  local text = file:read("*a")
  file:close()
  return text:gmatch("%f[%Z]([^=%z]+)=(%Z*)")
end

--- This process's own.
-- @treturn {[string]=string}
function M.own()
  local variables = {}
  for name, value in M.each() do variables[name] = value end
  return variables
end

--- As a process that is started takes them.
-- @tparam {[string]=string} variables
-- @treturn {string,...} lines `NAME=value`
function M.lines(variables)
  local lines = {}
  for name, value in pairs(variables) do lines[#lines + 1] = name .. "=" .. value end
  return lines
end

return M
