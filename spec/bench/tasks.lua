-- tasks.lua COUNT: starts so many tasks that wait. Prints the microseconds on a processor that they took from
-- the first one's start to the last one's end, and the kB that the process has resident while all wait.

local task = require "task"

local WAIT = 0.5

local function resident()
  for line in io.lines("/proc/self/status") do
    local size = line:match("^VmRSS:%s+(%d+) kB")
    if size then return tonumber(size) end
  end
end

local count = tonumber(arg[1])
local before, tasks = os.clock(), {}
for i = 1, count do tasks[i] = task.spawn(function() task.sleep(WAIT) end) end
task.sleep(WAIT / 2)
local in_flight = resident()
for i = 1, count do assert(tasks[i]:join()) end
print(("%.1f"):format((os.clock() - before) * 1e6))
print(in_flight)
