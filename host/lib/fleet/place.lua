--- A place where there is work: a region of an account, and clients there.
-- @module fleet.place

local aws = require "aws"

-- Clients by service, each made when it is first asked for.
local function clients_of(options)
  return setmetatable({}, {
    __index = function(clients, service)
      local client = aws.client(service, options)
      rawset(clients, service, client)
      return client
    end,
  })
end

--- Makes a place.
-- @tparam[opt] table of
-- @tparam[opt] string of.region else the environment's
-- @tparam[opt] string of.account its number, where it is known
-- @tparam[opt] table of.role as `aws.credentials.role` takes it; else the process's own credentials
-- @treturn table `{ region, account, role, clients }`, `clients` by service; and `credentials`, a provider,
--   where there is a role
return function(of)
  of = of or {}
  local credentials = of.role and require("aws.credentials.role").provider(of.role)
  return {
    region = of.region,
    account = of.account,
    role = of.role,
    credentials = credentials,
    clients = clients_of { region = of.region, credentials = credentials },
  }
end
