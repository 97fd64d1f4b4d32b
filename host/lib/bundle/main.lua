-- The command line of scripts/build-lambda, run as: main.lua ROOT OUTPUT STAGE [ARGUMENT...]

local root, output, stage = arg[1], arg[2], arg[3]
package.path = root .. "/host/lib/?.lua;" .. root .. "/host/lib/?/init.lua;" .. package.path

local bundle = require "bundle"
local files = require "bundle.files"
local model = require "aws.model"

local function complain(message)
  io.stderr:write("build-lambda: ", message, "\n")
end

local function stop(message)
  complain(message .. "; see scripts/build-lambda --help")
  os.exit(1)
end

-- An architecture by Lambda's name or the machine's.
local function architecture(name, source)
  if name == "aarch64" then name = "arm64" end
  if name ~= "x86_64" and name ~= "arm64" then
    stop(("%s takes x86_64 or arm64, not %q"):format(source, name))
  end
  return name
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
      options.arch = architecture(value, "--arch")
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
  local preset = os.getenv "LUALAMBDA_ARCH"
  if preset and not options.arch then options.arch = architecture(preset, "LUALAMBDA_ARCH") end
  return options
end

-- A build never takes the models of a bundle that it happens to run beside.
local function getenv(name)
  return name ~= "LAMBDA_TASK_ROOT" and os.getenv(name) or nil
end

-- Builds the program for an architecture, unless it is up to date; the one that runs this was a moment ago.
local function make(arch)
  if arch == (jit.arch == "x64" and "x86_64" or jit.arch) then return true end
  return os.execute(("make -s -C %s ARCH=%s 1>&2"):format(files.quote(root), arch)) == 0
end

local options = read_arguments { unpack(arg, 4) }
local report, messages = bundle.build {
  root = root,
  output = output,
  stage = stage,
  name = options.name,
  arch = options.arch,
  layer = options.layer,
  make = make,
  load = function(service) return model.load(service, getenv) end,
  partitions = function() return model.partitions(getenv) end,
}
if not report then
  for _, message in ipairs(messages) do complain(message) end
  os.exit(1)
end
if not options.quiet then
  local shown = output == root .. "/output" and "output" or output
  print(("%s/%s.zip\n%s"):format(shown, options.name, report))
end
