--- The context of an invocation, which a handler gets as its second argument.
--
-- Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
-- @module lambda.context

local json = require "json"
local task = require "task"

local M = {}

-- A header that holds JSON; absent or unreadable, the handler sees nil.
local function json_header(text)
  return text and json.decode(text) or nil
end

-- What is the same for every invocation.
local function function_facts(getenv)
  return {
    function_name = getenv("AWS_LAMBDA_FUNCTION_NAME"),
    function_version = getenv("AWS_LAMBDA_FUNCTION_VERSION"),
    memory_limit_mb = tonumber(getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")),
    log_group = getenv("AWS_LAMBDA_LOG_GROUP_NAME"),
    log_stream = getenv("AWS_LAMBDA_LOG_STREAM_NAME"),
  }
end

--- Makes the function that builds contexts.
-- @tparam[opt=os.getenv] function getenv
-- @tparam[opt=task.now] function now seconds since 1970 UTC
-- @treturn function of the headers of the Runtime API's answer to `next`, names in lower case; gives
--   a table `request_id, deadline_ms, remaining_ms(), function_name, function_version, function_arn,
--   memory_limit_mb, log_group, log_stream, trace_id, client_context, identity, tenant_id`
function M.builder(getenv, now)
  local facts = function_facts(getenv or os.getenv)
  now = now or task.now
  return function(headers)
    local deadline_ms = tonumber(headers["lambda-runtime-deadline-ms"])
    return {
      request_id = headers["lambda-runtime-aws-request-id"],
      deadline_ms = deadline_ms,
      --- Milliseconds left until the deadline; at least 0.
      remaining_ms = function()
        return deadline_ms and math.max(0, deadline_ms - now() * 1000) or math.huge
      end,
      function_name = facts.function_name,
      function_version = facts.function_version,
      function_arn = headers["lambda-runtime-invoked-function-arn"],
      memory_limit_mb = facts.memory_limit_mb,
      log_group = facts.log_group,
      log_stream = facts.log_stream,
      trace_id = headers["lambda-runtime-trace-id"],
      client_context = json_header(headers["lambda-runtime-client-context"]),
      identity = json_header(headers["lambda-runtime-cognito-identity"]),
      tenant_id = headers["lambda-runtime-aws-tenant-id"],
    }
  end
end

return M
