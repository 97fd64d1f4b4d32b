-- The command line of scripts/sample-event, run as: samples_main.lua ROOT [ARGUMENT...]

local root = arg[1]
package.path = root .. "/host/lib/?.lua;" .. root .. "/host/lib/?/init.lua;" .. package.path

local nearest = require "nearest"
local samples = require "local.samples"
local task = require "task"

local function usage()
  local lines = {
    "Usage: scripts/sample-event SOURCE",
    "",
    "Prints an event as AWS sends it, with the time of day: to keep as functions/NAME/events/x.json,",
    "or for scripts/invoke-local NAME --event -. The sources:",
  }
  for _, source in ipairs(samples.SOURCES) do
    lines[#lines + 1] = ("  %-14s%s"):format(source[1], source[2])
  end
  return table.concat(lines, "\n") .. "\n"
end

local function refuse(problem)
  io.stderr:write("sample-event: ", problem, "; see scripts/sample-event --help\n")
  os.exit(2)
end

local source = arg[2]
if source == "--help" or source == "-h" then
  io.stdout:write(usage())
  os.exit(0)
end
if #arg ~= 2 then refuse("name one source") end
local text = samples.text(root, source, task.now())
if not text then
  local known = {}
  for i, each in ipairs(samples.SOURCES) do known[i] = each[1] end
  refuse(("there is no source '%s'%s"):format(source, nearest.suggest(source, known)))
end
io.stdout:write(text)
