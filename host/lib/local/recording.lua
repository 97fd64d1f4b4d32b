--- A record of AWS calls, one line of JSON each, in the order in which they ended:
--
--     {"service":"ec2","operation":"DescribeInstances","region":"us-east-1","params":{…},"output":{…},
--      "started":1764000000.25,"duration":0.041,"attempts":1,"request_id":"…"}
--
-- A call that failed has `"error":{"code","message","status","request_id","detail"}` in the place of
-- `output`. `started` is in seconds since 1970 UTC, `duration` in seconds; `request_id` is the
-- invocation's. Values are AWS's own, as in its JSON: times are numbers, blobs are base64. Secrets are
-- "***", before the line is written: see `local.redact`.
-- @module local.recording

local calls = require "aws.call"
local json = require "json"
local redact = require "local.redact"
local task = require "task"

local M = {}

local function error_fields(err, secrets)
  local detail = type(err.detail) == "table" and redact.value(err.detail, nil, secrets) or nil
  return {
    code = tostring(err.code),
    message = err.message and redact.text(tostring(err.message), secrets),
    status = err.status,
    request_id = err.request_id,
    detail = detail,
  }
end

local function record_of(core, name, params, secrets)
  local model = core.model
  local context = task.locals().context
  return {
    service = model.service,
    operation = name,
    region = calls.region(core),
    params = redact.document(model, model.operations[name].input, params or {}, secrets),
    request_id = context and context.request_id,
  }
end

--- Makes the observer of `aws.call`.
-- @tparam function write of a line without its end
-- @tparam[opt] {string,...} secrets texts that are secrets, whatever they look like
-- @tparam[opt=task.now] function now
-- @treturn function
function M.observer(write, secrets, now)
  now = now or task.now
  return function(perform, core, name, params)
    local record = record_of(core, name, params, secrets)
    record.started = now()
    local output, err, status, attempts = perform(core, name, params)
    record.duration = now() - record.started
    record.attempts = attempts
    if err then
      record.error = error_fields(err, secrets)
    else
      record.output = redact.document(core.model, core.model.operations[name].output, output or {}, secrets)
    end
    write((assert(json.encode(record))))
    return output, err, status, attempts
  end
end

return M
