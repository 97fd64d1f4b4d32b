-- SQS, SNS and EventBridge: a message from each arrives in a queue.
local json = require "json"
local moto = require "live.moto"

describe("Messages of a local AWS", function()
  local aws, sqs, sns, events

  setup(function()
    aws = moto.start()
    sqs, sns, events = aws:client("sqs"), aws:client("sns"), aws:client("events")
  end)

  teardown(function() aws:stop() end)

  local function queue(name)
    local url = assert(sqs:create_queue { QueueName = name }).QueueUrl
    local attributes = assert(sqs:get_queue_attributes { QueueUrl = url, AttributeNames = { "QueueArn" } })
    return url, attributes.Attributes.QueueArn
  end

  local function receive(url, more)
    local params = { QueueUrl = url, MaxNumberOfMessages = 10, WaitTimeSeconds = 0 }
    for name, value in pairs(more or {}) do params[name] = value end
    return assert(sqs:receive_message(params)).Messages
  end

  describe("in SQS", function()
    it("keeps a message's text, bytes and numbers", function()
      local url = queue "typed"
      local text = "Grüße <&> \"日本語\"\n🙂"
      local sent = assert(sqs:send_message {
        QueueUrl = url,
        MessageBody = text,
        MessageAttributes = {
          bytes = { DataType = "Binary", BinaryValue = "\0\255\128" },
          count = { DataType = "Number", StringValue = "12345678901234567890" },
        },
      })
      local messages = receive(url, { MessageAttributeNames = { "All" } })
      assert.equal(1, #messages)
      assert.equal(text, messages[1].Body)
      assert.equal(sent.MD5OfMessageBody, messages[1].MD5OfBody)
      assert.equal("\0\255\128", messages[1].MessageAttributes.bytes.BinaryValue)
      assert.equal("12345678901234567890", messages[1].MessageAttributes.count.StringValue)
      assert(sqs:delete_message { QueueUrl = url, ReceiptHandle = messages[1].ReceiptHandle })
    end)

    it("gives no list where there is no message", function()
      assert.same({}, receive((queue "empty")) or {})
    end)

    it("tells what of a batch was sent and what was not", function()
      local url = queue "batch"
      local output = assert(sqs:send_message_batch {
        QueueUrl = url,
        Entries = { { Id = "a", MessageBody = "1" }, { Id = "b", MessageBody = "2", DelaySeconds = 0 } },
      })
      assert.equal(2, #output.Successful)
      assert.equal(2, #receive(url))
    end)

    it("lists queues page by page", function()
      for i = 1, 5 do queue("paged-" .. i) end
      local found = {}
      for url in sqs:each("list_queues", { QueueNamePrefix = "paged-", MaxResults = 2 }) do
        found[#found + 1] = url:match("[^/]+$")
      end
      table.sort(found)
      assert.equal("paged-1 paged-2 paged-3 paged-4 paged-5", table.concat(found, " "))
    end)

    it("gives an error by the code that the query protocol gave it", function()
      local none, err = sqs:get_queue_url { QueueName = "no-such-queue" }
      assert.is_nil(none)
      assert.equal("AWS.SimpleQueueService.NonExistentQueue", err.code)
      assert.equal(400, err.status)
    end)
  end)

  describe("in SNS", function()
    it("reaches a queue that has subscribed", function()
      local url, arn = queue "subscribed"
      local topic = assert(sns:create_topic { Name = "news" }).TopicArn
      local subscription = assert(sns:subscribe {
        TopicArn = topic, Protocol = "sqs", Endpoint = arn, ReturnSubscriptionArn = true,
        Attributes = { RawMessageDelivery = "true" },
      })
      assert.matches("^arn:aws:sns:", subscription.SubscriptionArn)
      local published = assert(sns:publish { TopicArn = topic, Message = "a & b = <c>", Subject = "+ %20" })
      assert.is_string(published.MessageId)
      assert.equal("a & b = <c>", receive(url)[1].Body)
    end)

    it("lists more topics than go on a page", function()
      for i = 1, 101 do assert(sns:create_topic { Name = "topic-" .. i }) end
      local count = 0
      for topic in sns:each("list_topics") do
        if topic.TopicArn:find(":topic-", 1, true) then count = count + 1 end
      end
      assert.equal(101, count)
    end)

    it("says what went wrong", function()
      local none, err = sns:publish {
        TopicArn = "arn:aws:sns:us-east-1:123456789012:no-such-topic", Message = "x",
      }
      assert.is_nil(none)
      assert.equal("NotFound 404", err.code .. " " .. err.status)
      assert.is_string(err.request_id)
    end)
  end)

  describe("in EventBridge", function()
    it("reaches a queue by a rule", function()
      local url, arn = queue "matched"
      assert(events:put_rule { Name = "orders", EventPattern = '{"source":["shop"]}' })
      assert(events:put_targets { Rule = "orders", Targets = { { Id = "1", Arn = arn } } })
      local output = assert(events:put_events {
        Entries = {
          { Source = "shop", DetailType = "order", Detail = '{"amount":12.5}', Time = 1600000000 },
          { Source = "elsewhere", DetailType = "order", Detail = "{}" },
        },
      })
      assert.equal(0, output.FailedEntryCount)
      assert.equal(2, #output.Entries)
      local messages = receive(url)
      assert.equal(1, #messages)
      local event = assert(json.decode(messages[1].Body))
      assert.same({ amount = 12.5 }, event.detail)
      assert.equal("2020-09-13T12:26:40Z", event.time)
    end)

    it("lists rules and their targets", function()
      local rules = {}
      for page in events:pages("list_rules", { Limit = 1 }) do
        for _, rule in ipairs(page.Rules) do rules[#rules + 1] = rule.Name end
      end
      assert.same({ "orders" }, rules)
      assert.equal("1", assert(events:list_targets_by_rule { Rule = "orders" }).Targets[1].Id)
    end)

    it("says what went wrong", function()
      local none, err = events:describe_rule { Name = "no-such-rule" }
      assert.is_nil(none)
      assert.equal("ResourceNotFoundException", err.code)
    end)
  end)
end)
