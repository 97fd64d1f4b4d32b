-- Handles a batch of messages from SQS: they are worked on side by side, and only those that fail come again.
--
-- requirements.lua: return { handler = "handler", aws = { dynamodb = { "PutItem" } } }

local aws = require "aws"
local batch = require "lambda.batch"
local json = require "json"

return function(event)
  local dynamodb = aws.client "dynamodb"
  return batch.each(event, function(record)
    local order = json.decode(record.body)
    if not order then error("no JSON: " .. record.body) end
    return dynamodb:put_item {
      TableName = os.getenv "ORDERS",
      Item = { id = { S = order.id }, cents = { N = tostring(order.cents) } },
    }
  end)
end
