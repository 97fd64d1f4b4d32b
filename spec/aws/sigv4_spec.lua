local sigv4 = require "aws.sigv4"

local EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
local SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" -- of AWS's test suite
local S3_CREDENTIALS = { -- of the examples of Amazon S3's API reference
  access_key = "AKIAIOSFODNN7EXAMPLE",
  secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}

-- The request that all requests of AWS's test suite are variants of ("get-vanilla").
local function vanilla(changes)
  local request = {
    method = "GET",
    path = "/",
    headers = { Host = "example.amazonaws.com" },
    region = "us-east-1",
    service = "service",
    time = 1440938160,
    credentials = { access_key = "AKIDEXAMPLE", secret_key = SECRET },
  }
  for name, value in pairs(changes or {}) do
    request[name] = value
  end
  return request
end

local function signature(request)
  return sigv4.sign(request).authorization:match("Signature=(%x+)$")
end

local function canonical_headers(headers)
  headers.Host = "h"
  return sigv4.sign(vanilla { headers = headers }).canonical_request:match("^GET\n/\n\n(.-)\n\n")
end

describe("sigv4.sign", function()
  it("answers with every stage", function()
    local answer = sigv4.sign(vanilla())
    local canonical_request = "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\n"
      .. "host;x-amz-date\n" .. EMPTY_HASH
    assert.are.equal(canonical_request, answer.canonical_request)
    assert.are.equal("AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
      .. "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63", answer.string_to_sign)
    assert.are.equal("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
      .. "SignedHeaders=host;x-amz-date, "
      .. "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", answer.authorization)
  end)

  it("gives the signatures of AWS's published examples", function()
    local multiline = vanilla { headers = { Host = "example.amazonaws.com",
      ["My-Header1"] = "value1\n  value2\n     value3" } }
    assert.are.equal("ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790", signature(multiline))

    local list_users = vanilla {
      path = "/?Action=ListUsers&Version=2010-05-08",
      headers = {
        host = "iam.amazonaws.com",
        ["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8",
      },
      service = "iam",
    }
    local expected = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    assert.are.equal(expected, signature(list_users))

    local put_object = vanilla {
      method = "PUT",
      path = "/test%24file.text",
      headers = {
        Host = "examplebucket.s3.amazonaws.com",
        Date = "Fri, 24 May 2013 00:00:00 GMT",
        ["x-amz-storage-class"] = "REDUCED_REDUNDANCY",
        ["x-amz-content-sha256"] = sigv4.hash("Welcome to Amazon S3."),
      },
      body = "Welcome to Amazon S3.",
      service = "s3",
      time = 1369353600,
      double_encode = false,
      normalize = false,
      credentials = S3_CREDENTIALS,
    }
    expected = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    assert.are.equal(expected, signature(put_object))
  end)

  it("makes the path canonical as it is told to", function()
    local function path(changes)
      return sigv4.sign(vanilla(changes)).canonical_request:match("^GET\n(.-)\n")
    end
    local given = "//a/./b/../c%20d/"
    assert.are.equal("/a/c%2520d/", path { path = given })
    assert.are.equal("//a/./b/../c%2520d/", path { path = given, normalize = false })
    assert.are.equal("/a/c%20d/", path { path = given, double_encode = false })
    assert.are.equal(given, path { path = given, double_encode = false, normalize = false })
    assert.are.equal("/", path { path = "" })
    assert.are.equal("/", path { path = "?a=b" })
  end)

  it("makes the query canonical", function()
    local function query(text)
      return sigv4.sign(vanilla { path = "/?" .. text }).canonical_request:match("^GET\n/\n(.-)\n")
    end
    assert.are.equal("%E1%88%B4=Value1&Param=Value2&Param-3=Value3",
      query "Param-3=Value3&Param=Value2&%E1%88%B4=Value1")
    assert.are.equal("a=&a=1&b=%3F%3D", query "b=?=&a=1&&a")
  end)

  it("takes a list of a header's values", function()
    assert.are.equal("host:h\nk:v2,v2,v1\nx-amz-date:20150830T123600Z",
      canonical_headers { K = { "v2", "v2", "v1" } })
  end)

  it("leaves out of the signature what changes underway", function()
    local headers = { ["User-Agent"] = "lualambda", ["x-amzn-trace-id"] = "Root=1", Expect = "100-continue" }
    assert.are.equal("host:h\nx-amz-date:20150830T123600Z", canonical_headers(headers))
  end)

  it("takes x-amz-content-sha256 for the body's hash", function()
    local function last_line(changes)
      return sigv4.sign(vanilla(changes)).canonical_request:match("[^\n]*$")
    end
    assert.are.equal(sigv4.hash("body"), last_line { body = "body" })
    for _, hash in ipairs { "UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", sigv4.hash("other") } do
      local headers = { host = "h", ["X-Amz-Content-Sha256"] = hash }
      assert.are.equal(hash, last_line { body = "body", headers = headers })
    end
  end)

  it("gives the headers to send, and leaves the given ones alone", function()
    local given = { Host = "h", ["User-Agent"] = "ua", K = { "a", "b" } }
    local answer = sigv4.sign(vanilla { headers = given })
    assert.are.same({ Host = "h", ["User-Agent"] = "ua", K = { "a", "b" } }, given)
    given["x-amz-date"] = "20150830T123600Z"
    given.authorization = answer.authorization
    assert.are.same(given, answer.headers)
  end)

  it("finds the headers to send in any case", function()
    local headers = sigv4.sign(vanilla()).headers
    assert.are.equal("example.amazonaws.com", headers.host)
    assert.are.equal("20150830T123600Z", headers["X-Amz-Date"])
    assert.is_nil(headers.none)
    assert.is_nil(headers[1])
  end)

  it("signs and sends the session token", function()
    local credentials = { access_key = "AKIDEXAMPLE", secret_key = SECRET, session_token = "token" }
    local answer = sigv4.sign(vanilla { credentials = credentials })
    assert.are.equal("token", answer.headers["x-amz-security-token"])
    assert.truthy(answer.authorization:find("SignedHeaders=host;x-amz-date;x-amz-security-token,", 1, true))
  end)

  it("takes an empty session token for none", function()
    local credentials = { access_key = "AKIDEXAMPLE", secret_key = SECRET, session_token = "" }
    assert.are.same(sigv4.sign(vanilla()), sigv4.sign(vanilla { credentials = credentials }))
  end)

  it("signs what is signed already as if it were not", function()
    local credentials = { access_key = "AKIDEXAMPLE", secret_key = SECRET, session_token = "token" }
    local first = sigv4.sign(vanilla { credentials = credentials })
    local stale = { Host = "example.amazonaws.com", ["X-Amz-Date"] = "20150829T000000Z",
      Authorization = "AWS4-HMAC-SHA256 stale", ["X-Amz-Security-Token"] = "stale" }
    assert.are.same(first, sigv4.sign(vanilla { credentials = credentials, headers = stale }))
    assert.are.same(first, sigv4.sign(vanilla { credentials = credentials, headers = first.headers }))
  end)

  it("signs a token that is only a header", function()
    assert.are.equal("host:h\nx-amz-date:20150830T123600Z\nx-amz-security-token:t",
      canonical_headers { ["X-Amz-Security-Token"] = "t" })
  end)

  it("uses the second that a fraction is in", function()
    assert.are.same(sigv4.sign(vanilla()), sigv4.sign(vanilla { time = 1440938160.999 }))
  end)

  it("keeps the signing keys of different scopes and secrets apart", function()
    local seen = {}
    for _ = 1, 2 do -- the second time with keys that were kept, and many of them thrown away
      for number = 1, 100 do
        local one = signature(vanilla { region = "region-" .. number })
        local credentials = { access_key = "AKIDEXAMPLE", secret_key = "s" .. number }
        local other = signature(vanilla { credentials = credentials })
        assert.are.equal(seen[number] or one, one)
        assert.are.equal(seen[-number] or other, other)
        assert.is_nil(seen[one])
        seen[number], seen[-number] = one, other
      end
    end
    local distinct = {}
    for _, value in pairs(seen) do
      assert.is_nil(distinct[value])
      distinct[value] = true
    end
  end)

  it("signs with more headers, parameters and text than it had room for", function()
    local headers, pieces, names = { host = "h" }, {}, { "host" }
    for number = 1, 200 do
      headers[("x-%03d"):format(number)] = ("v"):rep(number)
      names[number + 1] = ("x-%03d"):format(number)
      pieces[number] = ("p%03d=%d"):format(201 - number, number)
    end
    table.insert(names, "x-amz-date")
    local answer = sigv4.sign(vanilla { headers = headers, path = "/?" .. table.concat(pieces, "&") })
    table.sort(pieces)
    assert.are.equal(table.concat(pieces, "&"), answer.canonical_request:match("^GET\n/\n(.-)\n"))
    assert.are.equal(table.concat(names, ";"), answer.authorization:match("SignedHeaders=(.-),"))
  end)
end)

describe("sigv4.presign", function()
  it("gives the path of AWS's published example", function()
    local answer = sigv4.presign {
      method = "GET",
      path = "/test.txt",
      headers = { host = "examplebucket.s3.amazonaws.com" },
      region = "us-east-1",
      service = "s3",
      time = 1369353600,
      expires = 86400,
      payload_hash = "UNSIGNED-PAYLOAD",
      double_encode = false,
      normalize = false,
      credentials = S3_CREDENTIALS,
    }
    assert.are.equal("/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
      .. "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
      .. "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
      .. "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404", answer.path)
    assert.are.equal("UNSIGNED-PAYLOAD", answer.canonical_request:match("[^\n]*$"))
  end)

  it("adds to a query that is there", function()
    assert.truthy(sigv4.presign(vanilla { path = "/k?a=b" }).path:find("^/k%?a=b&X%-Amz%-Algorithm="))
    assert.truthy(sigv4.presign(vanilla { path = "/k?" }).path:find("^/k%?X%-Amz%-Algorithm="))
  end)

  it("puts the session token, encoded, into the query and not into the headers", function()
    local answer = sigv4.presign(vanilla {
      headers = { host = "h", ["X-Amz-Security-Token"] = "stale" },
      credentials = { access_key = "AKIDEXAMPLE", secret_key = SECRET, session_token = "t+/=" },
    })
    assert.truthy(answer.path:find("&X-Amz-SignedHeaders=host&X-Amz-Security-Token=t%2B%2F%3D&", 1, true))
  end)

  it("lives an hour if nothing else is said, seven days at most", function()
    assert.truthy(sigv4.presign(vanilla()).path:find("X-Amz-Expires=3600&", 1, true))
    assert.truthy(sigv4.presign(vanilla { expires = 604800 }).path:find("X-Amz-Expires=604800&", 1, true))
    for _, expires in ipairs { 0, -1, 604801, 0 / 0, math.huge } do
      assert.has_error(function()
        sigv4.presign(vanilla { expires = expires })
      end, "expires: expected 1 to 604800 seconds")
    end
  end)
end)

describe("sigv4.hash", function()
  it("is SHA-256 in hexadecimal", function()
    assert.are.equal(EMPTY_HASH, sigv4.hash(""))
    assert.are.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", sigv4.hash("abc"))
  end)
end)

describe("a caller's mistake", function()
  local mistakes = {
    { "method: expected a string, got nil", method = false },
    { "path: expected a string that begins with a slash", path = "a" },
    { "path: expected a string that begins with a slash", path = false },
    { "headers: expected a table, got nil", headers = false },
    { "headers: a host is needed", headers = { ["X-Host"] = "h" } },
    { "headers: expected names, got a number", headers = { "Host: h" } },
    { "headers.K: expected a string or a list of strings", headers = { host = "h", K = 1 } },
    { "headers.K: expected a string or a list of strings", headers = { host = "h", K = {} } },
    { "headers.K: expected a string or a list of strings", headers = { host = "h", K = { "a", false } } },
    { "body: expected a string or nothing, got table", body = {} },
    { "region: expected a name", region = false },
    { "region: expected a name", region = "a/b" },
    { "service: expected a name", service = 1 },
    { "time: expected a number, got string", time = "now" },
    { "time: expected seconds since 1970", time = -1 },
    { "time: expected seconds since 1970", time = 253402300800 },
    { "time: expected seconds since 1970", time = 0 / 0 },
    { "double_encode: expected a boolean or nothing, got string", double_encode = "no" },
    { "credentials: expected a table, got nil", credentials = false },
    { "credentials.access_key: expected a string, got nil", credentials = { secret_key = SECRET } },
    { "credentials.secret_key: expected a string, got table",
      credentials = { access_key = "a", secret_key = { SECRET } } },
    { "credentials.session_token: expected a string or nothing, got table",
      credentials = { access_key = "a", secret_key = SECRET, session_token = { SECRET } } },
  }

  -- nil cannot stand in the table above
  local function request_with(mistake)
    local request = vanilla()
    for name, value in pairs(mistake) do
      if type(name) == "string" then
        request[name] = value or nil
      end
    end
    return request
  end

  for _, mistake in ipairs(mistakes) do
    local message = mistake[1]
    for _, name in ipairs { "sign", "presign" } do
      it(("of %s is told: %s"):format(name, message), function()
        local ok, err = pcall(function()
          sigv4[name](request_with(mistake))
        end)
        assert.is_false(ok)
        assert.are.equal(message, err:match("^[^:]*sigv4_spec%.lua:%d+: (.*)$"))
        assert.is_nil(err:find(SECRET, 1, true))
      end)
    end
  end

  it("that is one header in two spellings is told", function()
    assert.has_error(function()
      sigv4.sign(vanilla { headers = { host = "a", ["X-a"] = "1", ["x-A"] = "2" } })
    end)
  end)
end)
