-- Lambda, Step Functions and EC2.
local http = require "host.http"
local json = require "json"
local moto = require "live.moto"

-- A zip of one empty file; moto looks no further.
local ZIP = "PK\3\4\10\0\0\0\0\0\0\0!\0" .. ("\0"):rep(12) .. "\1\0\0\0a"
  .. "PK\1\2\10\3\10\0\0\0\0\0\0\0!\0" .. ("\0"):rep(12) .. "\1\0" .. ("\0"):rep(16) .. "a"
  .. "PK\5\6\0\0\0\0\1\0\1\0/\0\0\0\31\0\0\0\0\0"

local MACHINE = '{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}'

describe("Computing in a local AWS", function()
  local aws, role

  setup(function()
    aws = moto.start()
    role = assert(aws:client("iam"):create_role {
      RoleName = "runs", AssumeRolePolicyDocument = '{"Version":"2012-10-17","Statement":[]}',
    }).Role.Arn
  end)

  teardown(function() aws:stop() end)

  describe("in Lambda", function()
    local lambda

    setup(function()
      -- An answer made up beforehand, in the place of a container that runs the function.
      assert(http.request {
        method = "POST", url = aws.url .. "/moto-api/config", headers = { "Content-Type: application/json" },
        body = '{"lambda":{"use_docker":false}}',
      })
      lambda = aws:client("lambda")
    end)

    local function create(name)
      return assert(lambda:create_function {
        FunctionName = name, Runtime = "provided.al2023", Role = role, Handler = "handler",
        Code = { ZipFile = ZIP }, MemorySize = 128, Environment = { Variables = { STAGE = "a=b & c" } },
        Tags = { ["team name"] = "ü" },
      })
    end

    it("creates a function and describes it", function()
      local created = create "first"
      assert.equal("first", created.FunctionName)
      assert.equal(#ZIP, created.CodeSize)
      assert.is_true(lambda:wait("function_active_v2", { FunctionName = "first" }))
      local described = assert(lambda:get_function { FunctionName = "first" })
      assert.same({ STAGE = "a=b & c" }, described.Configuration.Environment.Variables)
      assert.same({ ["team name"] = "ü" }, described.Tags)
    end)

    it("takes an ARN as a part of the path", function()
      local arn = create("by-arn").FunctionArn
      assert.equal("by-arn", assert(lambda:get_function_configuration { FunctionName = arn }).FunctionName)
      assert(lambda:delete_function { FunctionName = arn })
    end)

    it("gives an invocation's status and payload as they come", function()
      create "invoked"
      local output = assert(lambda:invoke {
        FunctionName = "invoked", Payload = json.encode { n = 1 }, InvocationType = "RequestResponse",
      })
      assert.equal(200, output.StatusCode)
      assert.is_string(output.Payload)
    end)

    it("lists functions", function()
      local names = {}
      for fn in lambda:each("list_functions") do names[#names + 1] = fn.FunctionName end
      table.sort(names)
      assert.equal("first invoked", table.concat(names, " "))
    end)

    it("says what went wrong", function()
      local none, err = lambda:get_function { FunctionName = "no-such-function" }
      assert.is_nil(none)
      assert.equal("ResourceNotFoundException 404", err.code .. " " .. err.status)
      assert.matches("no%-such%-function", err.message)
    end)
  end)

  describe("in Step Functions", function()
    local states
    setup(function() states = aws:client("stepfunctions") end)

    it("starts an execution and describes it", function()
      local machine = assert(states:create_state_machine {
        name = "machine", definition = MACHINE, roleArn = role,
      }).stateMachineArn
      local started = assert(states:start_execution { stateMachineArn = machine, input = '{"a":[1]}' })
      assert.is_number(started.startDate)
      local execution = assert(states:describe_execution { executionArn = started.executionArn })
      assert.same({ a = { 1 } }, json.decode(execution.input))
      local count = 0
      for _ in states:each("list_executions", { stateMachineArn = machine, maxResults = 1 }) do
        count = count + 1
      end
      assert.equal(1, count)
    end)

    it("says what went wrong", function()
      local none, err = states:describe_state_machine {
        stateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:none",
      }
      assert.is_nil(none)
      assert.equal("StateMachineDoesNotExist", err.code)
    end)
  end)

  describe("in EC2", function()
    local ec2
    setup(function() ec2 = aws:client("ec2") end)

    local tags = { { Key = "Name", Value = "a <b> & 'c'" }, { Key = "nothing", Value = "" } }

    local function run(count)
      local made = assert(ec2:run_instances {
        ImageId = "ami-12345678", MinCount = count, MaxCount = count, InstanceType = "t3.micro",
        TagSpecifications = { { ResourceType = "instance", Tags = tags } },
      })
      local ids = {}
      for i, instance in ipairs(made.Instances) do ids[i] = instance.InstanceId end
      return ids
    end

    it("waits for instances to run and to stop", function()
      local ids = run(2)
      assert.is_true(ec2:wait("instance_running", { InstanceIds = ids }, { delay = 0 }))
      local stopped = assert(ec2:stop_instances { InstanceIds = ids })
      assert.equal(2, #stopped.StoppingInstances)
      assert.is_true(ec2:wait("instance_stopped", { InstanceIds = ids }, { delay = 0 }))
      local reached, err = ec2:wait("instance_running", { InstanceIds = ids },
        { delay = 0, max_attempts = 2 })
      assert.is_nil(reached)
      assert.equal("WaiterTimeout", err.code)
    end)

    it("filters, and reads page by page", function()
      local ids = run(7)
      local count = 0
      local params = { Filters = { { Name = "instance-id", Values = ids } }, MaxResults = 5 }
      for reservation in ec2:each("describe_instances", params) do
        for _, instance in ipairs(reservation.Instances) do
          count = count + 1
          assert.is_number(instance.LaunchTime)
          assert.same(tags, instance.Tags)
        end
      end
      assert.equal(7, count)
    end)

    it("says what went wrong", function()
      local none, err = ec2:stop_instances { InstanceIds = { "i-0123456789abcdef0" } }
      assert.is_nil(none)
      assert.equal("InvalidInstanceID.NotFound 400", err.code .. " " .. err.status)
      assert.is_string(err.request_id)
      assert.matches("^ec2 StopInstances: InvalidInstanceID.NotFound: ", tostring(err))
    end)
  end)
end)
