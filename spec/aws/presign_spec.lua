local clients = require "aws.client"
local models = require "aws.model"
local things = require "aws.things"
local worlds = require "aws.world"

local function s3(options)
  return clients.over(assert(models.load "s3"), worlds.new():session(), options or {})
end

-- The address and the query's fields of a URL.
local function parts(url)
  local address, query = url:match("^(.-)%?(.*)$")
  local fields = {}
  for name, value in query:gmatch("([^&=]+)=([^&]*)") do fields[name] = value end
  return address, fields
end

describe("aws.presign", function()
  it("signs a download", function()
    local url, err = s3():presign("get_object", { Bucket = "my-bucket", Key = "a b/ü" }, { expires = 60 })
    assert.is_nil(err)
    local address, fields = parts(url)
    assert.equal("https://my-bucket.s3.eu-west-1.amazonaws.com/a%20b/%C3%BC", address)
    assert.equal("60", fields["X-Amz-Expires"])
    assert.equal("20200913T122640Z", fields["X-Amz-Date"])
    assert.equal("host", fields["X-Amz-SignedHeaders"])
    assert.equal("AKIDEXAMPLE%2F20200913%2Feu-west-1%2Fs3%2Faws4_request", fields["X-Amz-Credential"])
    assert.equal(64, #fields["X-Amz-Signature"])
    assert.is_nil(url:find("the-secret", 1, true))
  end)

  it("signs an upload, with the headers that the parameters stand for", function()
    local _, fields = parts(assert(s3():presign("put_object",
      { Bucket = "my-bucket", Key = "k", ContentType = "text/plain" })))
    assert.equal("content-type%3Bhost", fields["X-Amz-SignedHeaders"])
    assert.equal("3600", fields["X-Amz-Expires"])
  end)

  it("signs with a session token, and for a custom endpoint", function()
    local address, fields = parts(assert(s3 {
      endpoint = "http://127.0.0.1:5000",
      credentials = { access_key = "A", secret_key = "s", session_token = "to/ken" },
    }:presign("get_object", { Bucket = "b-1", Key = "k" })))
    assert.equal("http://127.0.0.1:5000/b-1/k", address)
    assert.equal("to%2Fken", fields["X-Amz-Security-Token"])
  end)

  it("makes a link of a form", function()
    local address, fields = parts(assert(things.client(worlds.new())
      :presign("describe_things", { ThingIds = { "a" } })))
    assert.equal("https://things.eu-west-1.amazonaws.com/", address)
    assert.equal("DescribeThings", fields.Action)
    assert.equal("a", fields["ThingId.1"])
    assert.equal("host", fields["X-Amz-SignedHeaders"])
  end)

  it("refuses parameters that a URL cannot hold", function()
    local url, err = s3():presign("put_object", { Bucket = "my-bucket", Key = "k", Body = "text" })
    assert.is_nil(url)
    assert.equal("PresignError", err.code)
  end)

  it("raises a caller's mistake", function()
    for _, expires in ipairs { 0, 604801, "60" } do
      assert.is_false(pcall(function()
        s3():presign("get_object", { Bucket = "b-1", Key = "k" }, { expires = expires })
      end))
    end
    assert.is_false(pcall(function() s3():presign("get_object", { Bucket = "b-1" }) end))
    assert.is_false(pcall(function() s3():presign("get_objet", {}) end))
  end)
end)
