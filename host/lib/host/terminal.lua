--- Whether a person looks at what is written, and may be shown colours.
-- @module host.terminal

local ffi = require "ffi"

local M = {}

ffi.cdef "int isatty(int);"

--- Whether a file descriptor is a terminal.
-- @tparam number fd
-- @treturn boolean
function M.is_terminal(fd)
  return ffi.C.isatty(fd) == 1
end

--- Whether what is written to a file descriptor is to be painted: a terminal is, unless NO_COLOR is set and
-- not empty.
--
-- Source: no-color.org.
-- @tparam number fd
-- @treturn boolean
function M.has_colours(fd)
  return M.is_terminal(fd) and (os.getenv "NO_COLOR" or "") == ""
end

return M
