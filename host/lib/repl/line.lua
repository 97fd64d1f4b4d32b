--- Where the console's lines come from: a terminal with libedit's editing, or plain input.
-- @module repl.line

local console = require "host.console"
local ffi = require "ffi"
local host = require "host.task"
local terminals = require "host.terminal"

local M = {}

--- Why there is no line.
M.ENDED, M.INTERRUPTED = "ended", "interrupted"

ffi.cdef "ssize_t read(int fd, void *buffer, size_t size);"

local INPUT, OUTPUT = 0, 1

-- ---- plain input ----

local Plain = {}
Plain.__index = Plain

local buffer

local function take_line(self)
  local line, rest = self.pending:match "^([^\n]*)\n(.*)$"
  if line then self.pending = rest end
  return line
end

-- What is left at the end of the input.
local function take_rest(self)
  local rest = self.pending
  self.pending = ""
  if rest == "" then return nil, M.ENDED end
  return rest
end

--- Reads a line.
-- @tparam string prompt
-- @treturn ?string
-- @treturn ?string `ENDED` or `INTERRUPTED`
function Plain:read(prompt)
  if self.terminal then
    io.stdout:write(prompt)
    io.stdout:flush()
  end
  while true do
    local line = take_line(self)
    if line then return line end
    host.wait(console.attention(INPUT))
    if console.interrupted() then
      self.pending = ""
      io.stdout:write "\n"
      return nil, M.INTERRUPTED
    end
    buffer = buffer or ffi.new("char[?]", 4096)
    local count = tonumber(ffi.C.read(INPUT, buffer, 4096))
    if count <= 0 then return take_rest(self) end
    self.pending = self.pending .. ffi.string(buffer, count)
  end
end

function Plain.use() end

function Plain.close() end

--- Opens the best there is.
-- @treturn table `read`, `use(environment)`, `close`; `colour`: whether to paint
function M.open()
  local terminal = terminals.is_terminal(INPUT) and terminals.is_terminal(OUTPUT)
  local editor, message
  if terminal then
    editor, message = require("repl.editor").open()
    if not editor then io.stdout:write(message, "\n") end
  end
  local reader = editor or setmetatable({ pending = "", terminal = terminal }, Plain)
  reader.colour = terminal and terminals.has_colours(OUTPUT)
  return reader
end

return M
