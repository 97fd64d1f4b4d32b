--- A local AWS for the length of a spec file, and clients of it. Nothing of this machine's own settings
-- reaches them, and every request goes to 127.0.0.1.
local aws = require "aws"

local Moto = {}
Moto.__index = Moto

--- Starts moto on a free port.
local function start()
  local process = assert(io.popen("echo $$; exec scripts/local-aws run 2> /dev/null"))
  local pid = process:read("*l")
  local url = assert(process:read("*l"), "moto did not start")
  return setmetatable({ process = process, pid = pid, url = url }, Moto)
end

function Moto:stop()
  os.execute("kill " .. self.pid)
  self.process:close()
end

--- A client of one of its services.
-- @tparam string service
-- @tparam[opt] table options as `aws.client` takes them
-- @tparam[opt] table variables of the environment, beside those that name moto
function Moto:client(service, options, variables)
  local environment = {
    AWS_ACCESS_KEY_ID = "AKIALOCAL",
    AWS_SECRET_ACCESS_KEY = "local",
    AWS_REGION = "us-east-1",
    AWS_ENDPOINT_URL = self.url,
    AWS_EC2_METADATA_DISABLED = "true",
    AWS_MODELS = os.getenv "AWS_MODELS",
  }
  for name, value in pairs(variables or {}) do environment[name] = value end
  local complete = { environment = function(name) return environment[name] end }
  for name, value in pairs(options or {}) do complete[name] = value end
  return aws.client(service, complete)
end

return { start = start }
