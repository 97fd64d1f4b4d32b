local json = require "json"
local policy = require "bundle.policy"

local function model(metadata, names, method)
  local operations = {}
  for _, name in ipairs(names) do operations[name] = { http = { method = method or "POST" } } end
  return { metadata = metadata, operations = operations }
end

local function actions(service, prefix, names, method)
  return policy.actions(service, model({ endpointPrefix = prefix }, names, method))
end

describe("bundle.policy", function()
  it("names most actions as their operations, sorted", function()
    assert.same({ "ec2:DescribeInstances", "ec2:StopInstances" },
      actions("ec2", "ec2", { "StopInstances", "DescribeInstances" }))
  end)

  it("knows the operations whose action has another name", function()
    assert.same({ "s3:ListBucket" }, actions("s3", "s3", { "ListObjectsV2", "ListObjects", "HeadBucket" }))
    assert.same({ "s3:GetObject" }, actions("s3", "s3", { "HeadObject", "GetObject" }))
    assert.same({ "s3:GetObject", "s3:PutObject" }, actions("s3", "s3", { "CopyObject" }))
    assert.same({ "s3:ListAllMyBuckets" }, actions("s3", "s3", { "ListBuckets" }))
    assert.same({ "lambda:InvokeFunction" }, actions("lambda", "lambda", { "Invoke" }))
    assert.same({ "sqs:DeleteMessage", "sqs:SendMessage" },
      actions("sqs", "sqs", { "DeleteMessageBatch", "SendMessageBatch", "SendMessage" }))
    assert.same({ "dynamodb:GetItem" }, actions("dynamodb", "dynamodb", { "TransactGetItems" }))
    assert.same({ "s3express:CreateSession" }, actions("s3", "s3", { "CreateSession" }))
  end)

  it("takes the prefix from the signing name, the endpoint, or its own table", function()
    local metadata = { endpointPrefix = "email", signingName = "ses" }
    assert.same({ "ses:SendEmail" }, policy.actions("sesv2", model(metadata, { "SendEmail" })))
    assert.same({ "states:StartExecution" }, actions("stepfunctions", "states", { "StartExecution" }))
    assert.same({ "cloudwatch:PutMetricData" }, actions("cloudwatch", "monitoring", { "PutMetricData" }))
    assert.same({ "tag:GetResources" }, actions("resourcegroupstaggingapi", "tagging", { "GetResources" }))
  end)

  it("names API Gateway's actions by their HTTP method", function()
    assert.same({ "apigateway:PATCH" }, actions("apigateway", "apigateway", { "UpdateStage" }, "PATCH"))
  end)

  it("writes an IAM policy, a statement a service", function()
    local text = policy.document {
      sqs = model({ endpointPrefix = "sqs" }, { "SendMessage" }),
      ["iot-data"] = model({ endpointPrefix = "data-ats.iot", signingName = "iotdata" }, { "Publish" }),
      ec2 = model({ endpointPrefix = "ec2" }, {}),
    }
    assert.same({
      Version = "2012-10-17",
      Statement = {
        { Sid = "iotdata", Effect = "Allow", Action = { "iot:Publish" }, Resource = "*" },
        { Sid = "sqs", Effect = "Allow", Action = { "sqs:SendMessage" }, Resource = "*" },
      },
    }, json.decode(text))
  end)

  it("allows what the operations need besides, in a statement of its own", function()
    local text = policy.document({ sqs = model({ endpointPrefix = "sqs" }, { "SendMessage" }) },
      { "kms:Decrypt", "kms:GenerateDataKey" })
    assert.same({ Sid = "besides", Effect = "Allow", Action = { "kms:Decrypt", "kms:GenerateDataKey" },
      Resource = "*" }, json.decode(text).Statement[2])
  end)

  it("writes a policy without statements for a function that calls nothing", function()
    assert.same({ Version = "2012-10-17", Statement = {} }, json.decode(policy.document {}))
  end)
end)
