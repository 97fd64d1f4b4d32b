-- The command line of scripts/annotate, run as: annotate_main.lua ROOT [NAME...]

local root = arg[1]
package.path = root .. "/host/lib/?.lua;" .. root .. "/host/lib/?/init.lua;" .. package.path

local annotate = require "bundle.annotate"
local check = require "bundle.check"
local collect = require "bundle.collect"
local files = require "bundle.files"
local model = require "aws.model"
local requirements = require "bundle.requirements"

local function stop(messages)
  for _, message in ipairs(messages) do io.stderr:write("annotate: ", message, "\n") end
  os.exit(1)
end

local function annotate_one(name)
  local shown = ("functions/%s/requirements.lua"):format(name)
  local declared, message = requirements.load(root .. "/" .. shown, shown)
  if not declared then stop { message } end
  local models, messages = check.models(declared.aws, model.load, shown)
  if #messages > 0 then stop(messages) end
  local target = ("build/annotations/%s.lua"):format(name)
  files.write(root .. "/" .. target, annotate.text(name, declared.aws, models))
  print(target)
end

local wanted = { unpack(arg, 2) }
for _, name in ipairs(wanted) do
  local found, message = collect.has_function(root, name)
  if not found then stop { message } end
end
if #wanted == 0 then wanted = files.folders(root .. "/functions") end
files.must { "mkdir", "-p", root .. "/build/annotations" }
for _, name in ipairs(wanted) do annotate_one(name) end
