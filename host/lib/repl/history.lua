--- The console's history: a file of lines that only its owner may read.
-- @module repl.history

local ffi = require "ffi"

local M = {}

ffi.cdef [[
int open(const char *path, int flags, ...);
int close(int fd);
int mkdir(const char *path, unsigned int mode);
char *strerror(int number);
]]

local KEPT = 1000
local WRITE_ONLY, CREATE, APPEND, TRUNCATE, EXISTS = 1, 64, 1024, 512, 17

local function problem(path)
  return nil, path .. ": " .. ffi.string(ffi.C.strerror(ffi.errno()))
end

-- Makes a folder and those above it, each for the owner alone.
local function make_folder(path)
  for at in (path .. "/"):gmatch "()/" do
    local part = path:sub(1, at - 1)
    if part ~= "" and ffi.C.mkdir(part, tonumber("700", 8)) ~= 0 and ffi.errno() ~= EXISTS then
      return problem(part)
    end
  end
  return true
end

local function write(path, flag, text)
  local mode = ffi.cast("int", tonumber("600", 8))
  local fd = ffi.C.open(path, WRITE_ONLY + CREATE + flag, mode)
  if fd < 0 then return problem(path) end
  local ok, message = require("host").write(fd, text)
  ffi.C.close(fd)
  return ok, message
end

local function read(path)
  local lines = {}
  local file = io.open(path, "rb")
  if not file then return lines end
  for line in file:lines() do lines[#lines + 1] = line end
  file:close()
  return lines
end

local History = {}
History.__index = History

--- Keeps a line, but not one that begins with a space, nor a second time what came just before.
-- @tparam string line
-- @treturn boolean whether it is kept
function History:add(line)
  if line:find "^%s" or line == "" or line == self.last then return false end
  self.last = line
  if self.path then write(self.path, APPEND, line .. "\n") end
  return true
end

--- Opens the history: `lualambda/history` under `XDG_STATE_HOME` or `~/.local/state`.
-- @tparam[opt=os.getenv] function getenv
-- @treturn history its `lines` are those of former times, the latest last
-- @treturn ?string why it cannot be kept
function M.open(getenv)
  getenv = getenv or os.getenv
  local state, home = getenv "XDG_STATE_HOME", getenv "HOME"
  if not state or state:sub(1, 1) ~= "/" then state = home and home .. "/.local/state" end
  local history = setmetatable({ lines = {} }, History)
  if not state then return history, "neither XDG_STATE_HOME nor HOME is set" end
  local folder = state .. "/lualambda"
  local path = folder .. "/history"
  local ok, message = make_folder(folder)
  if ok then ok, message = write(path, APPEND, "") end
  if not ok then return history, message end
  local lines = read(path)
  history.path, history.last = path, lines[#lines]
  history.lines = { unpack(lines, math.max(1, #lines - KEPT + 1)) }
  if #lines > 2 * KEPT then write(path, TRUNCATE, table.concat(history.lines, "\n") .. "\n") end
  return history
end

return M
