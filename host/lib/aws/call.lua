--- One operation's call: endpoint, request, attempts, answer.
-- @module aws.call

local cross_region = require "aws.cross_region"
local customizations = require "aws.customizations"
local endpoints = require "aws.endpoint"
local error_of = require("aws.error").new
local exchange = require "aws.exchange"
local lazy = require "lazy"
local protocol = require "aws.protocol"
local retry = require "aws.retry"
local shapes = require "aws.protocol.shapes"

local expiry, skew = lazy "aws.expiry", lazy "aws.skew"

local M = {}

local function uuid(random)
  return (("xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx"):gsub("[xy]", function(letter)
    local digit = math.floor(random() * 16)
    return ("%x"):format(letter == "x" and digit or 8 + digit % 4)
  end))
end

local function is_unsigned(model, name)
  local operation = model.operations[name]
  return operation.authtype == "none"
    or type(operation.auth) == "table" and operation.auth[1] == "smithy.api#noAuth"
    or customizations.is_unsigned(model, name)
end

local function credentials_of(core, name)
  if is_unsigned(core.model, name) then return nil end
  return core.credentials:get()
end

--- The region that a client's calls go to.
-- @tparam table core a client's inner state
-- @treturn ?string
-- @treturn ?aws.error
function M.region(core)
  if core.region then return core.region end
  return core.session.config:region()
end

local function policy_of(core)
  local err
  if not core.policy then core.policy, err = retry.new(core.session, core.max_attempts) end
  return core.policy, err
end

-- Where the path names a bucket that the endpoint has in its host or path already.
local function without_placed(path, endpoint)
  return endpoint.places_bucket and path:gsub("^/[^/?]*", "", 1) or path
end

--- Makes the request of an operation, as every attempt sends it.
-- @tparam table core a client's inner state
-- @tparam string name AWS's name of the operation
-- @tparam table params
-- @treturn ?table for `aws.exchange`
-- @treturn ?aws.error
function M.prepare(core, name, params)
  local session, operation = core.session, core.model.operations[name]
  local region, err = M.region(core)
  if not region then return nil, err end
  local endpoint
  endpoint, err = endpoints.of_operation(session.config, core.model, operation, params, {
    region = region,
    url = core.endpoint,
  })
  if not endpoint then return nil, err end
  local encoded = protocol.encode(core.model, name, params, {
    token = function() return uuid(session.platform.random) end,
  })
  local headers = encoded.headers
  for header, value in pairs(endpoint.headers or {}) do headers[header] = value end
  customizations.add_headers(core.model, headers)
  if operation.unsignedPayload or operation.authtype == "v4-unsigned-body" then
    headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
  end
  return {
    method = encoded.method,
    path = without_placed(encoded.path, endpoint),
    headers = headers,
    body = encoded.body,
    endpoint = endpoints.prefixed(endpoint, encoded.host_prefix),
    timeout = core.timeout,
  }
end

-- A body that the sink refused: the sink knows why.
local function with_reason(err, sink)
  if err.detail.kind == "sink" then err.message = select(2, sink:finish()) or err.message end
  return err
end

-- One attempt: its output, its error, the answer if there was one.
local function attempt(core, name, request)
  local err
  request.credentials, err = credentials_of(core, name)
  if err then return nil, err end
  request.skew = core.session.skew
  request.sink = protocol.sink(core.model, name)
  local response
  response, err = exchange.send(core.session, request)
  request.fresh = not response and err.detail.kind == "connect" -- where a kept one broke, all may have
  if not response then return nil, with_reason(err, request.sink) end
  local output
  output, err = protocol.decode(core.model, name, {
    status = response.status,
    headers = response.headers,
    body = response.body,
    sink = request.sink,
  })
  return output, err, response
end

-- The error as this call's own, since several calls may have been given the same one. One that fetching
-- the credentials gave stays STS's.
local function named(err, core, name)
  local own = {}
  for key, value in pairs(err) do own[key] = value end
  if not own.service then own.service, own.operation = core.model.service, name end
  return error_of(own)
end

-- Makes the attempts of a call: its output, its error, the last answer's status, how many there were.
local function perform(core, name, params)
  local policy, err = policy_of(core)
  local sent, request
  if policy then sent, err = cross_region.params(core, name, params) end
  if sent then request, err = M.prepare(core, name, sent) end
  if not request then return nil, named(err, core, name), nil, 0 end
  local output, response
  local attempts = 0
  output, err, response = policy:run{
    attempt = function()
      attempts = attempts + 1
      return attempt(core, name, request)
    end,
    trait = function(code)
      local shape = shapes.of_error(core.model, core.model.operations[name], code)
      return shape and shape.retryable
    end,
    correct = function(failure, answer)
      return skew.correct(core.session, request.skew, failure, answer and answer.headers)
        or expiry.correct(core.credentials, request.credentials, failure)
    end,
  }
  return output, err and named(err, core, name), response and response.status, attempts
end

--- Who watches the calls, if anybody does: `observer(perform, core, name, params)` stands in for
-- @{run}, and returns what `perform(core, name, params)` does.
M.observer = nil

--- Calls an operation; its parameters have been checked.
-- @tparam table core a client's inner state
-- @tparam string name AWS's name of the operation
-- @tparam table params
-- @treturn ?table the output
-- @treturn ?aws.error
-- @treturn ?number the status of the answer, if there was one
-- @treturn number how many attempts were made
function M.run(core, name, params)
  local observer = M.observer
  if observer then return observer(perform, core, name, params) end
  return perform(core, name, params)
end

return M
