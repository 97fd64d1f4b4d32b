-- What invoke-local runs in build/bootstrap: the function's service, as `bootstrap` runs it with
-- AWS_LAMBDA_RUNTIME_API set, with a look at its AWS calls.
--
--    bootstrap run observe.lua ROOT ADDRESS     ADDRESS being the Runtime API's; calls go to descriptor 3

local root, address = arg[1], arg[2]
local CALLS = 3

local ffi = require "ffi"
local host = require "host"

ffi.cdef "int setenv(const char *name, const char *value, int overwrite);"

-- What is this machine's alone is loaded by name and forgotten: the function must find no more here than
-- in Lambda.
local function load_own(module)
  local path = package.path
  package.path = root .. "/host/lib/?.lua"
  local loaded = require(module)
  package.path = path
  return loaded
end

-- Texts that no recording may hold, whatever they are in.
local function secrets(redact, environ)
  local texts = {}
  for name, value in environ.each() do
    if #value >= 8 and redact.is_secret_name(name) then texts[#texts + 1] = value end
  end
  return texts
end

-- A function that calls AWS loads aws.call, and with it what looks on.
package.preload["aws.call"] = function(name)
  local library = package.loaders[2] -- behind that of package.preload itself
  local calls = library(name)(name)
  package.loaded[name] = calls
  local redact = load_own "local.redact"
  local recording = load_own "local.recording"
  local environ = load_own "local.environ"
  for _, module in ipairs { "redact", "recording", "environ" } do package.loaded["local." .. module] = nil end
  calls.observer = recording.observer(function(line) host.write(CALLS, line .. "\n") end,
    secrets(redact, environ))
  return calls
end

ffi.C.setenv("AWS_LAMBDA_RUNTIME_API", address, 1)
_G.arg = nil
os.exit(require("lambda.service").serve(address))
