local fixture = require "aws.protocol.fixture"
local json = require "json"
local scalar_text = require "host.scalar"

local model, structure, list, map, scalar =
  fixture.model, fixture.structure, fixture.list, fixture.map, fixture.scalar
local text, integer = scalar "string", scalar "integer"

local function at(location, kind, traits)
  local shape = type(kind) == "table" and kind or scalar(kind)
  shape.location = location
  for field, value in pairs(traits or {}) do shape[field] = value end
  return shape
end

local function request_of(uri, members, params, traits)
  return fixture.encode(model {
    protocol = "rest-json",
    input = structure(members, traits),
    operation = { http = { method = "PUT", requestUri = uri } },
  }, params)
end

local function path_of(uri, members, params)
  return request_of(uri, members, params).path
end

describe("the path of a REST request", function()
  it("has its labels filled in, each a segment", function()
    assert.equal("/a/x%20y%2Fz%3F%C3%A9/b", path_of("/a/{Label}/b",
      { L = at("uri", "string", { locationName = "Label" }) },
      { L = "x y/z?é" }))
    assert.equal("/1.5/true/2024-02-29T12%3A34%3A56Z/-3", path_of("/{F}/{B}/{T}/{I}",
      { F = at("uri", "double"), B = at("uri", "boolean"), T = at("uri", "timestamp"),
        I = at("uri", "integer") },
      { F = 1.5, B = true, T = 1709210096, I = -3 }))
    assert.equal("/1709210096", path_of("/{T}", { T = at("uri", "timestamp",
      { timestampFormat = "unixTimestamp" }) },
      { T = 1709210096 }))
  end)

  it("may hold slashes in a greedy label", function()
    assert.equal("/b/k/../%20/%2B~//x.y", path_of("/{B}/{K+}",
      { B = at("uri", "string"), K = at("uri", "string") },
      { B = "b", K = "k/../ /+~//x.y" }))
  end)

  it("must not have an empty label", function()
    for _, params in ipairs { {}, { K = "" } } do
      assert.error_matches(function() path_of("/{K}", { K = at("uri", "string") }, params) end,
        "K: is part of the path")
    end
  end)

  it("has a query string: its own, and that of the members", function()
    assert.equal("/?own&x=1&A=a%26b&b=2", path_of("/?own&x=1", {
      A = at("querystring", "string"), B = at("querystring", "integer", { locationName = "b" }),
    }, { A = "a&b", B = 2 }))
    assert.equal("/?E=", path_of("/", { E = at("querystring", "string"), N = at("querystring", "string") },
      { E = "", N = json.null }))
  end)

  it("repeats a list's key, and spreads a map", function()
    assert.equal("/?L=a&L=b&T=1970-01-01T00%3A00%3A01Z", path_of("/",
      { L = at("querystring", list(text)), T = at("querystring", list(scalar "timestamp")),
        E = at("querystring", list(text)) },
      { L = { "a", "b" }, T = { 1 }, E = {} }))
    assert.equal("/?k=named&a=1&b=2&b=3", path_of("/",
      { K = at("querystring", "string", { locationName = "k" }), M = at("querystring", map(list(text))) },
      { K = "named", M = { a = { "1" }, b = { "2", "3" }, k = { "of the map" } } }))
    assert.equal("/?a=1", path_of("/", { M = at("querystring", map(text)) }, { M = { a = "1" } }))
  end)
end)

