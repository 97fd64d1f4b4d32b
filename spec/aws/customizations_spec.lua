local aws = require "aws"
local json = require "json"
local worlds = require "aws.world"

local function client_of(service, answers, environment)
  local world = worlds.new { answers = answers or { { status = 200, body = "{}" } } }
  for name, value in pairs(environment or {}) do world.environment[name] = value end
  return aws.client(service, world:options()), world
end

describe("aws.customizations", function()
  it("take Route 53's ids as its answers give them", function()
    local answer = { { status = 200, body = "<ListResourceRecordSetsResponse/>" } }
    local route53, world = client_of("route53", answer)
    local params = { HostedZoneId = "/hostedzone/Z123" }
    assert(route53:list_resource_record_sets(params))
    assert.matches("/2013%-04%-01/hostedzone/Z123/rrset$", world.requests[1].url)
    assert.equal("/hostedzone/Z123", params.HostedZoneId) -- the caller's own stays
  end)

  it("tell Glacier the version of its API and the caller's own account", function()
    local glacier, world = client_of "glacier"
    assert(glacier:list_vaults())
    assert.equal("2012-06-01", worlds.header(world.requests[1], "x-amz-glacier-version"))
    assert.matches("/%-/vaults$", world.requests[1].url)
    assert(glacier:list_vaults { accountId = "123456789012" })
    assert.matches("/123456789012/vaults$", world.requests[2].url)
  end)

  it("ask API Gateway for JSON", function()
    local gateway, world = client_of "apigateway"
    assert(gateway:get_rest_apis())
    assert.equal("application/json", worlds.header(world.requests[1], "accept"))
  end)

  it("write an instance's user data in base64", function()
    local ec2, world = client_of("ec2", { { status = 200, body = "<RunInstancesResponse/>" } })
    assert(ec2:run_instances { MinCount = 1, MaxCount = 1, UserData = "#!/bin/sh\n" })
    assert.is_truthy(world.requests[1].body:find("&UserData=IyEvYmluL3NoCg%3D%3D", 1, true))
  end)

  it("encode the source of S3's copies, which may also be a table", function()
    local s3, world = client_of("s3", { { status = 200, body = "<CopyObjectResult/>" } })
    local function source_of(source)
      assert(s3:copy_object { Bucket = "to", Key = "k", CopySource = source })
      return worlds.header(world.requests[#world.requests], "x-amz-copy-source")
    end
    assert.equal("from/a%20b/%C3%BC~%2B", source_of "from/a b/ü~+")
    assert.equal("from/a?versionId=3%2F4", source_of "from/a?versionId=3%2F4")
    assert.equal("from/a%3Fb", source_of { Bucket = "from", Key = "a?b" })
    assert.equal("from/a%20b?versionId=v", source_of { Bucket = "from", Key = "a b", VersionId = "v" })
  end)

  it("send S3 a customer's key with its hash", function()
    local s3, world = client_of("s3", { { status = 200, body = "x" } })
    local key = ("k"):rep(32)
    local function sent(more)
      local params = { Bucket = "b", Key = "k", SSECustomerAlgorithm = "AES256" }
      for name, value in pairs(more) do params[name] = value end
      assert(s3:get_object(params))
      local request = world.requests[#world.requests]
      local prefix = "x-amz-server-side-encryption-customer-key"
      return worlds.header(request, prefix) .. " " .. worlds.header(request, prefix .. "-md5")
    end
    local encoded = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s= mT2HRsMGJ5IX5C+0rreZ8Q=="
    assert.equal(encoded, sent { SSECustomerKey = key })
    assert.equal("as is", sent { SSECustomerKey = "as", SSECustomerKeyMD5 = "is" })
  end)

  describe("have S3 list every name that there can be", function()
    local ANSWER = [[<ListBucketResult><EncodingType>url</EncodingType><Prefix>a%20</Prefix>
      <Contents><Key>a%20%01%2Bb+c</Key></Contents>
      <CommonPrefixes><Prefix>a%20d/</Prefix></CommonPrefixes></ListBucketResult>]]

    it("by asking for them encoded, and decoding them", function()
      local s3, world = client_of("s3", { { status = 200, body = ANSWER } })
      local output = assert(s3:list_objects_v2 { Bucket = "b", Prefix = "a " })
      assert.matches("encoding%-type=url", world.requests[1].url)
      assert.equal("a \1+b c", output.Contents[1].Key)
      assert.equal("a d/", output.CommonPrefixes[1].Prefix)
      assert.equal("a ", output.Prefix)
      assert.is_nil(output.EncodingType)
    end)

    it("and leave it to the caller who asks for it himself", function()
      local s3 = client_of("s3", { { status = 200, body = ANSWER } })
      local output = assert(s3:list_objects_v2 { Bucket = "b", EncodingType = "url" })
      assert.equal("a%20%01%2Bb+c", output.Contents[1].Key)
      assert.equal("url", output.EncodingType)
    end)
  end)

  it("sign no request that gets its caller credentials", function()
    local answer = { status = 200, body = "<R><AssumeRoleWithWebIdentityResult/></R>" }
    local sts, world = client_of("sts", { answer }, {
      AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "", AWS_EC2_METADATA_DISABLED = "true",
    })
    assert(sts:assume_role_with_web_identity {
      RoleArn = "arn:aws:iam::123456789012:role/r", RoleSessionName = "session", WebIdentityToken = "token",
    })
    assert.is_nil(worlds.header(world.requests[1], "authorization"))
  end)

  it("do not hide what does not fit", function()
    local s3 = client_of "s3"
    local ok, message = pcall(s3.copy_object, s3, { Bucket = "b", Key = "k", CopySource = { Bukket = "x" } })
    assert.is_false(ok)
    assert.matches("CopySource: expected a string, got a table", message)
    ok, message = pcall(s3.list_objects_v2, s3, "text")
    assert.is_false(ok)
    assert.matches("expected a table of parameters", message)
    local ec2 = client_of "ec2"
    ok, message = pcall(ec2.run_instances, ec2, { MinCount = 1, MaxCount = 1, UserData = json.null })
    assert.is_true(ok, message)
  end)
end)
