-- Tells how the program's tables are in memory, before and after the first digest: the file that is its
-- argument returns where to look.

local ffi = require "ffi"
local expected = dofile(arg[1])

--- Where the program is in memory.
local function base()
  local program = require("host").program()
  for line in io.lines "/proc/self/maps" do
    local start, offset, file = line:match "^(%x+)%-%x+ %S+ (%x+) %S+ %d+ +(.*)$"
    if file == program and tonumber(offset, 16) == 0 then return tonumber(start, 16) end
  end
  error "the program is not in /proc/self/maps"
end

local function protection(address)
  for line in io.lines "/proc/self/maps" do
    local start, stop, flags = line:match "^(%x+)%-(%x+) (%S+)"
    if tonumber(start, 16) <= address and address < tonumber(stop, 16) then return flags end
  end
end

local at = base()

local function report(when)
  local count, done = 0, 0
  for address, addend in pairs(expected.late) do
    local word = tonumber(ffi.cast("uint64_t *", ffi.cast("char *", 0) + (at + address))[0])
    count = count + 1
    done = done + (word == at + addend and 1 or 0)
  end
  local flags = protection(at + expected.relro + 4096) -- the first page may be others' as well
  print(("%s: %s, %d of %d words relocated"):format(when, flags, done, count))
end

report "start"
require("host.digest").sha256 "abc"
report "after a digest"
