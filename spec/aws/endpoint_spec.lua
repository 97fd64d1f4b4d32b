local endpoints = require "aws.endpoint"
local models = require "aws.model"
local worlds = require "aws.world"

-- The endpoint of an operation of a real service.
local function resolve(service, name, params, where)
  where = where or {}
  local world = worlds.new { environment = where.environment or {}, files = where.files }
  local model = assert(models.load(service))
  return endpoints.of_operation(world:session().config, model, model.operations[name], params or {}, {
    region = where.region or "eu-west-1",
    url = where.url,
  })
end

local function host(...)
  local endpoint = assert(resolve(...))
  return endpoint.authority .. endpoint.path
end

describe("aws.endpoint", function()
  it("takes URLs apart", function()
    local endpoint = assert(endpoints.parse("http://[::1]:5000/base//"))
    assert.same({ scheme = "http", authority = "[::1]:5000", host = "::1", path = "/base" }, endpoint)
    assert.equal("a.b", endpoints.parse("https://a.b:1").host)
  end)

  describe("by a service's rules", function()
    it("is in the region and its partition", function()
      assert.equal("ec2.eu-west-1.amazonaws.com", host("ec2", "DescribeInstances"))
      assert.equal("ec2.cn-north-1.amazonaws.com.cn",
        host("ec2", "DescribeInstances", {}, { region = "cn-north-1" }))
      assert.equal("sts.eu-west-1.amazonaws.com", host("sts", "GetCallerIdentity"))
    end)

    it("is signed as the rules say", function()
      local endpoint = assert(resolve("iam", "ListUsers"))
      assert.equal("iam.amazonaws.com", endpoint.authority)
      assert.same({
        service = "iam", region = "us-east-1", double_encode = true, normalize = true, hashed = false,
      }, endpoint.signing)
      end)

    it("is the FIPS or dual-stack one where a setting asks for it", function()
      assert.equal("ec2-fips.us-east-1.amazonaws.com", host("ec2", "DescribeInstances", {},
        { region = "us-east-1", environment = { AWS_USE_FIPS_ENDPOINT = "true" } }))
      assert.equal("ec2.eu-west-1.api.aws", host("ec2", "DescribeInstances", {},
        { environment = { AWS_USE_DUALSTACK_ENDPOINT = "true" } }))
      local endpoint, err = resolve("ec2", "DescribeInstances", {},
        { url = "http://localhost", environment = { AWS_USE_FIPS_ENDPOINT = "true" } })
      assert.is_nil(endpoint)
      assert.equal("EndpointError", err.code)
    end)

    it("is the caller's own", function()
      local endpoint = assert(resolve("ec2", "DescribeInstances", {}, { url = "http://127.0.0.1:5000" }))
      assert.equal("127.0.0.1:5000", endpoint.authority)
      assert.is_true(endpoint.custom)
      assert.equal("eu-west-1", endpoint.signing.region)
    end)

    it("has a bucket in its host, or in its path where the host cannot have it", function()
      assert.equal("my-bucket.s3.eu-west-1.amazonaws.com",
        host("s3", "ListObjectsV2", { Bucket = "my-bucket" }))
      assert.equal("s3.eu-west-1.amazonaws.com/My.bucket",
        host("s3", "ListObjectsV2", { Bucket = "My.bucket" }))
      assert.equal("127.0.0.1:5000/my-bucket",
        host("s3", "ListObjectsV2", { Bucket = "my-bucket" }, { url = "http://127.0.0.1:5000" }))
      assert.equal("localhost:5000/my-bucket",
        host("s3", "ListObjectsV2", { Bucket = "my-bucket" }, { url = "http://localhost:5000" }))
      assert.equal("my-bucket.localhost:5000", host("s3", "ListObjectsV2", { Bucket = "my-bucket" }, {
        url = "http://localhost:5000",
        environment = { AWS_CONFIG_FILE = "/c" },
        files = { ["/c"] = "[default]\ns3 =\n  addressing_style = virtual\n" },
      }))
      local endpoint = assert(resolve("s3", "ListObjectsV2", { Bucket = "my-bucket" }))
      assert.is_true(endpoint.places_bucket)
      assert.same({
        service = "s3", region = "eu-west-1", double_encode = false, normalize = false, hashed = true,
      }, endpoint.signing)
    end)

    it("follows an access point's ARN, and says so where SigV4a is needed", function()
      assert.equal("my-123456789012.s3-accesspoint.us-west-2.amazonaws.com", host("s3", "GetObject",
        { Bucket = "arn:aws:s3:us-west-2:123456789012:accesspoint:my", Key = "k" }))
      local endpoint, err = resolve("s3", "GetObject",
        { Bucket = "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap", Key = "k" })
      assert.is_nil(endpoint)
      assert.truthy(err.message:find("sigv4a", 1, true))
    end)

    it("follows a parameter of the call, and one of the operation", function()
      local endpoint, err = resolve("events", "PutEvents", { EndpointId = "abc.456def" })
      assert.is_nil(endpoint)
      assert.truthy(err.message:find("sigv4a", 1, true))
      assert.equal("123456789012.s3-control.eu-west-1.amazonaws.com",
        host("s3control", "GetPublicAccessBlock", { AccountId = "123456789012" }))
    end)

    it("lets no region choose another host", function()
      local endpoint, err = resolve("ec2", "DescribeInstances", {}, { region = "x.evil.example/" })
      assert.is_nil(endpoint)
      assert.equal("EndpointError", err.code)
    end)

    it("gives the rules' own error", function()
      local endpoint, err = resolve("s3", "GetObject", { Bucket = "arn:aws:s3:nowhere", Key = "k" })
      assert.is_nil(endpoint)
      assert.equal("EndpointError", err.code)
    end)
  end)

  it("takes an operation's prefix, unless it is the caller's own", function()
    local plain = assert(endpoints.parse("https://a.b:1"))
    assert.equal("data-a.b:1", endpoints.prefixed(plain, "data-").authority)
    local custom = assert(endpoints.parse("https://a.b:1"))
    custom.custom = true
    assert.equal("a.b:1", endpoints.prefixed(custom, "data-").authority)
    assert.equal("a.b:1", endpoints.prefixed(custom, nil).authority)
  end)
end)
