-- decode.lua FILE ROUNDS: decodes an answer of DescribeInstances in pieces, as curl hands them over.
-- Prints the microseconds of each round on a line of its own.

local ffi = require "ffi"
local model = assert(require("aws.model").load("ec2"))
local protocol = require "aws.protocol"

local PIECE = 16384

ffi.cdef [[
typedef struct { int64_t seconds, nanoseconds; } bench_time;
int clock_gettime(int clock, bench_time *time);
]]
local time = ffi.new("bench_time")

local function now()
  ffi.C.clock_gettime(1, time)
  return tonumber(time.seconds) * 1e6 + tonumber(time.nanoseconds) / 1e3
end

local file = assert(io.open(arg[1], "rb"))
local text = file:read("*a")
file:close()
local pieces = {}
for at = 1, #text, PIECE do pieces[#pieces + 1] = text:sub(at, at + PIECE - 1) end

for _ = 1, tonumber(arg[2]) do
  collectgarbage()
  local before = now()
  local sink = protocol.sink(model, "DescribeInstances")
  for i = 1, #pieces do assert(sink:write(pieces[i])) end
  local answer = { status = 200, headers = {}, sink = sink }
  local output = assert(protocol.decode(model, "DescribeInstances", answer))
  print(("%.1f"):format(now() - before))
  assert(#output.Reservations == 1000)
end
