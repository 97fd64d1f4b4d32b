local fixture = require "aws.protocol.fixture"
local json = require "json"

local model, structure, list, map, scalar =
  fixture.model, fixture.structure, fixture.list, fixture.map, fixture.scalar
local text, integer = scalar "string", scalar "integer"

local function body_of(input, params)
  return fixture.encode(model { protocol = "json", input = structure(input) }, params).body
end

describe("a request of the json protocol", function()
  it("names its operation in a header", function()
    assert.same({
      method = "POST",
      path = "/",
      headers = { ["X-Amz-Target"] = "Target.Do", ["Content-Type"] = "application/x-amz-json-1.1" },
      body = '{"A":"a"}',
    }, fixture.encode(model { protocol = "json", input = structure { A = text } }, { A = "a" }))
  end)

  it("is an empty object where there is nothing to say", function()
    assert.equal("{}", fixture.encode(model { protocol = "json" }).body)
    assert.equal("{}", body_of({ A = text }, {}))
    assert.equal("{}", body_of({ A = text }, { A = json.null }))
  end)

  it("tells a service that spoke the query protocol that it may speak its codes", function()
    local m = model { protocol = "json", metadata = { awsQueryCompatible = {} } }
    assert.equal("true", fixture.encode(m).headers["x-amzn-query-mode"])
  end)

  it("keeps empty lists and maps apart", function()
    assert.equal('{"L":[],"M":{},"S":{}}',
      body_of({ L = list(text), M = map(text), S = structure {} }, { L = {}, M = {}, S = {} }))
  end)

  it("writes nested values under their own names", function()
    assert.equal('{"m":{"a":[1,2],"b":[]},"s":{"Inner":"x"}}', body_of({
      M = map(list(integer), { locationName = "m" }), S = structure({ Inner = text }, { locationName = "s" }),
    }, { M = { b = {}, a = { 1, 2 } }, S = { Inner = "x" } }))
  end)

  it("writes scalars", function()
    assert.equal('{"B":true,"F":false,"I":-7,"L":1234567890123456,"S":"\\"\\u0001é"}', body_of({
      B = scalar "boolean", F = scalar "boolean", I = integer, L = scalar "long", S = text,
    }, { B = true, F = false, I = -7, L = 1234567890123456, S = '"\1é' }))
    assert.equal('{"X":"/+8="}', (body_of({ X = scalar "blob" }, { X = "\255\239" }):gsub("\\/", "/")))
    assert.equal('{"A":0.1,"B":"NaN","C":"Infinity","D":"-Infinity"}', body_of(
      { A = scalar "double", B = scalar "double", C = scalar "float", D = scalar "double" },
      { A = 0.1, B = 0 / 0, C = math.huge, D = -math.huge }))
  end)

  it("writes timestamps as numbers where the model says nothing else", function()
    assert.equal('{"A":1709210096,"B":"2024-02-29T12:34:56Z","C":"Thu, 29 Feb 2024 12:34:56 GMT"}', body_of({
      A = scalar "timestamp", B = scalar("timestamp", { timestampFormat = "iso8601" }),
      C = scalar("timestamp", { timestampFormat = "rfc822" }),
    }, { A = 1709210096, B = 1709210096, C = 1709210096 }))
  end)

  it("keeps nulls in lists and maps", function()
    assert.equal('{"L":[null,"a",null],"M":{"k":null}}', body_of({ L = list(text), M = map(text) },
      { L = { json.null, "a", json.null }, M = { k = json.null } }))
  end)

  it("holds documents of any kind", function()
    local document = structure({}, { document = true })
    for value, expected in pairs { [true] = "true", [1] = "1", ["a"] = '"a"' } do
      assert.equal('{"D":' .. expected .. "}", body_of({ D = document }, { D = value }))
    end
    assert.equal('{"D":[{"a":[],"b":null}]}',
      (body_of({ D = document }, { D = { { a = json.array {}, b = json.null } } })
        :gsub('"b":null,"a":%[%]', '"a":[],"b":null')))
    assert.has_error(function() body_of({ D = document }, { D = { print } }) end)
  end)

  it("raises what the caller got wrong", function()
    assert.error_matches(function() body_of({ A = text }, { B = "b" }) end, "no member B")
    assert.error_matches(function() body_of({ A = list(text) }, { A = "a" }) end,
      "expected a list, got a string")
  end)
end)

