-- IAM and STS, and what they let through: moto checks every signature and policy when it is told to.
local http = require "host.http"
local moto = require "live.moto"

local function policy(actions)
  return ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":%s,"Resource":"*"}]}')
    :format(actions)
end

local TRUST = [[{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}]]

describe("Identities of a local AWS", function()
  local aws, iam, key

  setup(function()
    aws = moto.start()
    iam = aws:client("iam")
    assert(iam:create_user { UserName = "operator", Tags = { { Key = "team", Value = "ü, b" } } })
    assert(iam:put_user_policy {
      UserName = "operator", PolicyName = "most",
      PolicyDocument = policy('["s3:*","sts:*","ec2:Describe*","sqs:*","sns:*","ssm:*","iam:ListUsers"]'),
    })
    key = assert(iam:create_access_key { UserName = "operator" }).AccessKey
  end)

  teardown(function() aws:stop() end)

  -- Whether moto checks signatures and policies.
  local function enforce(count)
    local answer = assert(http.request {
      method = "POST", url = aws.url .. "/moto-api/reset-auth", body = count,
      headers = { "Content-Type: text/plain" },
    })
    assert.equal(200, answer.status)
  end

  local function operator(service, variables)
    local given = { AWS_ACCESS_KEY_ID = key.AccessKeyId, AWS_SECRET_ACCESS_KEY = key.SecretAccessKey }
    for name, value in pairs(variables or {}) do given[name] = value end
    return aws:client(service, nil, given)
  end

  it("keeps a policy's text", function()
    local text = policy('["a:B","c:*"]')
    local arn = assert(iam:create_policy { PolicyName = "text", PolicyDocument = text }).Policy.Arn
    local version = assert(iam:get_policy_version { PolicyArn = arn, VersionId = "v1" }).PolicyVersion
    assert.is_true(version.IsDefaultVersion)
    local decoded = version.Document:gsub("%%(%x%x)", function(digits)
      return string.char(tonumber(digits, 16))
    end)
    assert.equal(text, decoded)
  end)

  it("lists page by page", function()
    for i = 1, 5 do assert(iam:create_role { RoleName = "r" .. i, AssumeRolePolicyDocument = TRUST }) end
    local names = {}
    for role in iam:each("list_roles", { MaxItems = 2 }) do names[#names + 1] = role.RoleName end
    table.sort(names)
    assert.equal("r1 r2 r3 r4 r5", table.concat(names, " "))
  end)

  it("waits for a user", function()
    assert.is_true(iam:wait("user_exists", { UserName = "operator" }))
  end)

  it("says what went wrong", function()
    local none, err = iam:get_user { UserName = "nobody" }
    assert.is_nil(none)
    assert.equal("NoSuchEntity 404", err.code .. " " .. err.status)
    assert.is_string(err.request_id)
  end)

  it("names the caller", function()
    local who = assert(operator("sts"):get_caller_identity {})
    assert.matches(":user/operator$", who.Arn)
  end)

  it("takes a role for a while", function()
    local output = assert(operator("sts"):assume_role {
      RoleArn = "arn:aws:iam::123456789012:role/r1", RoleSessionName = "a-session", DurationSeconds = 900,
    })
    assert.is_number(output.Credentials.Expiration)
    assert.matches("assumed%-role/r1/a%-session$", output.AssumedRoleUser.Arn)
  end)

  describe("where signatures and policies are checked", function()
    setup(function() enforce "0" end)
    teardown(function() enforce "inf" end)

    it("lets through what is signed and allowed", function()
      assert(operator("ec2"):describe_instances { MaxResults = 5 })
      assert(operator("iam"):list_users {})
      assert(operator("sqs"):list_queues { QueueNamePrefix = "a b+ü" })
      assert(operator("sns"):list_topics {})
      assert(operator("sts"):get_caller_identity {})
      assert(operator("ssm"):describe_parameters {})
      local s3 = operator "s3"
      assert(s3:create_bucket { Bucket = "checked" })
      -- moto itself takes other odd names apart before it checks their signature.
      for _, name in ipairs { "plain", "a space", "x//y", "dots/./z", "tilde~and-so_on" } do
        assert(s3:put_object { Bucket = "checked", Key = name, Body = "x" })
        assert.equal("x", assert(s3:get_object { Bucket = "checked", Key = name }).Body)
      end
      assert(s3:list_objects_v2 { Bucket = "checked", Prefix = "a" })
    end)

    it("refuses what is not allowed", function()
      local none, err = operator("ec2"):terminate_instances { InstanceIds = { "i-0123456789abcdef0" } }
      assert.is_nil(none)
      assert.equal("AccessDenied 403", err.code .. " " .. err.status)
      assert.matches("not authorized to perform: ec2:TerminateInstances", err.message)
    end)

    it("refuses a signature of another secret, and tells no secret", function()
      local secret = "wrong-" .. key.SecretAccessKey
      local none, err = operator("ec2", { AWS_SECRET_ACCESS_KEY = secret }):describe_instances {}
      assert.is_nil(none)
      assert.equal("AuthFailure", err.code)
      assert.is_nil(tostring(err):find(key.SecretAccessKey, 1, true))
    end)
  end)
end)
