--- Credentials from a command that the profile names. Every task waits while it runs.
--
-- Source: AWS SDKs and Tools Reference Guide, "Process credential provider".
-- @module aws.credentials.process

local document = require "aws.credentials.document"
local error_of = require("aws.error").new

local M = {}

--- Runs the command.
-- @tparam session session
-- @tparam string command for the shell
-- @treturn ?table credentials
-- @treturn ?aws.error
function M.run(session, command)
  local output = session.platform.execute(command)
  if not output or output == "" then
    return nil, error_of{ code = "CredentialsError", message = "credential_process printed nothing" }
  end
  if not output:find('"Version"%s*:%s*1%f[%D]') then
    return nil, error_of{
      code = "CredentialsError",
      message = "credential_process printed no JSON document with Version 1",
    }
  end
  return document.read(output, "credential_process", "SessionToken")
end

return M
