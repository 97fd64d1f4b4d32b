local functions = require "aws.rule_functions"
local rules = require "aws.endpoint_rules"

local PARTITIONS = {
  partitions = {
    {
      id = "aws",
      regionRegex = [[^(us|eu)\-\w+\-\d+$]],
      regions = { ["odd-region"] = {} },
      outputs = { dnsSuffix = "amazonaws.com", supportsFIPS = true },
    },
    {
      id = "aws-cn",
      regionRegex = [[^cn\-\w+\-\d+$]],
      regions = {},
      outputs = { dnsSuffix = "amazonaws.com.cn", supportsFIPS = false },
    },
  },
}

local REGION = { Region = { type = "String" } }

local function ref(name) return { ref = name } end

local function fn(name, ...) return { fn = name, argv = { ... } } end

local function assign(name, call)
  call.assign = name
  return call
end

local function endpoint(url, conditions)
  return { type = "endpoint", conditions = conditions or {}, endpoint = { url = url } }
end

local function evaluate(list, params, parameters)
  return rules.evaluate({ parameters = parameters or REGION, rules = list }, PARTITIONS, params or {})
end

local function url_of(...)
  local found = assert(evaluate(...))
  return found.url
end

describe("aws.endpoint_rules", function()
  it("takes the first rule whose conditions all hold", function()
    local list = {
      endpoint("https://a", { fn("isSet", ref "Region"), fn("stringEquals", ref "Region", "x") }),
      endpoint("https://b", { fn("isSet", ref "Region") }),
      endpoint("https://c"),
    }
    assert.equal("https://a", url_of(list, { Region = "x" }))
    assert.equal("https://b", url_of(list, { Region = "y" }))
    assert.equal("https://c", url_of(list))
  end)

  it("remembers its last answer, for those who ask the same alone", function()
    local ruleset = {
      parameters = { Region = {}, UseFIPS = {} },
      rules = { endpoint("https://{Region}", { fn("isSet", ref "Region") }) },
    }
    local function ask(params) return (rules.evaluate(ruleset, PARTITIONS, params)) end
    local a = ask { Region = "a" }
    assert.equal("https://a", a.url)
    assert.equal(a, ask { Region = "a" })
    assert.not_equal(a, ask { Region = "a", UseFIPS = true })
    assert.not_equal(a, ask { Region = "a" }) -- the last is another's
    assert.equal("https://b", ask { Region = "b" }.url)
    for _ = 1, 2 do assert.is_nil(ask {}) end
    assert.equal("https://b", ask { Region = "b" }.url)
  end)

  it("fills templates, references and nested properties in", function()
    local found = assert(evaluate({
      {
        type = "endpoint",
        conditions = { assign("p", fn("aws.partition", ref "Region")) },
        endpoint = {
          url = "https://s.{Region}.{p#dnsSuffix}",
          headers = { ["x-r"] = { "{Region}" } },
          properties = { authSchemes = { { name = "sigv4", signingRegion = "{Region}", flag = true } } },
        },
      },
    }, { Region = "cn-north-1" }))
    assert.same({
      url = "https://s.cn-north-1.amazonaws.com.cn",
      headers = { ["x-r"] = { "cn-north-1" } },
      properties = { authSchemes = { { name = "sigv4", signingRegion = "cn-north-1", flag = true } } },
    }, found)
    assert.equal("http://own", url_of({ endpoint(ref "Region") }, { Region = "http://own" }))
  end)

  it("goes on after a tree that comes to nothing, and forgets what that assigned", function()
    local list = {
      {
        type = "tree",
        conditions = { assign("x", fn("getAttr", fn("aws.partition", ref "Region"), "name")) },
        rules = { endpoint("https://inner", { fn("stringEquals", ref "x", "other") }) },
      },
      endpoint("https://leaked", { fn("isSet", ref "x") }),
      endpoint("https://after"),
    }
    assert.equal("https://after", url_of(list, { Region = "us-east-1" }))
  end)

  it("gives an error's text", function()
    local found, message = evaluate({
      { type = "error", conditions = { fn("not", fn("isSet", ref "Region")) }, error = "no region" },
    })
    assert.is_nil(found)
    assert.equal("no region", message)
  end)

  it("says when no rule applies, or a parameter is missing", function()
    assert.truthy(select(2, evaluate {}):find("no endpoint", 1, true))
    local _, message = evaluate({}, {}, { A = { type = "String", required = true } })
    assert.truthy(message:find("A", 1, true))
  end)

  it("takes a parameter's default, false too", function()
    local parameters = { Flag = { type = "Boolean", default = false, required = true } }
    assert.equal("https://off",
      url_of({ endpoint("https://off", { fn("booleanEquals", ref "Flag", false) }) }, {}, parameters))
  end)
end)

