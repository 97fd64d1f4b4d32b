local batch = require "lambda.batch"
local digest = require "host.digest"
local event_time = require "lambda.event_time"
local json = require "json"
local samples = require "local.samples"

local NOW = 1795514400.25 -- 2026-11-24T10:00:00.250Z

local function sample(source)
  return json.decode(assert(samples.text(".", source, NOW)))
end

-- What a value is made of: keys down to the leaves, each with its type.
local function shape(value, path, into)
  into = into or {}
  if type(value) ~= "table" then
    into[#into + 1] = path .. ":" .. type(value)
    return into
  end
  if next(value) == nil then into[#into + 1] = path .. (json.is_array(value) and ":[]" or ":{}") end
  for key, element in pairs(value) do
    shape(element, type(key) == "number" and path .. "[]" or path .. "." .. key, into)
  end
  return into
end

local function has(source, expected)
  local found = {}
  for _, leaf in ipairs(shape(sample(source), "")) do found[leaf] = true end
  for leaf in expected:gmatch("%S+") do
    assert.is_true(found[leaf] == true, source .. ": " .. leaf)
    found[leaf] = nil
  end
  assert.same({}, found)
end

-- Leaves of each record.
local function of_records(leaves)
  return (leaves:gsub("%S+", ".Records[]%0"))
end

local EVENTBRIDGE = [[.version:string .id:string .detail-type:string .source:string .account:string
  .time:string .region:string .resources[]:string ]]

local HTTP = [[.version:string .routeKey:string .rawPath:string .rawQueryString:string .cookies[]:string
  .headers.accept:string .headers.content-length:string .headers.content-type:string .headers.host:string
  .headers.user-agent:string .headers.x-amzn-trace-id:string .headers.x-forwarded-for:string
  .headers.x-forwarded-port:string .headers.x-forwarded-proto:string .queryStringParameters.tag:string
  .queryStringParameters.verbose:string .requestContext.accountId:string .requestContext.apiId:string
  .requestContext.domainName:string .requestContext.domainPrefix:string .requestContext.http.method:string
  .requestContext.http.path:string .requestContext.http.protocol:string .requestContext.http.sourceIp:string
  .requestContext.http.userAgent:string .requestContext.requestId:string .requestContext.routeKey:string
  .requestContext.stage:string .requestContext.time:string .requestContext.timeEpoch:number .body:string
  .isBase64Encoded:boolean ]]

describe("local.samples", function()
  it("has what EventBridge sends of a schedule", function()
    has("schedule", EVENTBRIDGE .. ".detail:{}")
    local event = sample "schedule"
    assert.equal("Scheduled Event", event["detail-type"])
    assert.equal("aws.events", event.source)
    assert.equal(math.floor(NOW), event_time(event.time))
  end)

  it("has what EventBridge sends of an instance", function()
    has("ec2-state", EVENTBRIDGE .. ".detail.instance-id:string .detail.state:string")
    local event = sample "ec2-state"
    assert.equal("EC2 Instance State-change Notification", event["detail-type"])
    assert.truthy(event.resources[1]:find(event.detail["instance-id"], 1, true))
  end)

  it("has what SQS sends, which lambda.batch takes", function()
    has("sqs", of_records [[.messageId:string .receiptHandle:string .body:string
      .attributes.ApproximateReceiveCount:string .attributes.SentTimestamp:string .attributes.SenderId:string
      .attributes.ApproximateFirstReceiveTimestamp:string .messageAttributes.kind.stringValue:string
      .messageAttributes.kind.stringListValues:[] .messageAttributes.kind.binaryListValues:[]
      .messageAttributes.kind.dataType:string .messageAttributes:{} .md5OfBody:string .eventSource:string
      .eventSourceARN:string .awsRegion:string]])
    local event, bodies = sample "sqs", {}
    for i, message in ipairs(event.Records) do
      assert.equal(message.md5OfBody, digest.hex(digest.md5(message.body)))
      bodies[i] = json.decode(message.body).order
    end
    assert.same({ 17, 18 }, bodies)
    assert.same({ batchItemFailures = {} }, batch.each(event, function() return true end))
  end)

  it("has what SNS sends", function()
    has("sns", of_records [[.EventVersion:string .EventSubscriptionArn:string .EventSource:string
      .Sns.SignatureVersion:string .Sns.Timestamp:string .Sns.Signature:string .Sns.SigningCertUrl:string
      .Sns.MessageId:string .Sns.Message:string .Sns.MessageAttributes.severity.Type:string
      .Sns.MessageAttributes.severity.Value:string .Sns.Type:string .Sns.UnsubscribeUrl:string
      .Sns.TopicArn:string .Sns.Subject:string]])
    assert.equal("2026-11-24T10:00:00.250Z", sample("sns").Records[1].Sns.Timestamp)
  end)

  it("has what S3 sends, the key encoded as in a URL", function()
    has("s3", of_records [[.eventVersion:string .eventSource:string .awsRegion:string .eventTime:string
      .eventName:string .userIdentity.principalId:string .requestParameters.sourceIPAddress:string
      .responseElements.x-amz-request-id:string .responseElements.x-amz-id-2:string
      .s3.s3SchemaVersion:string .s3.configurationId:string .s3.bucket.name:string
      .s3.bucket.ownerIdentity.principalId:string .s3.bucket.arn:string .s3.object.key:string
      .s3.object.size:number .s3.object.eTag:string .s3.object.sequencer:string]])
    assert.equal("2026/november+report.csv", sample("s3").Records[1].s3.object.key)
  end)

  it("has what an HTTP API and a function URL send", function()
    has("apigw-v2", HTTP .. ".pathParameters.id:string .stageVariables.table:string")
    has("function-url", HTTP)
    for _, source in ipairs { "apigw-v2", "function-url" } do
      local event = sample(source)
      assert.equal(event.headers["content-length"], tostring(#event.body))
      assert.equal(math.floor(NOW * 1000), event.requestContext.timeEpoch)
      assert.equal("24/Nov/2026:10:00:00 +0000", event.requestContext.time)
      assert.equal(event.routeKey, event.requestContext.routeKey)
    end
  end)

  it("has what DynamoDB Streams sends, which lambda.batch takes", function()
    local event, images = sample "dynamodb", {}
    for i, record in ipairs(event.Records) do
      images[i] = { record.eventName, record.dynamodb.OldImage ~= nil, record.dynamodb.NewImage ~= nil }
      assert.same({ Id = { N = "17" } }, record.dynamodb.Keys)
      assert.equal(math.floor(NOW), record.dynamodb.ApproximateCreationDateTime)
    end
    assert.same({ { "INSERT", false, true }, { "MODIFY", true, true }, { "REMOVE", true, false } }, images)
    assert.same({ batchItemFailures = {} }, batch.each(event, function() return true end))
  end)

  it("has one for every source that it names, and no other", function()
    for _, source in ipairs(samples.SOURCES) do assert.is_table(sample(source[1])) end
    assert.is_nil(samples.text(".", "nothing", NOW))
    assert.is_nil(samples.text(".", "../page", NOW))
  end)
end)
