local errors = require "aws.error"
local worlds = require "aws.world"

local EXPIRY = "2020-09-13T13:26:40Z" -- an hour after the world's now

local function get(fields)
  local world = worlds.new(fields)
  world.environment.AWS_EC2_METADATA_DISABLED = world.environment.AWS_EC2_METADATA_DISABLED or "true"
  local credentials, err = world:session().credentials:get()
  if not credentials then
    assert.is_true(errors.is(err))
    assert.is_nil(tostring(err):find("hush", 1, true))
  end
  return credentials, err, world
end

local function profile(config, keys, environment)
  environment = environment or {}
  environment.HOME = "/h"
  environment.AWS_REGION = environment.AWS_REGION or "eu-west-1"
  return {
    environment = environment,
    files = { ["/h/.aws/config"] = config, ["/h/.aws/credentials"] = keys },
  }
end

-- The credential that a request is signed with.
local function signer(request)
  return worlds.header(request, "authorization"):match("Credential=([^,]+)")
end

local function has(err, text)
  assert.truthy(err.message:find(text, 1, true), ("%q\nis not in\n%s"):format(text, err.message))
end

describe("aws.credentials", function()
  describe("from the environment", function()
    it("come first, and nothing else is looked at", function()
      local credentials, _, world = get {
        environment = {
          HOME = "/h", AWS_ACCESS_KEY_ID = "A", AWS_SECRET_ACCESS_KEY = "hush", AWS_SESSION_TOKEN = "hush-t",
        },
      }
      assert.equal("A", credentials.access_key)
      assert.equal("hush", credentials.secret_key)
      assert.equal("hush-t", credentials.session_token)
      assert.same({}, world.opened)
      assert.same({}, world.requests)
    end)

    it("are an error when one of the two is missing", function()
      local _, err = get { environment = { AWS_ACCESS_KEY_ID = "A" } }
      assert.equal("CredentialsError", err.code)
      has(err, "AWS_SECRET_ACCESS_KEY is not set")
      _, err = get { environment = { AWS_SECRET_ACCESS_KEY = "hush" } }
      has(err, "AWS_ACCESS_KEY_ID is not set")
    end)
  end)

  describe("from a profile", function()
    it("are its keys", function()
      local credentials = get(profile("[default]\nregion = r", "[default]\n"
        .. "aws_access_key_id = A\naws_secret_access_key = hush\naws_session_token = t"))
      assert.equal("A", credentials.access_key)
      assert.equal("hush", credentials.secret_key)
      assert.equal("t", credentials.session_token)
    end)

    it("are those of AWS_PROFILE", function()
      local keys = "[default]\naws_access_key_id = A\naws_secret_access_key = s\n"
        .. "[dev]\naws_access_key_id = D\naws_secret_access_key = s\n"
      assert.equal("D", get(profile(nil, keys, { AWS_PROFILE = "dev" })).access_key)
      local _, err = get(profile(nil, keys, { AWS_PROFILE = "dve" }))
      assert.equal("CredentialsError", err.code)
      has(err, 'profile "dve" is in neither /h/.aws/config nor /h/.aws/credentials; did you mean "dev"?')
    end)

    it("are an error when half of them is missing", function()
      local _, err = get(profile(nil, "[default]\naws_access_key_id = A"))
      has(err, "aws_secret_access_key is missing")
    end)

    it("are an error when a file cannot be read", function()
      local _, err = get(profile(nil, "[default\nhush"))
      assert.equal("ConfigError", err.code)
      has(err, "/h/.aws/credentials: line 1")
    end)

    it("come from a process", function()
      local world = profile("[default]\ncredential_process = /bin/get --now")
      world.output = '{"Version": 1, "AccessKeyId": "P", "SecretAccessKey": "hush", "SessionToken": "t",'
        .. '"Expiration": "' .. EXPIRY .. '"}'
      local credentials, _, after = get(world)
      assert.equal("P", credentials.access_key)
      assert.equal("t", credentials.session_token)
      assert.equal(1600003600, credentials.expires)
      assert.same({ "/bin/get --now" }, after.commands)
    end)

    it("are an error when the process answers nonsense, which is not shown", function()
      for _, output in ipairs { "", "hush", '{"Version": 2, "AccessKeyId": "P", "SecretAccessKey": "hush"}',
        '{"Version": 1, "AccessKeyId": "P"}', '{"Version": 1, "hush', '[{"Version": 1}]',
        '{"Version": 1, "AccessKeyId": "P", "SecretAccessKey": "hush", "Expiration": "hush"}' } do
        local world = profile("[default]\ncredential_process = get")
        world.output = output
        local credentials, err = get(world)
        assert.is_nil(credentials)
        assert.equal("CredentialsError", err.code)
      end
    end)

    it("are told how, when the profile signs on through the AWS CLI or wants a code", function()
      local _, err = get(profile("[default]\nsso_session = s"))
      has(err, "credential_process = aws configure export-credentials --profile default")
      _, err = get(profile("[default]\nrole_arn = r\nsource_profile = x\nmfa_serial = m"))
      has(err, "mfa_serial")
    end)
  end)

  describe("of a role", function()
    local KEYS = "[base]\naws_access_key_id = B\naws_secret_access_key = hush\n"

    local function answer(name)
      return {
        status = 200,
        body = ("<%sResponse><%sResult><Credentials><AccessKeyId>R</AccessKeyId>"
          .. "<SecretAccessKey>hush-r</SecretAccessKey><SessionToken>t</SessionToken><Expiration>" .. EXPIRY
          .. "</Expiration></Credentials></%sResult></%sResponse>"):format(name, name, name, name),
      }
    end

    it("are assumed with the source profile's", function()
      local world = profile("[default]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\n"
        .. "role_session_name = me\nexternal_id = e\nduration_seconds = 900\nregion = us-east-2\n", KEYS)
      world.answers = { answer "AssumeRole" }
      local credentials, _, after = get(world)
      assert.equal("R", credentials.access_key)
      assert.equal("hush-r", credentials.secret_key)
      assert.equal("t", credentials.session_token)
      assert.equal(1600003600, credentials.expires)

      local request = after.requests[1]
      assert.equal("https://sts.us-east-2.amazonaws.com/", request.url)
      assert.equal("B/20200913/us-east-2/sts/aws4_request", signer(request))
      for _, part in ipairs { "Action=AssumeRole", "Version=2011-06-15",
        "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx", "RoleSessionName=me", "ExternalId=e",
        "DurationSeconds=900" } do
        assert.truthy(request.body:find(part, 1, true), part)
      end
    end)

    it("are kept by role and external id, until they end", function()
      local roles = require "aws.credentials.role"
      local after = worlds.new { answers = { answer "AssumeRole" } }
      local session = after:session()
      local role = { arn = "arn:aws:iam::1:role/x", external_id = "e", session_name = "nightly" }
      for _ = 1, 2 do assert.equal("R", assert(roles.provider(role, session):get()).access_key) end
      assert.equal(1, #after.requests)
      for _, part in ipairs { "RoleSessionName=nightly", "ExternalId=e" } do
        assert.truthy(after.requests[1].body:find(part, 1, true), part)
      end
      assert(roles.provider({ arn = role.arn }, session):get())
      assert.equal(2, #after.requests)
    end)

    it("are assumed over several profiles", function()
      local world = profile("[default]\nrole_arn = one\nsource_profile = middle\n"
        .. "[profile middle]\nrole_arn = two\nsource_profile = base\n", KEYS)
      world.answers = { answer "AssumeRole" }
      local credentials, _, after = get(world)
      assert.equal("R", credentials.access_key)
      assert.truthy(after.requests[1].body:find("RoleArn=two", 1, true))
      assert.truthy(after.requests[2].body:find("RoleArn=one", 1, true))
      assert.truthy(signer(after.requests[2]):find("^R/"))
    end)

    it("are assumed with the profile's own keys where it names itself", function()
      local world = profile("[default]\nrole_arn = one\nsource_profile = default\n",
        "[default]\naws_access_key_id = B\naws_secret_access_key = hush\n")
      world.answers = { answer "AssumeRole" }
      assert.equal("R", get(world).access_key)
    end)

    it("are assumed with a source by name", function()
      local world = profile("[default]\nrole_arn = one\ncredential_source = Ec2InstanceMetadata\n")
      world.environment.AWS_EC2_METADATA_DISABLED = "false"
      world.answers = {
        { status = 200, body = "token" }, { status = 200, body = "role" },
        { status = 200, body = '{"AccessKeyId":"I","SecretAccessKey":"hush"}' }, answer "AssumeRole",
      }
      local credentials, _, after = get(world)
      assert.equal("R", credentials.access_key)
      assert.truthy(signer(after.requests[4]):find("^I/"))
      local _, err = get(profile("[default]\nrole_arn = one\ncredential_source = Moon\n"))
      has(err, "credential_source is none of")
    end)

    it("are an error that says why", function()
      local world = profile("[default]\nrole_arn = one\nsource_profile = base\n", KEYS)
      world.answers = {
        {
          status = 403,
          body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
            .. "<RequestId>q</RequestId></ErrorResponse>",
        },
      }
      local _, err = get(world)
      assert.equal("AccessDenied", err.code)
      assert.equal("sts", err.service)

      for text, config in pairs {
        ["leads back to"] = "[default]\nrole_arn = a\nsource_profile = b\n"
          .. "[profile b]\nrole_arn = c\nsource_profile = default\n",
        ["needs source_profile"] = "[default]\nrole_arn = a\n",
        ['profile "gone" is in neither'] = "[default]\nrole_arn = a\nsource_profile = gone\n",
        ["it holds no credentials"] = "[default]\nrole_arn = a\nsource_profile = b\n"
          .. "[profile b]\nregion = x\n",
      } do
        _, err = get(profile(config))
        has(err, text)
      end
    end)

    it("are exchanged for a web identity's token, without a signature", function()
      local world = {
        environment = {
          AWS_REGION = "eu-west-1", AWS_WEB_IDENTITY_TOKEN_FILE = "/token", AWS_ROLE_ARN = "arn:r",
        },
        files = { ["/token"] = "hush-jwt\n" },
        answers = { answer "AssumeRoleWithWebIdentity" },
      }
      local credentials, _, after = get(world)
      assert.equal("R", credentials.access_key)
      local request = after.requests[1]
      assert.is_nil(worlds.header(request, "authorization"))
      assert.truthy((request.body .. "&"):find("WebIdentityToken=hush-jwt&", 1, true))
      assert.truthy(request.body:find("RoleSessionName=lualambda-1600000000", 1, true))

      world.files = {}
      local _, err = get(world)
      has(err, "cannot read the token file /token")
    end)

    it("are exchanged for a profile's web identity", function()
      local world = profile("[default]\nrole_arn = a\nweb_identity_token_file = /token\n")
      world.files["/token"] = "hush-jwt"
      world.answers = { answer "AssumeRoleWithWebIdentity" }
      assert.equal("R", get(world).access_key)
    end)
  end)

  describe("from a container's endpoint", function()
    local BODY = '{"AccessKeyId":"C","SecretAccessKey":"hush","Token":"t","Expiration":"' .. EXPIRY .. '"}'

    local function container(environment, answers)
      return get { environment = environment, answers = answers or { { status = 200, body = BODY } },
        files = { ["/token"] = "hush-file\n" } }
    end

    it("are asked for with the token", function()
      local credentials, _, world = container {
        AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "/v2/credentials?id=1",
        AWS_CONTAINER_AUTHORIZATION_TOKEN = "hush-token",
      }
      assert.equal("C", credentials.access_key)
      assert.equal("t", credentials.session_token)
      assert.equal(1600003600, credentials.expires)
      assert.equal("http://169.254.170.2/v2/credentials?id=1", world.requests[1].url)
      assert.equal("hush-token", worlds.header(world.requests[1], "authorization"))
      assert.is_true(world.requests[1].direct)
      assert.is_true(world.requests[1].timeout <= 5)
    end)

    it("take the token from a file, before any other", function()
      local _, _, world = container {
        AWS_CONTAINER_CREDENTIALS_FULL_URI = "http://169.254.170.23/v1/credentials",
        AWS_CONTAINER_AUTHORIZATION_TOKEN = "other",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = "/token",
      }
      assert.equal("hush-file", worlds.header(world.requests[1], "authorization"))
    end)

    it("are asked for again where that may help", function()
      local environment = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "/x" }
      local bad, down = { status = 500 }, { kind = "connect", message = "refused" }
      local credentials, _, world = container(environment, { bad, down, { status = 200, body = BODY } })
      assert.equal("C", credentials.access_key)
      assert.equal(3, #world.requests)
      _, _, world = container(environment, { { status = 403 } })
      assert.equal(1, #world.requests)
    end)

    it("are asked of allowed hosts only", function()
      for url, allowed in pairs {
        ["http://127.0.0.1:8080/c"] = true,
        ["http://127.9.9.9/c"] = true,
        ["http://localhost/c"] = true,
        ["http://[::1]:80/c"] = true,
        ["http://[fd00:ec2::23]/c"] = true,
        ["http://169.254.170.23/c"] = true,
        ["https://anything.example/c"] = true,
        ["http://169.254.169.254/c"] = false,
        ["http://example.com/c"] = false,
        ["http://127.0.0.1.example.com/c"] = false,
        ["http://localhost.example.com/c"] = false,
        ["http://127.0.0.1@example.com/c"] = false,
        ["ftp://localhost/c"] = false,
      } do
        local credentials, err, world = container { AWS_CONTAINER_CREDENTIALS_FULL_URI = url }
        assert.equal(allowed, credentials ~= nil, url)
        if not allowed then
          assert.equal("CredentialsError", err.code)
          assert.same({}, world.requests)
        end
      end
    end)

    it("are an error that says why", function()
      local environment = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI = "/x" }
      for text, answer in pairs {
        ["refused"] = { kind = "connect", message = "refused" },
        ["HTTP 500"] = { status = 500, body = "hush" },
        ["no JSON object"] = { status = 200, body = "hush" },
        ["lacks AccessKeyId"] = { status = 200, body = '{"SecretAccessKey":"hush"}' },
      } do
        local _, err = container(environment, { answer })
        has(err, text)
      end
      environment.AWS_CONTAINER_AUTHORIZATION_TOKEN = "hush\r\nX-Other: 1"
      local _, err, world = container(environment)
      has(err, "line break")
      assert.same({}, world.requests)
      environment.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = "/gone"
      _, err = container(environment)
      has(err, "cannot read AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE /gone")
    end)
  end)

  describe("from the instance's metadata", function()
    local BODY = '{"Code":"Success","AccessKeyId":"I","SecretAccessKey":"hush","Token":"t","Expiration":"'
      .. EXPIRY .. '"}'

    local function instance(answers, environment)
      environment = environment or {}
      environment.AWS_EC2_METADATA_DISABLED = environment.AWS_EC2_METADATA_DISABLED or "false"
      return get { environment = environment, answers = answers }
    end

    it("are asked for with a session token", function()
      local credentials, _, world = instance {
        { status = 200, body = "session" }, { status = 200, body = "my-role\n" },
        { status = 200, body = BODY },
      }
      assert.equal("I", credentials.access_key)
      assert.equal("PUT", world.requests[1].method)
      assert.equal("http://169.254.169.254/latest/api/token", world.requests[1].url)
      assert.equal("21600", worlds.header(world.requests[1], "x-aws-ec2-metadata-token-ttl-seconds"))
      assert.equal("http://169.254.169.254/latest/meta-data/iam/security-credentials/my-role",
        world.requests[3].url)
      assert.equal("session", worlds.header(world.requests[3], "x-aws-ec2-metadata-token"))
      assert.is_true(world.requests[1].direct)
      assert.equal(1, world.requests[1].timeout)
    end)

    it("are not asked for when that is switched off", function()
      local _, err, world = instance({}, { AWS_EC2_METADATA_DISABLED = "TRUE" })
      assert.equal("NoCredentials", err.code)
      has(err, "switched off by AWS_EC2_METADATA_DISABLED")
      assert.same({}, world.requests)
    end)

    it("are none where there is no instance, or it has no role", function()
      local _, err = instance { { kind = "timeout", message = "slow" } }
      assert.equal("NoCredentials", err.code)
      has(err, "no answer (slow)")
      _, err = instance { { status = 200, body = "session" }, { status = 404, body = "" } }
      assert.equal("NoCredentials", err.code)
      has(err, "the instance has no role")
    end)

    it("are an error when the answers make no sense", function()
      for _, answers in ipairs {
        { { status = 200, body = "session" }, { status = 200, body = "<html>../..</html>" } },
        { { status = 200, body = "session" }, { status = 200, body = "role" }, { status = 500 } },
        { { status = 200, body = "session" }, { status = 200, body = "role" },
          { status = 200, body = "hush" } },
      } do
        local credentials, err = instance(answers)
        assert.is_nil(credentials)
        assert.equal("CredentialsError", err.code)
      end
    end)

    it("are asked of another endpoint where one is set", function()
      local _, _, world = instance({ { kind = "timeout", message = "slow" } },
        { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE = "IPv6" })
      assert.equal("http://[fd00:ec2::254]/latest/api/token", world.requests[1].url)
      _, _, world = instance({ { kind = "timeout", message = "slow" } },
        { AWS_EC2_METADATA_SERVICE_ENDPOINT = "http://127.0.0.1:9/", AWS_METADATA_SERVICE_TIMEOUT = "3" })
      assert.equal("http://127.0.0.1:9/latest/api/token", world.requests[1].url)
      assert.equal(3, world.requests[1].timeout)
    end)
  end)
end)