describe("the headers of a REST request", function()
  local function headers_of(members, params)
    return request_of("/", members, params).headers
  end

  it("hold members as text", function()
    assert.same({ ["X-S"] = "a b", I = "7", B = "false", T = "Thu, 29 Feb 2024 12:34:56 GMT", F = "NaN",
      ISO = "2024-02-29T12:34:56Z", X = "aGk=", E = "" },
      headers_of({
        S = at("header", "string", { locationName = "X-S" }), I = at("header", "integer"),
          B = at("header", "boolean"),
        T = at("header", "timestamp"), F = at("header", "double"), X = at("header", "blob"),
          E = at("header", "string"),
        ISO = at("header", "timestamp", { timestampFormat = "iso8601" }), N = at("header", "string"),
      }, { S = "a b", I = 7, B = false, T = 1709210096.9, F = 0 / 0, ISO = 1709210096.9, X = "hi", E = "",
        N = json.null }))
  end)

  it("hold lists with commas, and quote what has one", function()
    assert.same({ L = [[a,"b,c","d\"e"]], I = "1,2" }, headers_of(
      { L = at("header", list(text)), I = at("header", list(integer)), E = at("header", list(text)) },
      { L = { "a", "b,c", 'd"e' }, I = { 1, 2 }, E = {} }))
  end)

  it("hold JSON in base64", function()
    assert.same({ J = scalar_text.base64 '{"a":[1]}' },
      headers_of({ J = at("header", "string", { jsonvalue = true }) }, { J = { a = { 1 } } }))
  end)

  it("hold a map under a prefix", function()
    assert.same({ ["x-meta-a"] = "1", ["x-meta-B"] = "2" },
      headers_of({ M = at("headers", map(text), { locationName = "x-meta-" }) },
        { M = { a = "1", B = "2" } }))
  end)

  it("never hold a line break", function()
    for _, bad in ipairs { "a\r\nb", "a\nb", "a\0b" } do
      assert.error_matches(function() headers_of({ S = at("header", "string") }, { S = bad }) end,
        "line break")
    end
  end)
end)

describe("the body of a rest-json request", function()
  it("holds the members that are bound to nothing else", function()
    local request = request_of("/{L}", { L = at("uri", "string"), A = text, B = integer },
      { L = "l", A = "a" })
    assert.same({ '{"A":"a"}', "application/json" }, { request.body, request.headers["Content-Type"] })
    assert.equal("{}", request_of("/", { A = text }, {}).body)
    request = request_of("/{L}", { L = at("uri", "string") }, { L = "l" })
    assert.equal("", request.body)
    assert.is_nil(request.headers["Content-Type"])
    assert.equal("", fixture.encode(model { protocol = "rest-json" }).body)
  end)

  it("is a payload: bytes, text, a structure or a document", function()
    local request = request_of("/", { P = scalar "blob", H = at("header", "string") },
      { P = "\0\1", H = "h" }, { payload = "P" })
    assert.same({ "\0\1", nil }, { request.body, request.headers["Content-Type"] })
    assert.equal("text", request_of("/", { P = text }, { P = "text" }, { payload = "P" }).body)
    assert.equal("", request_of("/", { P = text }, {}, { payload = "P" }).body)
    request = request_of("/", { P = structure { A = text } }, { P = { A = "a" } }, { payload = "P" })
    assert.same({ '{"A":"a"}', "application/json" }, { request.body, request.headers["Content-Type"] })
    assert.equal("{}", request_of("/", { P = structure { A = text } }, {}, { payload = "P" }).body)
    assert.equal("[1]", request_of("/", { P = structure({}, { document = true }) }, { P = { 1 } },
      { payload = "P" }).body)
  end)

  it("may be of a type that the caller names", function()
    local request = request_of("/", { A = text, T = at("header", "string",
      { locationName = "content-type" }) },
      { A = "a", T = "x/y" })
    assert.same({ ["content-type"] = "x/y" }, request.headers)
  end)

  it("has an MD5 where the model demands a checksum and names no algorithm", function()
    local m = model {
      protocol = "rest-json", input = structure { foo = text }, operation = { httpChecksumRequired = true },
    }
    local request = fixture.encode(m, { foo = "base64 encoded md5 checksum" })
    assert.equal("iB0/3YSo7maijL0IGOgA9g==", request.headers["Content-MD5"])
  end)
end)