describe("aws.rule_functions", function()
  it("finds a region's partition", function()
    local partition = functions.partition_of(PARTITIONS)
    for region, name in pairs {
      ["us-east-1"] = "aws", ["eu-west-9"] = "aws", ["odd-region"] = "aws", ["cn-north-1"] = "aws-cn",
      ["mars-1"] = "aws", ["xcn-north-1"] = "aws", ["cn-north-1x"] = "aws",
    } do
      assert.equal(name, partition(region).name)
    end
    assert.is_true(partition("us-east-1").supportsFIPS)
  end)

  it("knows host labels", function()
    for text, valid in pairs {
      a = true, ["a-1"] = true, [("a"):rep(63)] = true, [("a"):rep(64)] = false, ["-a"] = false,
      ["a-"] = false, ["a.b"] = false, [""] = false, ["a_b"] = false, ["a/b"] = false,
    } do
      assert.equal(valid, functions.isValidHostLabel(text, false), text)
    end
    assert.is_true(functions.isValidHostLabel("a.b", true))
    for _, text in ipairs { "a..b", ".a", "a." } do
      assert.is_false(functions.isValidHostLabel(text, true))
    end
  end)

  it("knows buckets that can be a host", function()
    local hostable = functions["aws.isVirtualHostableS3Bucket"]
    assert.is_true(hostable("my-bucket", false))
    assert.is_true(hostable("my.bucket", true))
    for _, bucket in ipairs { "my.bucket", "My-bucket", "ab", "192.168.1.1" } do
      assert.is_false(hostable(bucket, false), bucket)
    end
    assert.is_false(hostable("192.168.1.1", true))
  end)

  it("cuts strings from both ends, within their bounds and ASCII", function()
    assert.equal("bc", functions.substring("abcd", 1, 3, false))
    assert.equal("bc", functions.substring("abcd", 1, 3, true))
    assert.equal("d", functions.substring("abcd", 0, 1, true))
    assert.is_nil(functions.substring("abc", 0, 4, false))
    assert.is_nil(functions.substring("abc", 2, 2, false))
    assert.is_nil(functions.substring("abä", 0, 2, false))
    assert.is_nil(functions.substring(nil, 0, 2, false))
  end)

  it("finds attributes by path", function()
    local value = { a = { b = { "x", "y" } }, "first" }
    assert.equal("y", functions.getAttr(value, "a.b[1]"))
    assert.equal("first", functions.getAttr(value, "[0]"))
    assert.is_nil(functions.getAttr(value, "a.b[2]"))
    assert.is_nil(functions.getAttr(value, "c.d"))
    assert.is_nil(functions.getAttr(nil, "a"))
  end)

  it("takes URLs apart", function()
    assert.same({
      scheme = "http", authority = "127.0.0.1:80", path = "/a", normalizedPath = "/a/", isIp = true,
    }, functions.parseURL("http://127.0.0.1:80/a"))
    assert.equal("/", functions.parseURL("https://a.b").normalizedPath)
    assert.is_true(functions.parseURL("https://[::1]:1/").isIp)
    assert.is_false(functions.parseURL("https://a.b/").isIp)
    for _, url in ipairs { "", "a.b", "ftp://a", "http://a?b", "http://a:b" } do
      assert.is_nil(functions.parseURL(url))
    end
  end)

  it("takes ARNs apart", function()
    assert.same({
      partition = "aws", service = "s3", region = "us-west-2", accountId = "1",
      resourceId = { "ap", "x", "y" },
    }, functions["aws.parseArn"]("arn:aws:s3:us-west-2:1:ap:x/y"))
    assert.same({ "bucket" }, functions["aws.parseArn"]("arn:aws:s3:::bucket").resourceId)
    for _, text in ipairs { "", "arn:aws:s3", "arn::s3:::x", "arn:aws:s3:::", "x:aws:s3:::b" } do
      assert.is_nil(functions["aws.parseArn"](text), text)
    end
  end)

  it("encodes for a URI", function()
    assert.equal("a%20b%2F~%C3%A4", functions.uriEncode("a b/~ä"))
  end)
end)
