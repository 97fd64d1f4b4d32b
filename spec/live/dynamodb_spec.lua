local moto = require "live.moto"

describe("DynamoDB of a local AWS", function()
  local aws, dynamodb

  setup(function()
    aws = moto.start()
    dynamodb = aws:client("dynamodb")
    assert(dynamodb:create_table {
      TableName = "things",
      AttributeDefinitions = {
        { AttributeName = "kind", AttributeType = "S" },
        { AttributeName = "number", AttributeType = "N" },
      },
      KeySchema = {
        { AttributeName = "kind", KeyType = "HASH" },
        { AttributeName = "number", KeyType = "RANGE" },
      },
      BillingMode = "PAY_PER_REQUEST",
    })
    assert(dynamodb:wait("table_exists", { TableName = "things" }))
  end)

  teardown(function() aws:stop() end)

  local function key(number)
    return { kind = { S = "thing" }, number = { N = number } }
  end

  local function put(number, attributes)
    local item = key(number)
    for name, value in pairs(attributes) do item[name] = value end
    assert(dynamodb:put_item { TableName = "things", Item = item })
  end

  local function get(number)
    return assert(dynamodb:get_item { TableName = "things", Key = key(number) }).Item
  end

  it("keeps every type of attribute", function()
    local bytes = "\0\1\127\128\255 not UTF-8 \195"
    put("1", {
      text = { S = "Grüße, 日本語 \"🙂\" \\ / \8" },
      empty = { S = "" },
      bytes = { B = bytes },
      flag = { BOOL = false },
      nothing = { NULL = true },
      list = { L = { { S = "a" }, { N = "2" }, { L = {} } } },
      map = { M = { inner = { M = {} } } },
      texts = { SS = { "a", "b" } },
      numbers = { NS = { "1", "2" } },
      blobs = { BS = { "\0", bytes } },
    })
    local item = get "1"
    assert.equal("Grüße, 日本語 \"🙂\" \\ / \8", item.text.S)
    assert.equal("", item.empty.S)
    assert.equal(bytes, item.bytes.B)
    assert.is_false(item.flag.BOOL)
    assert.is_true(item.nothing.NULL)
    assert.same({ { S = "a" }, { N = "2" }, { L = {} } }, item.list.L)
    assert.same({ inner = { M = {} } }, item.map.M)
    table.sort(item.texts.SS)
    assert.same({ "a", "b" }, item.texts.SS)
    table.sort(item.numbers.NS)
    assert.same({ "1", "2" }, item.numbers.NS)
    table.sort(item.blobs.BS)
    assert.same({ "\0", bytes }, item.blobs.BS)
  end)

  it("keeps all 38 digits of a number", function()
    local digits = "12345678901234567890123456789012345678"
    put("2", { exact = { N = digits } })
    assert.equal(digits, get("2").exact.N)
  end)

  it("tells an item that is not there from an error", function()
    local output = assert(dynamodb:get_item { TableName = "things", Key = key "404" })
    assert.is_nil(output.Item)
  end)

  it("queries page by page", function()
    for i = 101, 107 do put(tostring(i), { text = { S = "item " .. i } }) end
    local query = {
      TableName = "things",
      KeyConditionExpression = "kind = :kind and #number > :least",
      ExpressionAttributeNames = { ["#number"] = "number" },
      ExpressionAttributeValues = { [":kind"] = { S = "thing" }, [":least"] = { N = "100" } },
      Limit = 3,
    }
    local pages, found = 0, {}
    for page in dynamodb:pages("query", query) do
      pages = pages + 1
      assert.is_true(#page.Items <= 3)
    end
    for item in dynamodb:each("query", query) do
      found[#found + 1] = item.number.N
    end
    assert.equal(3, pages)
    assert.equal("101 102 103 104 105 106 107", table.concat(found, " "))
  end)

  it("writes and reads in batches", function()
    local requests = {}
    for i = 201, 203 do requests[#requests + 1] = { PutRequest = { Item = key(tostring(i)) } } end
    local written = assert(dynamodb:batch_write_item { RequestItems = { things = requests } })
    assert.same({}, written.UnprocessedItems)
    local read = assert(dynamodb:batch_get_item {
      RequestItems = { things = { Keys = { key "201", key "203" } } },
    })
    assert.equal(2, #read.Responses.things)
  end)

  it("gives an error's modelled members", function()
    local none, err = dynamodb:put_item {
      TableName = "things",
      Item = key "1",
      ConditionExpression = "attribute_not_exists(kind)",
      ReturnValuesOnConditionCheckFailure = "ALL_OLD",
    }
    assert.is_nil(none)
    assert.equal("ConditionalCheckFailedException", err.code)
    assert.equal(400, err.status)
    assert.equal("1", err.detail.Item.number.N)
  end)

  it("gives a refused transaction's reasons", function()
    local none, err = dynamodb:transact_write_items {
      TransactItems = {
        { Put = { TableName = "things", Item = key "301" } },
        {
          Put = { TableName = "things", Item = key "1", ConditionExpression = "attribute_not_exists(kind)" },
        },
      },
    }
    assert.is_nil(none)
    assert.equal("TransactionCanceledException", err.code)
    assert.equal("ConditionalCheckFailed", err.detail.CancellationReasons[2].Code)
  end)

  it("names an unknown table", function()
    local none, err = dynamodb:describe_table { TableName = "no_such_table" }
    assert.is_nil(none)
    assert.equal("ResourceNotFoundException", err.code)
    assert.equal("dynamodb DescribeTable", err.service .. " " .. err.operation)
    assert.is_true(dynamodb:wait("table_not_exists", { TableName = "no_such_table" }))
  end)
end)
