local aws = require "aws"
local worlds = require "aws.world"

local function send(world, fields)
  return aws.request(world:options(fields))
end

describe("aws.request", function()
  it("signs and sends a request as it is", function()
    local world = worlds.new { answers = { { status = 200, body = "hello", headers = { ["x-a"] = "b" } } } }
    local response, err = send(world, {
      service = "sqs",
      region = "us-east-2",
      method = "POST",
      path = "/1/queue?a=b",
      headers = { ["x-list"] = { "1", "2" }, ["content-type"] = "text/plain" },
      body = "payload",
    })
    assert.is_nil(err)
    assert.same({ status = 200, headers = { ["x-a"] = "b" }, body = "hello" }, response)
    local request = world.requests[1]
    assert.equal("https://sqs.us-east-2.amazonaws.com/1/queue?a=b", request.url)
    assert.equal("payload", request.body)
    assert.equal("POST", request.method)
    local listed = 0
    for _, line in ipairs(request.headers) do
      if line:find("^x%-list: ") then listed = listed + 1 end
    end
    assert.equal(2, listed)
    assert.truthy(worlds.header(request, "authorization"):find("/us-east-2/sqs/aws4_request", 1, true))
    assert.truthy(worlds.header(request, "authorization"):find("content-type;host;", 1, true))
  end)

  it("gives an answer of any status, and does not retry", function()
    for _, status in ipairs { 301, 403, 503 } do
      local world = worlds.new { answers = { { status = status, body = "no" } } }
      assert.equal(status, send(world, { service = "ec2" }).status)
      assert.equal(1, #world.requests)
    end
  end)

  it("gives what the transport could not do", function()
    local world = worlds.new { answers = { { kind = "timeout", message = "slow" } } }
    local response, err = send(world, { service = "ec2", timeout = 3 })
    assert.is_nil(response)
    assert.equal("Timeout", err.code)
    assert.equal(3, world.requests[1].timeout)
  end)

  it("sends S3 the body's hash, and signs the path as it is", function()
    local world = worlds.new { answers = { { status = 200 } } }
    send(world, { service = "s3", method = "PUT", path = "/b//k/../x", body = "abc" })
    assert.equal("https://s3.eu-west-1.amazonaws.com/b//k/../x", world.requests[1].url)
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      worlds.header(world.requests[1], "x-amz-content-sha256"))
  end)

  it("sends an empty body where the method has one, and none elsewhere", function()
    for method, body in pairs { GET = false, HEAD = false, DELETE = false, PUT = "", POST = "" } do
      local world = worlds.new { answers = { { status = 200 } } }
      send(world, { service = "s3", method = method, body = "" })
      assert.equal(body, world.requests[1].body or false)
      send(world, { service = "s3", method = method })
      assert.equal(body, world.requests[2].body or false)
    end
  end)

  it("passes the invocation's trace on, in Lambda, unsigned", function()
    local world = worlds.new { answers = { { status = 200 } } }
    world.environment._X_AMZN_TRACE_ID = "Root=1-2-3"
    send(world, { service = "ec2" })
    assert.is_nil(worlds.header(world.requests[1], "x-amzn-trace-id"))
    world.environment.AWS_LAMBDA_FUNCTION_NAME = "f"
    send(world, { service = "ec2" })
    assert.equal("Root=1-2-3", worlds.header(world.requests[2], "x-amzn-trace-id"))
    assert.is_nil(worlds.header(world.requests[2], "authorization"):find("trace", 1, true))
  end)

  it("passes on the trace of its own invocation, where several run at once", function()
    local world = worlds.new { answers = { { status = 200 } } }
    world.environment._X_AMZN_TRACE_ID = "Root=of-another"
    world.environment.AWS_LAMBDA_FUNCTION_NAME = "f"
    local locals = require("task").locals()
    locals.context = { trace_id = "Root=4-5-6" }
    send(world, { service = "ec2" })
    locals.context = nil
    assert.equal("Root=4-5-6", worlds.header(world.requests[1], "x-amzn-trace-id"))
  end)

  it("finds each partition's and global services' hosts", function()
    for _, case in ipairs {
      { "ec2", "eu-central-1", "ec2.eu-central-1.amazonaws.com", "eu-central-1" },
      { "ec2", "cn-north-1", "ec2.cn-north-1.amazonaws.com.cn", "cn-north-1" },
      { "ec2", "us-gov-west-1", "ec2.us-gov-west-1.amazonaws.com", "us-gov-west-1" },
      { "ec2", "us-isob-east-1", "ec2.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1" },
      { "iam", "eu-central-1", "iam.amazonaws.com", "us-east-1" },
    } do
      local world = worlds.new { answers = { { status = 200 } } }
      send(world, { service = case[1], region = case[2] })
      assert.equal("https://" .. case[3] .. "/", world.requests[1].url)
      assert.truthy(worlds.header(world.requests[1], "authorization")
        :find("/" .. case[4] .. "/" .. case[1] .. "/", 1, true))
    end
  end)

  it("lets no region choose another host", function()
    local world = worlds.new()
    local response, err = send(world, { service = "ec2", region = "x.evil.example/" })
    assert.is_nil(response)
    assert.equal("EndpointError", err.code)
    assert.same({}, world.requests)
  end)

  it("refuses an endpoint that is no URL", function()
    for _, url in ipairs { "localhost:5000", "ftp://x", "http://", "http://a b", "http://me@host" } do
      local _, err = send(worlds.new(), { service = "ec2", endpoint = url })
      assert.equal("EndpointError", err.code)
    end
  end)

  it("tries AWS's hosts with the system's roots when Amazon's do not verify them", function()
    local world = worlds.new {
      answers = { { kind = "tls", message = "unknown issuer" }, { status = 200 }, { status = 200 } },
    }
    assert.equal(200, send(world, { service = "one" }).status)
    assert.equal("amazon", world.requests[1].trust)
    assert.equal("system", world.requests[2].trust)
    send(world, { service = "one" })
    assert.equal("system", world.requests[3].trust)
  end)

  it("trusts a certificate file that the environment names", function()
    local world = worlds.new { answers = { { status = 200 } } }
    world.environment.AWS_CA_BUNDLE = "/ca.pem"
    send(world, { service = "ec2" })
    assert.equal("/ca.pem", world.requests[1].ca_file)
    assert.equal("system", world.requests[1].trust)
  end)

  it("raises a caller's mistake", function()
    for part, request in pairs {
      ["service is missing"] = {},
      ['unknown field "metod"; did you mean "method"?'] = { service = "x", metod = "GET" },
    } do
      local ok, message = pcall(aws.request, request)
      assert.is_false(ok)
      assert.truthy(message:find(part, 1, true))
    end
    assert.is_false(pcall(aws.request, "ec2"))
  end)
end)
