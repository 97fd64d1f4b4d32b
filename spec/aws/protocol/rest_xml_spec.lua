local fixture = require "aws.protocol.fixture"
local protocol = require "aws.protocol"

local model, structure, list, map, scalar =
  fixture.model, fixture.structure, fixture.list, fixture.map, fixture.scalar
local text, integer = scalar "string", scalar "integer"

local function body_of(members, params, traits, operation)
  local request = fixture.encode(model {
    protocol = "rest-xml", input = structure(members, traits or { locationName = "In" }),
      operation = operation,
  }, params)
  return request.body, request.headers
end

local function payload_of(payload, value)
  return (body_of({ P = payload }, { P = value }, { payload = "P" }))
end

describe("the body of a rest-xml request", function()
  it("holds the members that are bound to nothing else, under the input's name", function()
    local body, headers = body_of({ A = text, N = scalar("integer", { locationName = "n" }) },
      { N = 2, A = "a" })
    assert.equal("<In><A>a</A><n>2</n></In>", body)
    assert.equal("application/xml", headers["Content-Type"])
    body, headers = body_of({ A = text }, {})
    assert.same({ "", nil }, { body, headers["Content-Type"] })
  end)

  it("is a payload under its own name", function()
    assert.equal("<Own><A>a</A></Own>", payload_of(structure({ A = text }, { locationName = "Own" }),
      { A = "a" }))
    assert.equal("raw <bytes>", payload_of(scalar "blob", "raw <bytes>"))
  end)

  it("has lists and maps, flattened or not", function()
    local body = body_of({
      L = list(text), F = list(text, { flattened = true }), N = list(scalar("string",
        { locationName = "Item" })), E = list(text),
    }, { L = { "a", "b" }, F = { "c", "d" }, N = { "e" }, E = {} })
    assert.equal("<In><E></E><F>c</F><F>d</F>"
      .. "<L><member>a</member><member>b</member></L><N><Item>e</Item></N></In>", body)
    body = body_of({ M = map(integer), F = map(text, { flattened = true }) },
      { M = { b = 2, a = 1 }, F = { k = "v" } })
    assert.equal("<In><F><key>k</key><value>v</value></F><M><entry><key>a</key><value>1</value></entry>"
      .. "<entry><key>b</key><value>2</value></entry></M></In>", body)
  end)

  it("has attributes and namespaces", function()
    local grantee = structure({
      Type = scalar("string", { locationName = "xsi:type", xmlAttribute = true }), ID = text,
    }, { xmlNamespace = { prefix = "xsi", uri = "http://example.com/xsi" } })
    assert.equal('<In xmlns="http://example.com/">'
      .. '<G xmlns:xsi="http://example.com/xsi" xsi:type="a&quot;&lt;b"><ID>i</ID></G></In>',
      (body_of({ G = grantee }, { G = { ID = "i", Type = 'a"<b' } },
        { locationName = "In", xmlNamespace = { uri = "http://example.com/" } })))
    assert.equal('<In><A xmlns="u">a</A></In>', (body_of({ A = scalar("string", { xmlNamespace = "u" }) },
      { A = "a" })))
  end)

  it("escapes what XML would read otherwise", function()
    assert.equal("<In><A> a&lt;b&gt;&amp;\"c'\n&#xD;é</A></In>",
      (body_of({ A = text }, { A = " a<b>&\"c'\n\ré" })))
  end)

  it("writes scalars", function()
    assert.equal("<In><B>true</B><D>NaN</D><T>2024-02-29T12:34:56Z</T><U>1709210096</U><X>aGk=</X></In>",
      (body_of({
      B = scalar "boolean", D = scalar "double", T = scalar "timestamp", X = scalar "blob",
      U = scalar("timestamp", { timestampFormat = "unixTimestamp" }),
    }, { B = true, D = 0 / 0, T = 1709210096, U = 1709210096, X = "hi" })))
  end)
end)

describe("the checksum of a request", function()
  local function headers_of(rules, params, headers)
    local algorithm = scalar("string", { location = "header", locationName = "x-amz-sdk-checksum-algorithm" })
    local members = { P = scalar "blob", ChecksumAlgorithm = algorithm }
    for name, header in pairs(headers or {}) do
      members[name] = scalar("string", { location = "header", locationName = header })
    end
    params.P = "hello world"
    local _, found = body_of(members, params, { payload = "P" }, { httpChecksum = rules })
    return found
  end
  local rules = { requestAlgorithmMember = "ChecksumAlgorithm", requestChecksumRequired = true }

  it("is a CRC-32 where one is required", function()
    assert.same({ ["x-amz-checksum-crc32"] = "DUoRhQ==", ["x-amz-sdk-checksum-algorithm"] = "CRC32" },
      headers_of(rules, {}))
  end)

  it("is of the kind that the caller asks for", function()
    for kind, expected in pairs {
      CRC32C = "yZRlqg==", CRC64NVME = "jSnVw/bqjr4=", SHA1 = "Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
      SHA256 = "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=",
    } do
      assert.equal(expected, headers_of({ requestAlgorithmMember = "ChecksumAlgorithm" },
        { ChecksumAlgorithm = kind })["x-amz-checksum-" .. kind:lower()])
    end
    assert.error_matches(function() headers_of(rules, { ChecksumAlgorithm = "CRC8" }) end, "CRC8")
  end)

  it("is none where none is required", function()
    assert.same({}, headers_of({ requestAlgorithmMember = "ChecksumAlgorithm" }, {}))
  end)

  it("is the caller's own where he gives one", function()
    assert.same({ ["Content-MD5"] = "own" }, headers_of(rules, { MD5 = "own" }, { MD5 = "Content-MD5" }))
    assert.same({ ["x-amz-checksum-sha1"] = "own" }, headers_of(rules, { Own = "own" },
      { Own = "x-amz-checksum-sha1" }))
  end)
end)