describe("an answer of the json protocol", function()
  local function read(members, body)
    return fixture.decode(model { protocol = "json", output = structure(members) }, body)
  end

  it("is typed, and what the model does not know is dropped", function()
    assert.same({ S = "a", I = 1, B = false, X = "hi", T = 1709210096.5, U = 1709210096, N = math.huge,
      D = 1.5 },
      read({
        S = text, I = integer, B = scalar "boolean", X = scalar "blob", T = scalar "timestamp",
        U = scalar "timestamp", N = scalar "double", D = scalar "double", A = text,
      }, '{"S":"a","I":1,"B":false,"X":"aGk=","T":1709210096.5,"U":"2024-02-29T12:34:56Z",'
        .. '"N":"Infinity","D":1.5,'
        .. '"A":null,"Other":{"deep":[1]}}'))
    local output = read({ N = scalar "float" }, '{"N":"NaN"}')
    assert.is_true(output.N ~= output.N)
  end)

  it("has members under their own names", function()
    assert.same({ A = "x", B = { C = 2 } }, read(
      { A = scalar("string", { locationName = "a" }),
        B = structure({ C = scalar("integer", { locationName = "c" }) }, { locationName = "b" }) },
      '{"a":"x","A":"no","b":{"c":2}}'))
  end)

  it("has lists and maps", function()
    local output = read({ L = list(structure { A = text }), E = list(text), M = map(scalar "timestamp") },
      '{"L":[{"A":"a","B":1},null,{}],"E":[],"M":{"k":1.5,"n":null}}')
    assert.same({ L = { { A = "a" }, json.null, {} }, E = {}, M = { k = 1.5, n = json.null } }, output)
    assert.is_true(json.is_array(output.E))
  end)

  it("has documents as they came", function()
    local output = read({ D = structure({}, { document = true }) }, '{"D":{"a":[1,null],"b":{}}}')
    assert.same({ D = { a = { 1, json.null }, b = {} } }, output)
  end)

  it("has unions of one member", function()
    local union = structure({ One = text, Two = integer }, { union = true })
    assert.same({ U = { Two = 2 } }, read({ U = union }, '{"U":{"__type":"T","One":null,"Two":2}}'))
    assert.same({ U = { SDK_UNKNOWN_MEMBER = { name = "Three" } } },
      read({ U = union }, '{"U":{"Three":{}}}'))
    for _, bad in ipairs { '{"U":{}}', '{"U":{"One":"a","Two":2}}' } do
      assert.equal("InvalidResponse", select(2, read({ U = union }, bad)).code)
    end
  end)

  it("may have a shape that holds itself", function()
    local m = model {
      protocol = "json",
      shapes = { Node = structure { Time = scalar "timestamp", Children = list { shape = "Node" } } },
      output = structure { Root = { shape = "Node" } },
    }
    assert.same({ Root = { Time = 1, Children = { { Time = 2, Children = {} } } } }, fixture.decode(m,
      '{"Root":{"Time":"1970-01-01T00:00:01Z","Children":[{"Time":2,"Children":[],"X":1}]}}'))
  end)

  it("may be nothing where nothing is expected", function()
    assert.same({}, fixture.decode(model { protocol = "json" }, ""))
    assert.same({}, fixture.decode(model { protocol = "json", output = structure {} }, ""))
  end)

  it("is InvalidResponse for anything else", function()
    local members = { A = text, L = list(text), I = integer, S = structure {}, X = scalar "blob",
      M = map(text) }
    for _, bad in ipairs {
      "", '{"A":', "null", "[]", '"a"', "<DoResponse/>", '{"L":{}}', '{"L":"a"}', '{"I":"x"}', '{"I":[]}',
      '{"S":[]}', '{"S":1}', '{"X":"?"}', '{"X":{}}', '{"M":[]}',
    } do
      local output, err = read(members, bad)
      assert.is_nil(output, bad)
      assert.equal("InvalidResponse", err.code)
    end
  end)

  it("is InvalidResponse when its CRC-32 is another", function()
    local m = model { protocol = "json", output = structure { A = text } }
    assert.same({ A = "a" }, fixture.decode(m, '{"A":"a"}', 200, { ["X-Amz-Crc32"] = "2785925977" }))
    local output, err = fixture.decode(m, '{"A":"b"}', 200, { ["X-Amz-Crc32"] = "2785925977" })
    assert.is_nil(output)
    assert.matches("CRC%-32", err.message)
  end)
end)

describe("an error in JSON", function()
  local m = model {
    protocol = "json",
    errors = { NoThing = structure { Thing = text, message = text } },
  }

  local function code_of(body, headers)
    local output, err = fixture.decode(m, body, 400, headers)
    assert.is_nil(output)
    return err.code, err
  end

  it("has its code in one of many forms", function()
    for _, form in ipairs {
      "NoThing", "aws.example#NoThing", "NoThing:http://example.com/",
        "aws.example#NoThing:http://example.com/#x",
    } do
      assert.equal("NoThing", code_of(json.encode { __type = form }))
      assert.equal("NoThing", code_of(json.encode { code = form }))
      assert.equal("NoThing", code_of("{}", { ["X-Amzn-ErrorType"] = form }))
    end
  end)

  it("has a message, a request id, and the members that are modelled", function()
    local _, err = code_of('{"__type":"NoThing","message":"m","Thing":"t","Other":1}',
      { ["x-amzn-RequestId"] = "r" })
    assert.same({ "m", "r", 400 }, { err.message, err.request_id, err.status })
    assert.same({ Thing = "t", message = "m" }, err.detail)
    _, err = code_of '{"__type":"Else","Message":"M"}'
    assert.equal("M", err.message)
    assert.same({}, err.detail)
  end)

  it("has the code of the query protocol where a service tells it", function()
    local code, err = code_of('{"__type":"NoThing","Thing":"t"}',
      { ["x-amzn-query-error"] = "AWS.Things.NonExistent;Sender" })
    assert.equal("AWS.Things.NonExistent", code)
    assert.same({ Thing = "t" }, err.detail)
    assert.equal("NoThing", code_of('{"__type":"NoThing"}', { ["x-amzn-query-error"] = ";Sender" }))
  end)

  it("is told by its status where it says nothing", function()
    for _, body in ipairs { "", "{}", "[]", "<html>", "null", '{"__type":1}', '{"message":{}}' } do
      local code, err = code_of(body)
      assert.same({ "400", "Bad Request" }, { code, err.message })
    end
    assert.equal("no token", select(2, code_of "no token").message)
  end)

  it("is no worse for members of a wrong type", function()
    local code, err = code_of '{"__type":"NoThing","Thing":{"a":1},"message":"m"}'
    assert.same({ "NoThing", "m" }, { code, err.message })
  end)
end)
