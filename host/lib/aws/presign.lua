--- Pre-signed URLs.
-- @module aws.presign

local call = require "aws.call"
local error_of = require("aws.error").new
local exchange = require "aws.exchange"
local protocol = require "aws.protocol"

local M = {}

-- Headers that describe a body which is not here yet.
local function describes_body(name)
  name = name:lower()
  return name:find("^x%-amz%-checksum%-") or name == "x-amz-sdk-checksum-algorithm"
    or name == "content-md5" or name == "content-length"
end

-- A form's fields move from the body into the query.
local function as_link(request)
  local joint = request.path:find("?", 1, true) and "&" or "?"
  request.method, request.path, request.body = "GET", request.path .. joint .. request.body, nil
  request.headers = {}
end

--- Makes a URL that calls an operation.
-- @tparam table core a client's inner state
-- @tparam string name AWS's name of the operation
-- @tparam table params
-- @tparam number expires seconds
-- @treturn ?string
-- @treturn ?aws.error
function M.url(core, name, params, expires)
  local request, err = call.prepare(core, name, params)
  if not request then return nil, err end
  request.credentials, err = core.credentials:get()
  if not request.credentials then return nil, err end
  local spoken = protocol.name(core.model)
  if spoken == "query" or spoken == "ec2" then
    as_link(request)
  elseif request.body and request.body ~= "" then
    return nil, error_of{
      code = "PresignError",
      message = "a URL cannot hold the parameters that go into the body",
      service = core.model.service,
      operation = name,
    }
  end
  for header in pairs(request.headers) do
    if describes_body(header) then request.headers[header] = nil end
  end
  return exchange.presign(core.session, request, expires)
end

return M
