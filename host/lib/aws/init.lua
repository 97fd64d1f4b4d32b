--- AWS: clients of its services, and signed requests below them.
--
--     local aws = require "aws"
--     local output, err = aws.client("ec2"):describe_instances{ MaxResults = 10 }
--
-- Each part is loaded when it is first used.
-- @module aws

---@class aws the annotations of scripts/annotate add to it
local M = {}

--- Makes a client of a service; see `aws.client`.
-- @tparam string service
-- @tparam[opt] table options
-- @treturn aws.client
function M.client(service, options)
  return require("aws.client").new(service, options)
end

--- Sends one signed request; see `aws.request`.
-- @tparam table request
-- @treturn ?table `{ status, headers, body }`
-- @treturn ?aws.error
function M.request(request)
  return require("aws.request").send(request)
end

--- Prints what a model says: of an operation, of a service with all its operations, of the services.
-- @tparam[opt] string service such as `ec2`
-- @tparam[opt] string operation such as `describe_instances`
function M.help(service, operation)
  require("aws.help").print(service, operation)
end

return M
