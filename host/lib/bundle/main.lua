-- The command line of scripts/build-lambda, run as: main.lua ROOT STAGE [ARGUMENT...]

local root, stage = arg[1], arg[2]
package.path = root .. "/host/lib/?.lua;" .. root .. "/host/lib/?/init.lua;" .. package.path

local bundle = require "bundle"
local model = require "aws.model"

local function complain(message)
  io.stderr:write("build-lambda: ", message, "\n")
end

local function stop(message)
  complain(message .. "; see scripts/build-lambda --help")
  os.exit(1)
end

local function read_arguments(arguments)
  local options, position = {}, 1
  while arguments[position] do
    local word = arguments[position]
    local value = word:match("^%-%-arch=(.*)$")
    if word == "--arch" then
      position = position + 1
      value = arguments[position] or ""
    end
    if value then
      if value ~= "x86_64" and value ~= "arm64" then
        stop(("--arch takes x86_64 or arm64, not %q"):format(value))
      end
      options.arch = value
    elseif word == "--layer" or word == "--quiet" then
      options[word:sub(3)] = true
    elseif word:find("^%-") then
      stop(("unknown option %s"):format(word))
    elseif options.name then
      stop(("one function at a time: %s or %s"):format(options.name, word))
    else
      options.name = word
    end
    position = position + 1
  end
  if not options.name then stop("name a function") end
  return options
end

-- A build never takes the models of a bundle that it happens to run beside.
local function getenv(name)
  return name ~= "LAMBDA_TASK_ROOT" and os.getenv(name) or nil
end

local options = read_arguments { unpack(arg, 3) }
local report, messages = bundle.build {
  root = root,
  stage = stage,
  name = options.name,
  arch = options.arch,
  layer = options.layer,
  load = function(service) return model.load(service, getenv) end,
  partitions = function() return model.partitions(getenv) end,
}
if not report then
  for _, message in ipairs(messages) do complain(message) end
  os.exit(1)
end
if not options.quiet then print(("output/%s.zip\n%s"):format(options.name, report)) end
