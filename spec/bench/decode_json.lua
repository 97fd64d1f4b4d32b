-- decode_json.lua FILE ROUNDS [bare]: decodes an answer of ECS's DescribeTasks, or with `bare` lets lua-cjson
-- alone decode it. Prints the microseconds of each round on a line of its own.

local ffi = require "ffi"
local cjson = require("cjson").new()
local model = assert(require("aws.model").load("ecs"))
local protocol = require "aws.protocol"

ffi.cdef [[
typedef struct { int64_t seconds, nanoseconds; } bench_time;
int clock_gettime(int clock, bench_time *time);
]]
local time = ffi.new("bench_time")

local function now()
  ffi.C.clock_gettime(1, time)
  return tonumber(time.seconds) * 1e6 + tonumber(time.nanoseconds) / 1e3
end

local function decode(text)
  return assert(protocol.decode(model, "DescribeTasks", { status = 200, headers = {}, body = text }))
end

local file = assert(io.open(arg[1], "rb"))
local text = file:read("*a")
file:close()
local work = arg[3] == "bare" and cjson.decode or decode

for _ = 1, tonumber(arg[2]) do
  collectgarbage()
  local before = now()
  local output = work(text)
  print(("%.1f"):format(now() - before))
  assert(#output.tasks == 1000)
end
