-- decode_json.lua FILE ROUNDS [bare]: decodes an answer of ECS's DescribeTasks, or with `bare` lets lua-cjson
-- alone decode it. Prints the microseconds on a processor of each round on a line of its own.

local cjson = require("cjson").new()
local model = assert(require("aws.model").load("ecs"))
local protocol = require "aws.protocol"

local function decode(text)
  return assert(protocol.decode(model, "DescribeTasks", { status = 200, headers = {}, body = text }))
end

local file = assert(io.open(arg[1], "rb"))
local text = file:read("*a")
file:close()
local work = arg[3] == "bare" and cjson.decode or decode

for _ = 1, tonumber(arg[2]) do
  collectgarbage()
  local before = os.clock()
  local output = work(text)
  print(("%.1f"):format((os.clock() - before) * 1e6))
  assert(#output.tasks == 1000)
end
