local aws = require "aws"
local clients = require "aws.client"
local errors = require "aws.error"
local things = require "aws.things"
local worlds = require "aws.world"

-- What a function raises, as text.
local function raised(fn, ...)
  local ok, message = pcall(fn, ...)
  assert.is_false(ok)
  return tostring(message)
end

local function contains(text, part)
  assert.truthy(text:find(part, 1, true), ("%q\nis not in\n%s"):format(part, text))
end

describe("aws.client", function()
  it("calls an operation by boto3's name and gives its output", function()
    local world = worlds.new { answers = { things.page { { "t-1", "ready" } } } }
    local output, err = things.client(world):describe_things { ThingIds = { "t-1" }, MaxResults = 5 }
    assert.is_nil(err)
    assert.same({ { ThingId = "t-1", State = "ready" } }, output.Things)

    local request = world.requests[1]
    assert.equal("POST", request.method)
    assert.equal("https://things.eu-west-1.amazonaws.com/", request.url)
    assert.equal("Action=DescribeThings&Version=2020-01-01&MaxResults=5&ThingId.1=t-1", request.body)
    contains(worlds.header(request, "authorization"), "Credential=AKIDEXAMPLE/20200913/eu-west-1/things/")
    assert.equal("things.eu-west-1.amazonaws.com", worlds.header(request, "host"))
    contains(worlds.header(request, "user-agent"), "lualambda/")
    assert.equal("amazon", request.trust)
    assert.equal(60, request.timeout)
    assert.equal(5, request.connect_timeout)
  end)

  it("takes parameters that are left out for none", function()
    local world = worlds.new { answers = { things.page {} } }
    assert.same({}, things.client(world):describe_things().Things)
  end)

  it("keeps a method", function()
    local client = things.client(worlds.new())
    assert.equal(client.describe_things, client.describe_things)
  end)

  it("signs nothing where the operation wants no signature", function()
    local world = worlds.new { environment = { AWS_REGION = "r", AWS_EC2_METADATA_DISABLED = "true" } }
    world.answers = { { status = 200, body = "<AskThingResponse/>" } }
    local output, err = things.client(world):ask_thing()
    assert.is_nil(err)
    assert.is_table(output)
    assert.is_nil(worlds.header(world.requests[1], "authorization"))
  end)

  it("signs all but the body where the operation leaves the payload unsigned", function()
    local world = worlds.new { answers = { { status = 200, body = "<UploadThingResponse/>" } } }
    local _, err = things.client(world):upload_thing()
    assert.is_nil(err)
    assert.equal("UNSIGNED-PAYLOAD", worlds.header(world.requests[1], "x-amz-content-sha256"))
    contains(worlds.header(world.requests[1], "authorization"), ";host;x-amz-content-sha256;")
  end)

  describe("errors", function()
    it("of AWS come back with everything that is known", function()
      local world = worlds.new { answers = { things.refusal(403, "UnauthorizedOperation") } }
      local output, err = things.client(world):describe_things()
      assert.is_nil(output)
      assert.is_true(errors.is(err))
      assert.equal("UnauthorizedOperation", err.code)
      assert.equal("because", err.message)
      assert.equal(403, err.status)
      assert.equal("r-1", err.request_id)
      assert.equal("things", err.service)
      assert.equal("DescribeThings", err.operation)
      assert.equal("things DescribeThings: UnauthorizedOperation: because (HTTP 403, request r-1)",
        tostring(err))
    end)

    it("of the transport are named, and told apart", function()
      for kind, code in pairs {
        resolve = "ResolveError", connect = "ConnectError", tls = "TlsError", timeout = "Timeout",
        deadline = "DeadlineExceeded", too_large = "ResponseTooLarge", protocol = "InvalidResponse",
      } do
        local world = worlds.new { answers = { { kind = kind, message = "went wrong" } } }
        local output, err = things.client(world, { max_attempts = 1 }):describe_things()
        assert.is_nil(output)
        assert.equal(code, err.code)
        contains(err.message, "things.eu-west-1.amazonaws.com: went wrong")
        assert.equal("DescribeThings", err.operation)
      end
    end)

    it("of a body that is no XML, or is cut short, are errors and no crash", function()
      local cut = "<DescribeThingsResponse><things><item>"
      for _, body in ipairs { "", "{}", cut, "<a></b>", ("\255"):rep(9) } do
        local world = worlds.new { answers = { { status = 200, body = body } } }
        local output, err = things.client(world):describe_things()
        assert.is_nil(output)
        assert.equal("InvalidResponse", err.code)
        assert.equal(1, #world.requests)
      end
    end)

    it("of a redirect or a page of HTML keep the status", function()
      for _, status in ipairs { 301, 404, 418 } do
        local world = worlds.new { answers = { { status = status, body = "<html>no</html>" } } }
        local _, err = things.client(world):describe_things()
        assert.equal(status, err.status)
        assert.is_string(err.code)
      end
    end)

    it("hold no secret", function()
      local world = worlds.new { answers = { things.refusal(403, "SignatureDoesNotMatch") } }
      world.environment.AWS_SESSION_TOKEN = "the-token"
      local _, err = things.client(world):describe_things()
      assert.is_nil(tostring(err):find("the-", 1, true))
    end)
  end)

  describe("attempts", function()
    it("are made again with the same token and a fresh signature", function()
      local world = worlds.new {
        answers = { things.refusal(503, "Unavailable"), { status = 200, body = "<MakeThingResponse/>" } },
      }
      assert.is_table((things.client(world):make_thing { Name = "abc" }))
      assert.equal(2, #world.requests)
      assert.equal(world.requests[1].body, world.requests[2].body)
      contains(world.requests[1].body, "Token=88888888-8888-4888-8888-888888888888")
      assert.not_equal(worlds.header(world.requests[1], "x-amz-date"), nil)
      assert.same({ 0.5 }, world.slept)
    end)

    it("follow the model where it says that an error is retryable", function()
      local world = worlds.new { answers = { things.refusal(400, "SlowThing"), things.page {} } }
      assert.is_table((things.client(world):describe_things()))
      assert.equal(2, #world.requests)
    end)

    it("are as many as the caller says", function()
      local world = worlds.new { answers = { things.refusal(500, "InternalError") } }
      things.client(world, { max_attempts = 2 }):describe_things()
      assert.equal(2, #world.requests)
    end)

    it("have a decoder each", function()
      local world = worlds.new {
        answers = { { status = 200, body = "<DescribeThingsResponse><things>" }, things.page {} },
      }
      local client = things.client(world)
      assert.is_nil((client:describe_things()))
      assert.is_table((client:describe_things()))
    end)

    it("of a connection make the next attempt on a new one", function()
      local world = worlds.new {
        answers = { { kind = "connect", message = "broke" }, things.refusal(503, "Busy"), things.page {} },
      }
      assert.is_table((things.client(world):describe_things()))
      assert.is_nil(world.requests[1].fresh)
      assert.is_true(world.requests[2].fresh)
      assert.is_false(world.requests[3].fresh)
    end)

    it("correct a wrong clock once, for all clients of the session", function()
      local skewed = things.refusal(400, "RequestExpired")
      skewed.date = "Sun, 13 Sep 2020 13:26:40 GMT" -- an hour ahead
      local world = worlds.new { answers = { skewed, things.page {}, things.page {} } }
      local client = things.client(world)
      assert.is_table((client:describe_things()))
      assert.equal("20200913T122640Z", worlds.header(world.requests[1], "x-amz-date"))
      assert.equal("20200913T132640Z", worlds.header(world.requests[2], "x-amz-date"))
      assert.same({}, world.slept)
      client:describe_things()
      assert.equal("20200913T132640Z", worlds.header(world.requests[3], "x-amz-date"))
    end)

    it("of a wrong clock, of calls side by side, correct it once and help them all", function()
      local refused = things.refusal(403, "SignatureDoesNotMatch")
      refused.date = "Sun, 13 Sep 2020 13:26:40 GMT"
      local world, client
      local function meanwhile() -- the first call's answer comes when another has been refused and helped
        world.answers = { refused, refused, things.page {} }
        assert.is_table((client:describe_things()))
        return refused
      end
      world = worlds.new { answers = { meanwhile } }
      client = things.client(world)
      assert.is_table((client:describe_things()))
      assert.equal(3600, client.core.session.skew)
    end)

    it("do not blame the clock for a wrong key", function()
      local refused = things.refusal(403, "SignatureDoesNotMatch")
      refused.date = "Sun, 13 Sep 2020 12:26:50 GMT"
      local world = worlds.new { answers = { refused } }
      things.client(world):describe_things()
      assert.equal(1, #world.requests)
    end)
  end)

  describe("credentials that AWS calls expired", function()
    local CONTAINER = { AWS_REGION = "r", AWS_CONTAINER_CREDENTIALS_FULL_URI = "http://127.0.0.1/" }

    -- A world whose container gives another key each time, and whose service refuses the first, or all.
    local function container(code, refuses_all)
      local world
      world = worlds.new { environment = CONTAINER, fetched = 0, answers = function(request)
        if request.url == CONTAINER.AWS_CONTAINER_CREDENTIALS_FULL_URI then
          world.fetched = world.fetched + 1
          local document = '{"AccessKeyId":"A%d","SecretAccessKey":"s"}'
          return { status = 200, body = document:format(world.fetched) }
        end
        local is_first = worlds.header(request, "authorization"):find("Credential=A1/", 1, true)
        return (is_first or refuses_all) and things.refusal(400, code) or things.page {}
      end }
      return world
    end

    it("are fetched again, and the call goes on at once", function()
      for code in ("ExpiredToken ExpiredTokenException RequestExpired TokenRefreshRequired"):gmatch "%S+" do
        local world = container(code)
        assert.is_table((things.client(world):describe_things()))
        assert.equal(2, world.fetched, code)
        assert.same({}, world.slept)
      end
    end)

    it("are fetched again once a call", function()
      local world = container("ExpiredToken", true)
      local _, err = things.client(world, { max_attempts = 5 }):describe_things()
      assert.equal("ExpiredToken", err.code)
      assert.same({ 2, 4 }, { world.fetched, #world.requests })
    end)

    it("are fetched again for the next call where there is one attempt", function()
      local world = container "ExpiredToken"
      local client = things.client(world, { max_attempts = 1 })
      assert.is_nil((client:describe_things()))
      assert.is_table((client:describe_things()))
    end)

    it("are not fetched again for another refusal", function()
      local world = container "UnauthorizedOperation"
      assert.is_nil((things.client(world):describe_things()))
      assert.equal(1, world.fetched)
    end)

    it("are read again from the shared files", function()
      local world
      world = worlds.new {
        environment = { AWS_REGION = "r", AWS_SHARED_CREDENTIALS_FILE = "/c" },
        files = { ["/c"] = "[default]\naws_access_key_id = OLD\naws_secret_access_key = s\n" },
        answers = function()
          if #world.requests > 1 then return things.page {} end
          world.files["/c"] = world.files["/c"]:gsub("OLD", "NEW")
          return things.refusal(400, "ExpiredToken")
        end,
      }
      assert.is_table((things.client(world):describe_things()))
      contains(worlds.header(world.requests[2], "authorization"), "Credential=NEW/")
    end)

    it("are named with their source where it has no others", function()
      local world = worlds.new { answers = { things.refusal(400, "ExpiredToken") } }
      local _, err = things.client(world):describe_things()
      assert.equal("because; the source of the credentials (environment) has no newer ones", err.message)
      local given = { access_key = "A", secret_key = "s" }
      _, err = things.client(world, { credentials = given }):describe_things()
      assert.equal("because; the source of the credentials (the caller) has no newer ones", err.message)
      assert.equal(2, #world.requests)
    end)
  end)

  describe("a caller's mistake", function()
    it("in the operation's name is raised with the nearest one", function()
      local client = things.client(worlds.new())
      contains(raised(function() client:describe_thing() end),
        'client_spec.lua')
      contains(raised(function() client:describe_thing() end),
        'things has no operation "describe_thing"; did you mean "describe_things"?')
    end)

    it("in the parameters is raised whole, and nothing is sent", function()
      local world = worlds.new()
      local message = raised(function() things.client(world):describe_things { ThingIds = "t", Max = 5 } end)
      contains(message, "client_spec.lua")
      contains(message, "things.describe_things: parameters do not fit:\n  Max: unknown member")
      contains(message, "\n  ThingIds: expected a list, got a string")
      assert.same({}, world.requests)
    end)

    it("in a bundle names the line that declares the operation", function()
      local model = things.model()
      model.bundled, model.undeclared = true, "CutThing HTTPThing"
      local client = things.client(worlds.new(), nil, model)
      contains(raised(function() client:cut_thing() end), 'requirements.lua: add "CutThing" to aws.things')
      contains(raised(function() client:http_thing() end), 'requirements.lua: add "HTTPThing" to aws.things')
      contains(raised(function() client:describe_thing() end), 'did you mean "describe_things"?')
    end)

    it("in the service's name or the options is raised", function()
      contains(raised(aws.client, "ecc2"), 'unknown service "ecc2"; did you mean "ec2"?')
      contains(raised(aws.client, nil), "expected the name of a service")
      contains(raised(aws.client, "ec2", { regoin = "x" }), 'unknown option "regoin"; did you mean "region"?')
      contains(raised(aws.client, "ec2", { credentials = { access_key = "x" } }), "expected { access_key")
    end)
  end)

  it("takes region, endpoint, credentials and timeout from its options", function()
    local world = worlds.new { answers = { things.page {} } }
    local client = things.client(world, {
      region = "us-west-2",
      endpoint = "http://127.0.0.1:5000/base/",
      credentials = { access_key = "AKIDOWN", secret_key = "s", session_token = "t" },
      timeout = 7,
    })
    assert.is_table((client:describe_things()))
    local request = world.requests[1]
    assert.equal("http://127.0.0.1:5000/base/", request.url)
    assert.equal("127.0.0.1:5000", worlds.header(request, "host"))
    contains(worlds.header(request, "authorization"), "Credential=AKIDOWN/20200913/us-west-2/things/")
    assert.equal("t", worlds.header(request, "x-amz-security-token"))
    assert.equal(7, request.timeout)
    assert.equal("system", request.trust)
  end)

  it("takes the endpoint from the environment", function()
    local world = worlds.new { answers = { things.page {} } }
    world.environment.AWS_ENDPOINT_URL_SOME_THINGS = "http://localhost:1"
    things.client(world):describe_things()
    assert.equal("http://localhost:1/", world.requests[1].url)
  end)

  it("sends S3 the key alone where the host has the bucket", function()
    local s3 = assert(require("aws.model").load "s3")
    local world = worlds.new { answers = { { status = 200, body = "hello" } } }
    local client = things.client(world, nil, s3)
    assert.equal("hello", client:get_object { Bucket = "my-bucket", Key = "a//b c" }.Body)
    local request = world.requests[1]
    assert.equal("https://my-bucket.s3.eu-west-1.amazonaws.com/a//b%20c",
      (request.url:gsub("%?.*", "")))
    assert.equal(64, #worlds.header(request, "x-amz-content-sha256"))
    client:list_objects_v2 { Bucket = "my-bucket" }
    assert.equal("https://my-bucket.s3.eu-west-1.amazonaws.com/?list-type=2&encoding-type=url",
      world.requests[2].url)
  end)

  it("puts an operation's prefix before AWS's host, and before no other", function()
    local model = things.model()
    model.operations.DescribeThings.endpoint = { hostPrefix = "data-" }
    local world = worlds.new { answers = { things.page {} } }
    things.client(world, nil, model):describe_things()
    things.client(world, { endpoint = "http://127.0.0.1:1" }, model):describe_things()
    assert.equal("https://data-things.eu-west-1.amazonaws.com/", world.requests[1].url)
    assert.equal("data-things.eu-west-1.amazonaws.com", worlds.header(world.requests[1], "host"))
    assert.equal("http://127.0.0.1:1/", world.requests[2].url)
  end)

  it("says where it looked when there are no credentials", function()
    local world = worlds.new {
      environment = { AWS_REGION = "r", HOME = "/home/me" },
      answers = { { kind = "connect", message = "no route" } },
    }
    local output, err = things.client(world):describe_things()
    assert.is_nil(output)
    assert.equal("NoCredentials", err.code)
    for _, place in ipairs { "environment: AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE",
      "/home/me/.aws/credentials", "AWS_CONTAINER_CREDENTIALS", "instance metadata: no answer (no route)",
      "set AWS_ACCESS_KEY_ID" } do
      contains(err.message, place)
    end
  end)

  it("says that it was STS who refused the role", function()
    local world = worlds.new {
      environment = { AWS_REGION = "r", AWS_WEB_IDENTITY_TOKEN_FILE = "/t", AWS_ROLE_ARN = "arn" },
      files = { ["/t"] = "jwt" },
      answers = { things.refusal(403, "AccessDenied") },
    }
    local _, err = things.client(world):describe_things()
    assert.equal("sts AssumeRoleWithWebIdentity: AccessDenied: because (HTTP 403, request r-1)",
      tostring(err))
  end)

  it("is made once for the process's own platform", function()
    assert.equal(clients.new("ec2").core.session, clients.new("ec2").core.session)
    assert.not_equal(clients.new("ec2").core.session,
      clients.new("ec2", { clock = function() return 0 end }).core.session)
  end)

  it("prints its name", function()
    assert.equal("aws.client things", tostring(things.client(worlds.new())))
  end)
end)