describe("an answer of the rest-json protocol", function()
  local function read(members, body, headers, traits, status)
    return fixture.decode(model { protocol = "rest-json", output = structure(members, traits) }, body, status,
      headers)
  end

  it("has members in its headers, its status and its body", function()
    assert.same({ S = "a", I = 5, B = true, T = 1709210096, D = 0.5, C = 201, A = "b", J = { k = { 1 } } },
      read({
      S = at("header", "string", { locationName = "X-S" }), I = at("header", "integer"),
        B = at("header", "boolean"),
      T = at("header", "timestamp"), D = at("header", "double"), C = at("statusCode", "integer"), A = text,
      J = at("header", "string", { jsonvalue = true }), N = at("header", "string"),
    }, '{"A":"b","S":"no"}', {
      ["x-s"] = "a", i = "5", b = "True", t = "Thu, 29 Feb 2024 12:34:56 GMT", D = "0.5",
      j = scalar_text.base64 '{"k":[1]}',
    }, nil, 201))
  end)

  it("has lists in headers", function()
    local output = read({
      L = at("header", list(text)), I = at("header", list(integer)), B = at("header", list(scalar "boolean")),
      T = at("header", list(scalar "timestamp")), U = at("header",
        list(scalar("timestamp", { timestampFormat = "iso8601" }))),
    }, "", {
      L = [[a, "b,c", "\"d\\", e f ]], I = "1,2 , 3", B = "true,false",
      T = "Thu, 29 Feb 2024 12:34:56 GMT, Fri, 01 Mar 2024 12:34:56 GMT",
      U = "2024-02-29T12:34:56Z,2024-03-01T12:34:56Z",
    })
    assert.same({
      L = { "a", "b,c", [["d\]], "e f" }, I = { 1, 2, 3 }, B = { true, false },
      T = { 1709210096, 1709296496 }, U = { 1709210096, 1709296496 },
    }, output)
    assert.is_true(json.is_array(output.L))
  end)

  it("has the headers of a prefix as a map", function()
    assert.same({ M = { A = "1", ["b-c"] = "2" } }, read({ M = at("headers", map(text),
      { locationName = "X-Meta-" }) },
      "", { ["x-meta-A"] = "1", ["X-Meta-b-c"] = "2", other = "3" }))
  end)

  it("has a payload as its body", function()
    assert.same({ P = "\0\255" }, read({ P = scalar "blob" }, "\0\255", {}, { payload = "P" }))
    assert.same({ P = "" }, read({ P = text }, "", {}, { payload = "P" }))
    assert.same({ P = { A = 1 } }, read({ P = structure { A = integer } }, '{"A":1}', {}, { payload = "P" }))
    assert.same({}, read({ P = structure { A = integer } }, "", {}, { payload = "P" }))
    assert.same({ P = { 1 } }, read({ P = structure({}, { document = true }) }, "[1]", {}, { payload = "P" }))
  end)

  it("may be empty", function()
    assert.same({}, read({ A = text }, "", {}, nil, 204))
  end)

  it("is InvalidResponse for a header or a body of another type", function()
    for _, case in ipairs {
      { { I = at("header", "integer") }, "{}", { I = "x" } },
        { { T = at("header", "timestamp") }, "{}", { T = "x" } },
      { { A = text }, "{", {} }, { { A = text }, "[]", {} }, { { A = list(text) }, '{"A":1}', {} },
    } do
      local output, err = read(case[1], case[2], case[3])
      assert.is_nil(output)
      assert.equal("InvalidResponse", err.code)
    end
  end)

  it("may be an error, with members in headers too", function()
    local m = model {
      protocol = "rest-json",
      errors = { NoThing = structure { Thing = text, After = at("header", "integer",
        { locationName = "Retry-After" }) } },
    }
    local output, err = fixture.decode(m, '{"message":"m","Thing":"t"}', 404,
      { ["X-Amzn-Errortype"] = "NoThing:http://example.com/", ["Retry-After"] = "7",
        ["x-amzn-RequestId"] = "r" })
    assert.is_nil(output)
    assert.same({ "NoThing", "m", "r", 404 }, { err.code, err.message, err.request_id, err.status })
    assert.same({ Thing = "t", After = 7 }, err.detail)
    assert.equal("NoThing", select(2, fixture.decode(m, '{"code":"NoThing","__type":"Else"}', 404)).code)
  end)
end)
