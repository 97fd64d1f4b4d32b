local aws = require("spec_helper").aws
local client = require("aws").client
local errors = require "aws.error"
local fleet = require "fleet"
local stubs = require "aws.stub"
local task = require "task"

local function page(token, ...)
  local instances = {}
  for i, id in ipairs { ... } do instances[i] = { InstanceId = id } end
  return { Reservations = { { Instances = instances } }, NextToken = token }
end

local function describe_instances(fields)
  fields.service, fields.operation = "ec2", "DescribeInstances"
  return fields
end

local function stop(id, fields)
  local call = { service = "ec2", operation = "StopInstances", params = { InstanceIds = { id } } }
  for name, value in pairs(fields or { output = {} }) do call[name] = value end
  return call
end

local function temporary(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

describe("aws.stub answers", function()
  it("an output, the caller's own", function()
    local output = page(nil, "i-1")
    aws.stub {
      describe_instances { output = output },
      describe_instances { output = output },
    }
    local ec2 = client "ec2"
    local got, err, more = ec2:describe_instances {}
    assert.same(output, got)
    assert.is_nil(err)
    assert.is_nil(more)
    got.Reservations = nil
    assert.same(output, (ec2:describe_instances()))
  end)

  it("an error in the client's own shape", function()
    aws.stub { stop("i-1", { error = {
      code = "IncorrectInstanceState", message = "no", status = 400, request_id = "r-1", detail = { A = 1 },
    } }) }
    local output, err = client("ec2"):stop_instances { InstanceIds = { "i-1" } }
    assert.is_nil(output)
    assert.is_true(errors.is(err))
    assert.equal("ec2 StopInstances: IncorrectInstanceState: no (HTTP 400, request r-1)", tostring(err))
    assert.same({ A = 1 }, err.detail)
  end)

  it("pages and each, whose tokens it checks", function()
    aws.stub {
      describe_instances { params = { MaxResults = 5 }, output = page("t", "i-1") },
      describe_instances { params = { MaxResults = 5, NextToken = "t" }, output = page(nil, "i-2", "i-3") },
    }
    local sizes = {}
    for reservation in client("ec2"):each("describe_instances", { MaxResults = 5 }) do
      sizes[#sizes + 1] = #reservation.Instances
    end
    assert.same({ 1, 2 }, sizes)
  end)

  it("pages that end in an error", function()
    aws.stub {
      describe_instances { output = page("t", "i-1") },
      describe_instances { error = { code = "UnauthorizedOperation" } },
    }
    local next_page = client("ec2"):pages "describe_instances"
    assert.equal("t", next_page().NextToken)
    local ok, err = pcall(next_page)
    assert.is_false(ok)
    assert.equal("UnauthorizedOperation", err.code)
  end)

  it("waiters, without their delays", function()
    local function state(name)
      return describe_instances { output = {
        Reservations = { { Instances = { { InstanceId = "i-1", State = { Name = name } } } } },
      } }
    end
    aws.stub { state "pending", state "pending", state "running" }
    local start = task.now()
    assert.is_true(client("ec2"):wait("instance_running", { InstanceIds = { "i-1" } }))
    assert.is_true(task.now() - start < 15)
  end)

  it("a waiter that goes by the status", function()
    aws.stub {
      { service = "s3", operation = "HeadBucket", error = { code = "404", status = 404 } },
      { service = "s3", operation = "HeadBucket", output = {} },
    }
    assert.is_true(client("s3"):wait("bucket_exists", { Bucket = "b" }))
  end)

  it("tasks, in whatever order they come", function()
    local expected, ids = {}, {}
    for i = 1, 20 do
      ids[i] = "i-" .. i
      expected[21 - i] = stop(ids[i], { output = { StoppingInstances = { { InstanceId = ids[i] } } } })
    end
    local stub = aws.stub(expected)
    local ec2 = client "ec2"
    local summary = fleet.each(ids, function(id)
      return assert(ec2:stop_instances { InstanceIds = { id } }).StoppingInstances[1].InstanceId
    end)
    for i, item in ipairs(summary.items) do assert.equal(ids[i], item.result) end
    assert.equal(20, #stub.calls)
  end)

  it("calls that other tasks run beside, as real ones do", function()
    aws.stub { stop "i-1" }
    local order = {}
    local other = task.spawn(function() order[#order + 1] = "other" end)
    client("ec2"):stop_instances { InstanceIds = { "i-1" } }
    order[#order + 1] = "call"
    other:join()
    assert.same({ "other", "call" }, order)
  end)

  it("each region's own", function()
    aws.stub {
      describe_instances { region = "eu-west-1", output = { NextToken = "west" } },
      describe_instances { region = "eu-central-1", output = { NextToken = "central" } },
      describe_instances { output = {} },
    }
    for _, name in ipairs { "central", "west" } do
      local ec2 = client("ec2", { region = "eu-" .. name .. "-1" })
      assert.equal(name, ec2:describe_instances().NextToken)
    end
    assert.same({}, (client("ec2", { region = "us-east-1" }):describe_instances()))
  end)

  it("by parameters as the caller gives them, though others are sent", function()
    local stub = aws.stub {
      { service = "s3", operation = "ListObjectsV2", params = { Bucket = "b" }, output = {
        EncodingType = "url", Contents = { { Key = "a%20b" } },
      } },
      {
        service = "s3", operation = "ListObjectsV2", params = { Bucket = "b", EncodingType = "url" },
        output = {},
      },
    }
    local s3 = client "s3"
    assert.same({ Contents = { { Key = "a b" } } }, (s3:list_objects_v2 { Bucket = "b" }))
    s3:list_objects_v2 { Bucket = "b" }
    assert.same({ Bucket = "b", EncodingType = "url" }, stub.calls[1].params)
  end)

  it("what a second stub of the same test adds", function()
    aws.stub { stop "i-1" }
    aws.stub { stop "i-2" }
    assert.same({}, (client("ec2"):stop_instances { InstanceIds = { "i-2" } }))
    assert.same({}, (client("ec2"):stop_instances { InstanceIds = { "i-1" } }))
  end)

  it("leaves the client's own checks in place", function()
    aws.stub {}
    assert.error_matches(function() client("ec2"):stop_instances { InstanceId = "i-1" } end,
      "InstanceId: unknown member")
  end)
end)

describe("a recording", function()
  local path

  after_each(function()
    if path then os.remove(path) end
  end)

  it("is replayed", function()
    path = temporary('{"service":"ec2","operation":"StopInstances","region":"eu-west-1",'
      .. '"params":{"InstanceIds":["i-1"]},"output":{"StoppingInstances":[]},'
      .. '"started":1.5,"duration":0.1,"attempts":1,"request_id":"r"}\n'
      .. '{"service":"sts","operation":"GetCallerIdentity","region":"eu-west-1","params":{},'
      .. '"error":{"code":"AccessDenied","message":"no","status":403},'
      .. '"started":1.6,"duration":0.1,"attempts":3,"request_id":"r"}\n')
    aws.stub(path)
    local _, err = client("sts"):get_caller_identity()
    assert.equal("sts GetCallerIdentity: AccessDenied: no (HTTP 403)", tostring(err))
    assert.same({ StoppingInstances = {} }, (client("ec2"):stop_instances { InstanceIds = { "i-1" } }))
  end)

  it("takes anything where a secret has been removed", function()
    path = temporary('{"service":"secretsmanager","operation":"PutSecretValue",'
      .. '"params":{"SecretId":"s","SecretString":"***"},"output":{"Name":"s"}}\n')
    aws.stub(path)
    assert.same({ Name = "s" },
      (client("secretsmanager"):put_secret_value { SecretId = "s", SecretString = "open sesame" }))
  end)

  it("tells the line that is none", function()
    path = temporary('{"service":"ec2","operation":"DescribeVpcs","output":{}}\n{"service"\n')
    local _, message = pcall(stubs.read, path)
    assert.equal(path .. ":2: no recorded call: ", message:match "^.-: .-: ")
    assert.error_matches(function() stubs.read "/nowhere/at.all" end, "No such file")
  end)
end)

describe("aws.stub refuses to expect", function()
  local function refused(call, message)
    local ok, text = pcall(function() stubs.new():expect { call } end)
    assert.is_false(ok)
    assert.equal(message, text)
  end

  it("what is no call", function()
    refused(7, "expected call 1: expected a table, got a number")
    refused({ operation = "StopInstances" }, "expected call 1: service is missing")
    refused({ service = "dynamo" },
      'expected call 1: unknown service "dynamo"; did you mean "dynamodb"?')
    refused({ service = "ec2", operation = "StopInstance" },
      'expected call 1: ec2 has no operation "StopInstance"; did you mean "StopInstances"?')
    refused(stop("i-1", { parms = {} }),
      'expected call 1: unknown field "parms"; did you mean "params"?')
  end)

  it("an output and an error, or neither", function()
    local message = "expected call 1: expected an output or an error, and not both"
    refused(stop("i-1", {}), message)
    refused(stop("i-1", { output = {}, error = { code = "A" } }), message)
    refused(stop("i-1", { error = { message = "no" } }), "expected call 1: error.code is missing")
    refused(stop("i-1", { error = { code = "A", stats = 400 } }),
      'expected call 1: error: unknown field "stats"; did you mean "status"?')
  end)

  it("parameters and outputs that the model does not have", function()
    refused({ service = "ec2", operation = "StopInstances", params = { Instances = {} }, output = {} },
      "expected call 1: ec2.stop_instances: params: does not fit the model:\n  "
      .. "InstanceIds: missing, but required\n  Instances: unknown member; did you mean \"InstanceIds\"?")
    refused(stop("i-1", { output = { StoppingInstances = { { InstanceId = 7 } } } }),
      "expected call 1: ec2.stop_instances: output: does not fit the model:\n  "
      .. "StoppingInstances[1].InstanceId: expected a string, got a number")
  end)

  it("nothing for what an output leaves out or has beyond its bounds", function()
    stubs.new():expect {
      { service = "sqs", operation = "ReceiveMessage", output = {} },
      { service = "lambda", operation = "GetFunction", output = { Configuration = { Timeout = 100000 } } },
    }
  end)
end)

-- A run of busted on a spec of its own: its output.
local function verdict(body)
  local path = os.tmpname()
  local spec = path .. "_spec.lua"
  local file = assert(io.open(spec, "wb"))
  file:write('local aws, client = require("spec_helper").aws, require("aws").client\n',
    'describe("d", function()\n', body, "\nend)\n")
  file:close()
  local command = "build/bootstrap run /usr/bin/busted --output=TAP --lpath='spec/?.lua' " .. spec .. " 2>&1"
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  os.remove(path)
  os.remove(spec)
  return text
end

describe("a test with aws.stub", function()
  local EXPECT_STOP = [[aws.stub { { service = "ec2", operation = "StopInstances",
    params = { InstanceIds = { "i-1" } }, output = {} } }]]

  it("passes when what it expects comes", function()
    local text = verdict([[it("t", function() ]] .. EXPECT_STOP
      .. [[ client("ec2"):stop_instances { InstanceIds = { "i-1" } } end)]])
    assert.equal("ok 1 - d t\n1..1\n", text)
  end)

  it("fails at a call that it does not expect, with what differs", function()
    local text = verdict([[it("t", function() ]] .. EXPECT_STOP
      .. [[ client("ec2"):stop_instances { InstanceIds = { "i-2" } } end)]])
    assert.matches("^not ok 1 %- d t\n", text)
    assert.matches('unexpected call: ec2%.stop_instances { InstanceIds = { "i%-2" } }', text)
    assert.matches('expected call 1 differs: InstanceIds%[1%]: expected "i%-1", got "i%-2"', text)
  end)

  it("fails though the code under test swallows the error", function()
    local text = verdict [[it("t", function()
      aws.stub { { service = "sts", operation = "GetCallerIdentity", output = {} } }
      pcall(function() client("ec2"):describe_vpcs() end)
      client("sts"):get_caller_identity()
      pcall(function() client("sts"):get_caller_identity() end)
    end)
    it("next", function() end)]]
    assert.matches("^not ok 1 %- d t\n", text)
    assert.matches("Failure message: [^\n]*_spec.lua:4: aws.stub: unexpected call: ec2.describe_vpcs", text)
    assert.matches("no call of it is expected", text)
    assert.matches("still expected: expected call 1: sts.get_caller_identity", text)
    assert.matches("unexpected call: sts.get_caller_identity.*calls of it that came as expected: 1", text)
    assert.matches("\nok 2 %- d next\n1..2\n", text)
  end)

  it("fails when an expected call never comes", function()
    local text = verdict([[it("t", function() ]] .. EXPECT_STOP .. [[ end)]])
    assert.matches("^not ok 1 %- d t\n", text)
    assert.matches('expected call 1 never came: ec2%.stop_instances { InstanceIds = { "i%-1" } }', text)
  end)

  it("fails for what its before_each expects", function()
    local text = verdict([[before_each(function() ]] .. EXPECT_STOP
      .. [[ end) it("t", function() end) it("u", function()
        client("ec2"):stop_instances { InstanceIds = { "i-1" } }
      end)]])
    assert.matches("^not ok 1 %- d t\n", text)
    assert.matches("\nok 2 %- d u\n", text)
  end)

  it("shows what was swallowed when it fails for another reason", function()
    local text = verdict [[it("t", function()
      aws.stub {}
      pcall(function() client("ec2"):describe_vpcs() end)
      error "something else"
    end)]]
    assert.matches("something else", text)
    assert.matches("unexpected call: ec2.describe_vpcs", text)
  end)

  it("reaches no network by the signed request either", function()
    local text = verdict [[it("t", function()
      aws.stub {}
      pcall(require("aws").request, {
        service = "ec2", region = "eu-west-1", path = "/x", endpoint = "http://127.0.0.1:1",
        credentials = { access_key = "a", secret_key = "b" },
      })
    end)]]
    assert.matches("^not ok 1 %- d t\n", text)
    assert.matches("unexpected request: GET /x of 127.0.0.1:1", text)
  end)

  it("leaves the client as it was for the tests after it", function()
    local text = verdict [[
    local run = require("aws.call").run
    it("t", function() aws.stub {} assert.not_equal(run, require("aws.call").run) end)
    it("u", function() assert.equal(run, require("aws.call").run) end)]]
    assert.equal("ok 1 - d t\nok 2 - d u\n1..2\n", text)
  end)

  it("says where it was asked for something that cannot be", function()
    local text = verdict [[it("t", function() aws.stub "missing.jsonl" end)]]
    assert.matches("_spec.lua:3: aws.stub: /tmp/missing.jsonl: No such file", text)
  end)
end)