describe("an answer of the rest-xml protocol", function()
  local function read(members, body, headers, traits, operation)
    return fixture.decode(model {
      protocol = "rest-xml", output = structure(members, traits), operation = operation,
    }, body, 200, headers)
  end

  it("has members in its headers and in its body", function()
    assert.same({ A = "a", H = 7 }, read({ A = text, H = scalar("integer",
      { location = "header", locationName = "X-H" }) },
      '<?xml version="1.0"?><DoResult xmlns="http://example.com/"><A>a</A><H>1</H></DoResult>',
        { ["x-h"] = "7" }))
  end)

  it("has a payload as its body", function()
    assert.same({ P = { A = "a" } }, read({ P = structure { A = text } }, "<P><A>a</A></P>", {},
      { payload = "P" }))
    assert.same({ P = "<not xml" }, read({ P = scalar "blob" }, "<not xml", {}, { payload = "P" }))
  end)

  it("has flattened lists", function()
    assert.same({ C = { { K = "a" }, { K = "b" } }, T = true }, read(
      { C = list(structure { K = text }, { flattened = true, locationName = "Contents" }),
        T = scalar "boolean" },
      "<R><Contents><K>a</K></Contents><T>true</T><Contents><K>b</K></Contents></R>"))
  end)

  it("has attributes", function()
    local grantee = structure { Type = scalar("string", { locationName = "xsi:type", xmlAttribute = true }),
      ID = text }
    assert.same({ G = { Type = "User", ID = "i" } }, read({ G = grantee },
      '<R><G xmlns:xsi="http://example.com/" xsi:type="User" other="no"><ID>i</ID></G></R>'))
  end)

  it("may be the only member itself", function()
    assert.same({ Where = "eu-west-1" }, read({ Where = text },
      '<Where xmlns="http://example.com/">eu-west-1</Where>'))
    assert.same({}, read({ Where = text }, "<Where/>"))
  end)

  it("may be empty", function()
    assert.same({}, read({ A = text }, ""))
  end)

  it("may come in pieces, or not at all", function()
    local m = model { protocol = "rest-xml", output = structure { A = text } }
    local sink = protocol.sink(m, "Do")
    sink:write "<R><A>a"
    sink:write "b</A></R>"
    assert.same({ A = "ab" }, protocol.decode(m, "Do", { status = 200, headers = {}, body = "",
      sink = sink }))
    assert.same({}, protocol.decode(m, "Do", { status = 200, headers = {}, body = "",
      sink = protocol.sink(m, "Do") }))
    assert.is_nil(protocol.sink(model { protocol = "rest-xml",
      output = structure({ P = scalar "blob" }, { payload = "P" }) }, "Do"))
  end)

  it("is InvalidResponse for another checksum than its body's", function()
    local members, traits = { P = scalar "blob" }, { payload = "P" }
    local operation = { httpChecksum = { responseAlgorithms = { "CRC32", "SHA256" } } }
    for _, good in ipairs {
      { ["x-amz-checksum-crc32"] = "DUoRhQ==" }, { ["x-amz-checksum-crc32"] = "AAAAAA==-2" }, {},
      { ["x-amz-checksum-sha1"] = "not looked at" },
    } do
      assert.same({ P = "hello world" }, read(members, "hello world", good, traits, operation))
    end
    for _, name in ipairs { "crc32", "sha256" } do
      local output, err = read(members, "hello world", { ["X-Amz-Checksum-" .. name] = "AAAAAA==" }, traits,
        operation)
      assert.is_nil(output)
      assert.equal("InvalidResponse", err.code)
      assert.matches("checksum", err.message)
    end
  end)

  it("may be an error of S3's form, in spite of a good status", function()
    local m = model { protocol = "rest-xml", output = structure { A = text } }
    local body = "<Error><Code>NoSuchKey</Code>"
      .. "<Message>The key</Message><Key>k</Key><RequestId>r</RequestId></Error>"
    for _, status in ipairs { 404, 200 } do
      local output, err = fixture.decode(m, body, status)
      assert.is_nil(output)
      assert.same({ "NoSuchKey", "The key", "r", status }, { err.code, err.message, err.request_id,
        err.status })
      assert.same({ Key = "k" }, err.detail)
    end
    local sink = protocol.sink(m, "Do")
    sink:write(body)
    local _, err = protocol.decode(m, "Do", { status = 200, headers = {}, sink = sink })
    assert.equal("NoSuchKey", err.code)
  end)

  it("may be an error with modelled members, in its body and its headers", function()
    local m = model { protocol = "rest-xml", errors = {
      NoThing = structure { Thing = text, After = scalar("integer",
        { location = "header", locationName = "Retry-After" }) },
    } }
    local _, err = fixture.decode(m, "<ErrorResponse>"
      .. "<Error><Type>Sender</Type><Code>NoThing</Code><Message>m</Message>"
      .. "<Thing>t</Thing></Error><RequestId>r</RequestId></ErrorResponse>", 404, { ["retry-after"] = "3" })
    assert.same({ "NoThing", "m", "r" }, { err.code, err.message, err.request_id })
    assert.same({ Thing = "t", After = 3 }, err.detail)
  end)

  it("is told by its status where it has no body", function()
    local _, err = fixture.decode(model { protocol = "rest-xml" }, "", 404, { ["x-amz-request-id"] = "r" })
    assert.same({ "404", "Not Found", "r" }, { err.code, err.message, err.request_id })
  end)
end)
