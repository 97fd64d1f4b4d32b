local context = require "lambda.context"

local HEADERS = {
  ["lambda-runtime-aws-request-id"] = "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
  ["lambda-runtime-deadline-ms"] = "1542409706888",
  ["lambda-runtime-invoked-function-arn"] = "arn:aws:lambda:us-east-2:123456789012:function:f",
  ["lambda-runtime-trace-id"] = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
  ["lambda-runtime-client-context"] = '{"custom":{"a":1}}',
  ["lambda-runtime-cognito-identity"] = '{"cognitoIdentityId":"id"}',
  ["lambda-runtime-aws-tenant-id"] = "blue",
}
local ENVIRONMENT = {
  AWS_LAMBDA_FUNCTION_NAME = "f",
  AWS_LAMBDA_FUNCTION_VERSION = "$LATEST",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE = "128",
  AWS_LAMBDA_LOG_GROUP_NAME = "/aws/lambda/f",
  AWS_LAMBDA_LOG_STREAM_NAME = "stream",
}
local function getenv(name) return ENVIRONMENT[name] end

describe("a context", function()
  it("has what the Runtime API's headers and the environment say", function()
    local c = context.builder(getenv, function() return 1542409706 end)(HEADERS)
    assert.equal(888, c.remaining_ms())
    c.remaining_ms = nil
    assert.same({
      request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
      deadline_ms = 1542409706888,
      function_name = "f",
      function_version = "$LATEST",
      function_arn = "arn:aws:lambda:us-east-2:123456789012:function:f",
      memory_limit_mb = 128,
      log_group = "/aws/lambda/f",
      log_stream = "stream",
      trace_id = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
      client_context = { custom = { a = 1 } },
      identity = { cognitoIdentityId = "id" },
      tenant_id = "blue",
    }, c)
  end)

  it("has no time left after the deadline, never less than none", function()
    assert.equal(0, context.builder(getenv, function() return 1542409999 end)(HEADERS).remaining_ms())
  end)

  it("lives with headers that are absent or no JSON", function()
    local c = context.builder(getenv) { ["lambda-runtime-client-context"] = "{" }
    assert.is_nil(c.client_context)
    assert.is_nil(c.deadline_ms)
    assert.equal(math.huge, c.remaining_ms())
  end)
end)
