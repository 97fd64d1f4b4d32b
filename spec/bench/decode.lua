-- decode.lua FILE ROUNDS [PAGES]: decodes an answer of DescribeInstances in pieces, as curl hands them over,
-- and in each round so many of them, one after the other. Prints the microseconds on a processor of each,
-- a line a round, and where PAGES is given the most kB that were resident at once.

local model = assert(require("aws.model").load("ec2"))
local protocol = require "aws.protocol"

local PIECE = 16384

local file = assert(io.open(arg[1], "rb"))
local text = file:read("*a")
file:close()
local pieces = {}
for at = 1, #text, PIECE do pieces[#pieces + 1] = text:sub(at, at + PIECE - 1) end
local _, count = text:gsub("<reservationId>", "")

local function decode()
  local sink = protocol.sink(model, "DescribeInstances")
  for i = 1, #pieces do assert(sink:write(pieces[i])) end
  local answer = { status = 200, headers = {}, sink = sink }
  local output = assert(protocol.decode(model, "DescribeInstances", answer))
  assert(#output.Reservations == count)
end

local pages = tonumber(arg[3])
for _ = 1, tonumber(arg[2]) do
  collectgarbage()
  local before = os.clock()
  for _ = 1, pages or 1 do decode() end
  print(("%.1f"):format((os.clock() - before) * 1e6))
end
if pages then
  for line in io.lines("/proc/self/status") do
    if line:find("^VmHWM") then print(line:match("%d+")) end
  end
end
