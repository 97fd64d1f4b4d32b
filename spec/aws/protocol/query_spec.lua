local fixture = require "aws.protocol.fixture"
local json = require "json"
local protocol = require "aws.protocol"

local model, structure, list, map, scalar =
  fixture.model, fixture.structure, fixture.list, fixture.map, fixture.scalar
local text, integer = scalar "string", scalar "integer"

-- Gives the body of a request, without what every body begins with.
local function writer(name)
  return function(input, params, options)
    local request = fixture.encode(model { protocol = name, input = structure(input) }, params, options)
    return (request.body:gsub("^Action=Do&Version=2020%-01%-02&?", ""))
  end
end

local body_of, ec2_body_of = writer "query", writer "ec2"

describe("a request of the query protocol", function()
  it("is a form, sent to the root", function()
    assert.same({
      method = "POST",
      path = "/",
      headers = { ["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8" },
      body = "Action=Do&Version=2020-01-02&A=1",
    }, fixture.encode(model { protocol = "query", input = structure { A = integer } }, { A = 1 }))
  end)

  it("needs no input", function()
    assert.equal("Action=Do&Version=2020-01-02", fixture.encode(model { protocol = "query" }).body)
  end)

  it("percent-encodes all but the unreserved characters", function()
    assert.equal("A=a%20b%2B%2F%3D%26~-_.%C3%A9%00", body_of({ A = text }, { A = "a b+/=&~-_.é\0" }))
  end)

  it("names nested members by their path", function()
    local input = { Outer = structure { Inner = structure { A = text },
      B = scalar("string", { locationName = "Bee" }) } }
    assert.equal("Outer.Bee=b&Outer.Inner.A=a", body_of(input, { Outer = { B = "b", Inner = { A = "a" } } }))
  end)

  it("numbers the elements of lists", function()
    assert.equal("L.member.1=a&L.member.2=b", body_of({ L = list(text) }, { L = { "a", "b" } }))
    local named = list(scalar("string", { locationName = "item" }))
    assert.equal("L.item.1=a", body_of({ L = named }, { L = { "a" } }))
    assert.equal("L.1=a&L.2=b", body_of({ L = list(text, { flattened = true }) }, { L = { "a", "b" } }))
    named.flattened = true
    assert.equal("item.1=a", body_of({ L = named }, { L = { "a" } }))
    assert.equal("S.item.1=a", body_of({ S = structure { L = named } }, { S = { L = { "a" } } }))
  end)

  it("says that a list is empty", function()
    assert.equal("L=", body_of({ L = list(text) }, { L = {} }))
  end)

  it("numbers the entries of maps, in the order of their keys", function()
    assert.equal("M.entry.1.key=a&M.entry.1.value=1&M.entry.2.key=b&M.entry.2.value=2",
      body_of({ M = map(integer) }, { M = { b = 2, a = 1 } }))
    local flat = map(scalar("integer", { locationName = "Val" }), { flattened = true })
    flat.key.locationName = "Key"
    assert.equal("M.1.Key=a&M.1.Val=1", body_of({ M = flat }, { M = { a = 1 } }))
  end)

  it("writes scalars as text", function()
    assert.equal("B=true&F=false", body_of({ B = scalar "boolean", F = scalar "boolean" },
      { B = true, F = false }))
    assert.equal("B=aGk%3D", body_of({ B = scalar "blob" }, { B = "hi" }))
    assert.equal("D=0.1&F=-1.5", body_of({ D = scalar "double", F = scalar "float" }, { D = 0.1, F = -1.5 }))
    assert.equal("L=1234567890123456", body_of({ L = scalar "long" }, { L = 1234567890123456 }))
    assert.equal("L=9223372036854775807", body_of({ L = scalar "long" }, { L = 9223372036854775807LL }))
    assert.equal("A=NaN&B=Infinity&C=-Infinity", body_of(
      { A = scalar "double", B = scalar "double", C = scalar "float" },
      { A = 0 / 0, B = math.huge, C = -math.huge }))
  end)

  it("writes timestamps in all forms", function()
    assert.equal("T=2024-02-29T12%3A34%3A56Z", body_of({ T = scalar "timestamp" }, { T = 1709210096 }))
    assert.equal("T=2024-02-29T12%3A34%3A56.500000Z", body_of({ T = scalar "timestamp" },
      { T = 1709210096.5 }))
    local function in_form(form)
      return body_of({ T = scalar("timestamp", { timestampFormat = form }) }, { T = 1709210096.5 })
    end
    assert.equal("T=1709210096", in_form "unixTimestamp")
    assert.equal("T=Thu%2C%2029%20Feb%202024%2012%3A34%3A56%20GMT", in_form "rfc822")
    assert.equal("T=2024-02-29T12%3A34%3A56.500000Z", in_form "iso8601")
  end)

  it("takes a timestamp in words", function()
    assert.equal("T=2024-02-29T12%3A34%3A56Z",
      body_of({ T = scalar "timestamp" }, { T = "Thu, 29 Feb 2024 13:34:56 +0100" }))
  end)

  it("leaves out what is null", function()
    assert.equal("", body_of({ A = text }, { A = json.null }))
  end)

  it("has a token where the caller gave none", function()
    local input = { Token = scalar("string", { idempotencyToken = true }), A = text }
    local options = { token = function() return "t-1" end }
    assert.equal("A=a&Token=t-1", body_of(input, { A = "a" }, options))
    assert.equal("Token=t-1", body_of(input, nil, options))
    assert.equal("Token=own", body_of(input, { Token = "own" }, options))
    assert.equal("A=a", body_of(input, { A = "a" }))
    local params = { A = "a" }
    body_of(input, params, options)
    assert.same({ A = "a" }, params)
  end)

  it("has a prefix to the host, with its labels", function()
    local m = model {
      protocol = "query",
      input = structure { Account = scalar("string", { hostLabel = true }) },
      operation = { endpoint = { hostPrefix = "{Account}.data-" } },
    }
    assert.equal("a-1.data-", fixture.encode(m, { Account = "a-1" }).host_prefix)
    for _, bad in ipairs { "a/b", "", "a b", "é", "evil.example/?" } do
      assert.has_error(function() fixture.encode(m, { Account = bad }) end)
    end
    assert.has_error(function() fixture.encode(m, {}) end)
  end)

  it("raises what the caller got wrong", function()
    assert.error_matches(function() body_of({ A = text }, { B = "b" }) end, "no member B")
    assert.error_matches(function() body_of({ A = list(text) }, { A = "a" }) end,
      "A: expected a list, got a string")
    assert.error_matches(function() body_of({ A = text }, { A = {} }) end, "expected a string, got a table")
    assert.error_matches(function() body_of({ T = scalar "timestamp" }, { T = "soon" }) end, "timestamp")
    assert.error_matches(function() protocol.encode(model { protocol = "query" }, "Nope") end,
      "no operation Nope")
  end)
end)

describe("a request of the ec2 protocol", function()
  it("capitalizes names, and prefers the query's own", function()
    assert.equal("Inst=i&VolumeId=v", ec2_body_of({
      VolId = scalar("string", { locationName = "volumeId" }),
      InstId = scalar("string", { locationName = "instanceId", queryName = "Inst" }),
    }, { VolId = "v", InstId = "i" }))
    assert.equal("lower=1", ec2_body_of({ lower = integer }, { lower = 1 }))
  end)

  it("flattens every list, and leaves empty ones out", function()
    local filters = list(structure {
      Name = text, Values = list(scalar("string", { locationName = "item" }), { locationName = "Value" }),
    }, { locationName = "Filter" })
    assert.equal("Filter.1.Name=n&Filter.1.Value.1=a&Filter.1.Value.2=b&Filter.2.Name=m",
      ec2_body_of({ Filters = filters },
        { Filters = { { Name = "n", Values = { "a", "b" } }, { Name = "m", Values = {} } } }))
  end)
end)

local ERROR = [[<ErrorResponse xmlns="http://example.com/"><Error><Type>Sender</Type><Code>%s</Code>]]
  .. [[<Message>%s</Message>%s</Error><RequestId>req-1</RequestId></ErrorResponse>]]

describe("an answer of the query protocol", function()
  local function read(members, inner)
    local m = model { protocol = "query", output = structure(members, { resultWrapper = "DoResult" }) }
    return fixture.decode(m, ("<DoResponse><DoResult>%s</DoResult><ResponseMetadata><RequestId>r</RequestId>"
      .. "</ResponseMetadata></DoResponse>"):format(inner))
  end

  it("is typed", function()
    assert.same({ I = 42, D = 0.25, B = true, F = false, S = " a<b ", T = 1709210096.5, X = "hi",
      N = math.huge },
      read({
        I = integer, D = scalar "double", B = scalar "boolean", F = scalar "boolean", S = text,
        T = scalar "timestamp", X = scalar "blob", N = scalar "float",
      }, "<I>42</I><D>2.5e-1</D><B>true</B><F>false</F><S> a&lt;b </S>"
        .. "<T>2024-02-29T12:34:56.5Z</T><X>aGk=</X>"
        .. "<N>Infinity</N><Unknown><Deep/></Unknown>"))
  end)

  it("keeps empty lists and maps apart from absent ones, and marks lists", function()
    local output = read({ E = list(text), A = list(text), M = map(text) }, "<E/><M/>")
    assert.same({ E = {}, M = {} }, output)
    assert.is_true(json.is_array(output.E))
    assert.is_false(json.is_array(output.M))
  end)

  it("has lists and maps, flattened or not", function()
    assert.same({ L = { "a", "b" }, F = { 1, 2 }, N = { "x" } }, read({
      L = list(text), F = list(integer, { flattened = true }),
      N = list(scalar("string", { locationName = "Item" }), { flattened = true }),
    }, "<L><member>a</member><member>b</member></L><F>1</F><Item>x</Item><F>2</F>"))
    assert.same({ M = { a = 1, b = 2 }, F = { c = { A = "x" } } }, read({
      M = map(integer), F = map(structure { A = text }, { flattened = true }),
    }, "<M><entry><key>a</key><value>1</value></entry><entry><value>2</value><key>b</key></entry></M>"
      .. "<F><key>c</key><value><A>x</A></value></F>"))
  end)

  it("may have a shape that holds itself", function()
    local m = model {
      protocol = "query",
      shapes = { Node = structure { Name = text, Children = list { shape = "Node" } } },
      output = structure({ Root = { shape = "Node" } }, { resultWrapper = "DoResult" }),
    }
    assert.same({ Root = { Name = "a", Children = { { Name = "b", Children = { { Name = "c" } } } } } },
      fixture.decode(m, "<DoResponse><DoResult><Root><Name>a</Name><Children><member><Name>b</Name><Children>"
        .. "<member><Name>c</Name></member></Children></member></Children></Root></DoResult></DoResponse>"))
  end)

  it("may have a union with a member of the future", function()
    local union = structure({ One = text }, { union = true })
    assert.same({ U = { One = "a" } }, read({ U = union }, "<U><One>a</One></U>"))
    assert.same({ U = { SDK_UNKNOWN_MEMBER = { name = "Two" } } }, read({ U = union }, "<U><Two/></U>"))
  end)

  it("is empty where the model has no output", function()
    assert.same({}, fixture.decode(model { protocol = "query" },
      "<DoResponse><ResponseMetadata/></DoResponse>"))
  end)

  it("may come in pieces", function()
    local m = model { protocol = "query", output = structure({ L = list(text) },
      { resultWrapper = "DoResult" }) }
    local body = "<DoResponse><DoResult><L><member>a</member><member/></L></DoResult></DoResponse>"
    for size = 1, 7 do
      local sink = protocol.sink(m, "Do")
      for at = 1, #body, size do assert.is_true(sink:write(body:sub(at, at + size - 1))) end
      assert.same({ L = { "a", "" } }, protocol.decode(m, "Do", { status = 200, headers = {}, sink = sink }))
    end
  end)

  it("may be an error, whatever its status", function()
    local m = model { protocol = "query", output = structure({}, { resultWrapper = "DoResult" }) }
    for _, status in ipairs { 400, 500, 200 } do
      local output, err = fixture.decode(m, ERROR:format("Throttling", "Rate &lt; x", ""), status)
      assert.is_nil(output)
      assert.same({ "Throttling", "Rate < x", status, "req-1" },
        { err.code, err.message, err.status, err.request_id })
      assert.same({}, err.detail)
    end
  end)

  it("gives a modelled error its members", function()
    local m = model {
      protocol = "query",
      errors = { NoSuchThing = structure({ Thing = text, Count = integer },
        { error = { code = "NoThing" } }) },
    }
    local inner = "<Thing>t</Thing><Count>2</Count>"
    local _, err = fixture.decode(m, ERROR:format("NoThing", "m", inner), 404)
    assert.same({ Thing = "t", Count = 2 }, err.detail)
    _, err = fixture.decode(m, ERROR:format("NoSuchThing", "m", inner), 404)
    assert.same({ Thing = "t", Count = 2 }, err.detail)
  end)
end)

describe("an answer of the ec2 protocol", function()
  local m = model {
    protocol = "ec2",
    output = structure { Ids = list(scalar("string", { locationName = "item" }),
      { locationName = "idSet" }) },
  }

  it("has no wrapper", function()
    assert.same({ Ids = { "a" } },
      fixture.decode(m, "<DoResponse><requestId>r</requestId><idSet><item>a</item></idSet></DoResponse>"))
  end)

  it("may be an error", function()
    local output, err = fixture.decode(m, "<Response><Errors><Error><Code>InvalidInstanceID.Malformed</Code>"
      .. "<Message>Invalid id</Message></Error></Errors><RequestID>req-1</RequestID></Response>", 400)
    assert.is_nil(output)
    assert.equal("InvalidInstanceID.Malformed: Invalid id (HTTP 400, request req-1)", tostring(err))
  end)
end)

describe("an answer that is none", function()
  local m = model { protocol = "query", output = structure({ A = text, I = integer },
    { resultWrapper = "DoResult" }) }
  local whole = "<DoResponse><DoResult><A>a</A><I>1</I></DoResult></DoResponse>"

  local function assert_invalid(body, status)
    local output, err = fixture.decode(m, body, status, { ["x-amzn-RequestId"] = "req-2" })
    assert.is_nil(output)
    assert.equal("InvalidResponse", err.code)
    assert.equal("req-2", err.request_id)
  end

  it("is InvalidResponse, wherever it was cut", function()
    assert.same({ A = "a", I = 1 }, fixture.decode(m, whole))
    for length = 0, #whole - 1 do assert_invalid(whole:sub(1, length)) end
  end)

  it("is InvalidResponse for another protocol, and for garbage", function()
    assert_invalid '{"A": "a"}'
    assert_invalid "<html><body>Welcome</body></html>"
    assert_invalid "<DoResponse><A>a</A></DoResponse>"
    assert_invalid "\0\1\2\255"
    assert_invalid '<!DOCTYPE a [<!ENTITY b "c">]><DoResponse><DoResult><A>&b;</A></DoResult></DoResponse>'
    assert_invalid "<DoResponse><DoResult><I>one</I></DoResult></DoResponse>"
    assert_invalid(("<a>"):rep(100000))
  end)

  it("is told by its status where that is an error", function()
    for _, body in ipairs { "", "<html>Bad Gateway</html>", "upstream", whole, "<ErrorResponse>" } do
      local output, err = fixture.decode(m, body, 502)
      assert.is_nil(output)
      assert.same({ "502", "Bad Gateway", 502 }, { err.code, err.message, err.status })
    end
    assert.equal("Moved Permanently", select(2, fixture.decode(m, "", 301)).message)
  end)

  it("ends the sink that takes it", function()
    local sink = protocol.sink(m, "Do")
    local ok, message = sink:write "<DoResponse></Nope>"
    assert.is_nil(ok)
    assert.matches("mismatched tag at line 1", message)
    assert.is_nil((sink:write "more"))
    local output, err = protocol.decode(m, "Do", { status = 200, headers = {}, sink = sink })
    assert.is_nil(output)
    assert.equal("InvalidResponse", err.code)
  end)
end)

describe("the protocol of a service", function()
  it("is the first that botocore would take", function()
    local function name(protocols) return (protocol.name { metadata = { protocols = protocols,
      protocol = "query" } }) end
    assert.equal("json", name { "smithy-rpc-v2-cbor", "json", "query" })
    assert.equal("smithy-rpc-v2-cbor", name { "query", "smithy-rpc-v2-cbor" })
    assert.equal("query", name(nil))
    assert.error_matches(function() name { "carrier-pigeon" } end, "carrier%-pigeon")
  end)
end)
