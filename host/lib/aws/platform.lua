--- The world outside, as one record: what the client needs of the clock, the network, the tasks, the
-- environment and the disk. Specs hand in their own.
-- @module aws.platform

local M = {}

local word -- 32 bits that the kernel fills

-- LuaJIT's own generator starts every process with the same seed, and belongs to the handler. The system
-- call, since a bare root may have no /dev. Source: getrandom(2), which gives so few bytes whole.
local function random()
  local ffi = require "ffi"
  if not word then
    ffi.cdef "ssize_t getrandom(void *buffer, size_t length, unsigned int flags);"
    word = ffi.new "uint32_t[1]"
  end
  assert(ffi.C.getrandom(word, 4, 0) == 4, "the kernel gives no random bytes")
  return word[0] / 2 ^ 32
end

local function read_file(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("*a")
  file:close()
  return text
end

-- Standard output of a shell command. It holds up every task while it runs.
local function execute(command)
  local pipe = io.popen(command, "r")
  local text = pipe and pipe:read("*a")
  if pipe then pipe:close() end
  return text
end

-- Tasks and transfers are loaded when they are first used.
local DEFAULT = {
  http = function(request) return require("host.http").request(request) end,
  clock = function() return require("task").now() end,
  sleep = function(seconds) return require("task").sleep(seconds) end,
  deadline = function() return require("task").deadline() end,
  spawn = function(...) return require("task").spawn(...) end,
  random = random,
  environment = os.getenv,
  read_file = read_file,
  execute = execute,
}

--- The names of what can be handed in.
M.fields = {}
for name in pairs(DEFAULT) do M.fields[#M.fields + 1] = name end
table.sort(M.fields)

--- The platform of a set of options.
-- @tparam[opt] table options may hold `http` (as `host.http.request`), `clock` (seconds since 1970),
--   `sleep`, `deadline`, `spawn` (as in `task`), `random` (0 <= x < 1), `environment` (as
--   `os.getenv`), `read_file` (path to text or nil), `execute` (shell command to its output)
-- @treturn table with all of them
-- @treturn boolean whether any was handed in
function M.of(options)
  local platform, own = {}, false
  for name, default in pairs(DEFAULT) do
    local given = options and options[name]
    platform[name] = given or default
    own = own or given ~= nil
  end
  return platform, own
end

return M
