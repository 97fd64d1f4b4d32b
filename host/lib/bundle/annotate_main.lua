-- The command line of scripts/annotate, run as: annotate_main.lua ROOT [NAME...]

local root = arg[1]
package.path = root .. "/host/lib/?.lua;" .. root .. "/host/lib/?/init.lua;" .. package.path

local annotate = require "bundle.annotate"
local check = require "bundle.check"
local files = require "bundle.files"
local model = require "aws.model"
local nearest = require "nearest"
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

local known = files.folders(root .. "/functions")
local is_known = {}
for _, name in ipairs(known) do is_known[name] = true end

local wanted = #arg > 1 and { unpack(arg, 2) } or known
for _, name in ipairs(wanted) do
  if not is_known[name] then
    stop { ("there is no function %q in functions/%s"):format(name, nearest.suggest(name, known)) }
  end
end
files.must { "mkdir", "-p", root .. "/build/annotations" }
for _, name in ipairs(wanted) do annotate_one(name) end
