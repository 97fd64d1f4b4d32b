local annotate = require "bundle.annotate"
local files = require "bundle.files"
local names = require "aws.names"
local models = require "aws.model"

local function annotated(declared)
  local loaded = {}
  for service in pairs(declared) do loaded[service] = assert(models.load(service)) end
  return annotate.text("sample", declared, loaded)
end

describe("bundle.annotate", function()
  local DECLARED = {
    ec2 = { "StopInstances", "DescribeInstances" },
    dynamodb = { "Query", "PutItem" },
    ["acm-pca"] = { "ListPermissions" },
  }

  local function has(text, ...)
    for _, line in ipairs { ... } do
      assert.is_truthy(text:find("\n" .. line .. "\n", 1, true), ("no line %q in:\n%s"):format(line, text))
    end
  end

  it("tells what a client is and what its operations take and give", function()
    has(annotated(DECLARED),
      '---@class aws\n---@field client fun(service: "acm-pca", options?: aws.options): aws.acm_pca',
      '---@field client fun(service: "ec2", options?: aws.options): aws.ec2',
      "--- Describes the specified instances or all instances.\n"
        .. "---@param params? aws.ec2.DescribeInstancesRequest\n"
        .. "---@return aws.ec2.DescribeInstancesResult? output\n"
        .. "---@return aws.error? err\n"
        .. "function ec2:describe_instances(params) end",
      "---@param params aws.ec2.StopInstancesRequest",
      "---@field InstanceIds string[] # The IDs of the instances.",
      "---@field LaunchTime? number # The time that the instance was last launched.",
      '---@alias aws.ec2.InstanceStateName\n---| "pending"\n---| "running"')
  end)

  it("tells what iterators and waiters take and give", function()
    has(annotated(DECLARED),
      '---@field each fun(self: aws.ec2, name: "describe_instances", '
        .. "params?: aws.ec2.DescribeInstancesRequest): fun(): aws.ec2.Reservation",
      '---@field pages fun(self: aws.dynamodb, name: "query", params: aws.dynamodb.QueryInput): '
        .. "fun(): aws.dynamodb.QueryOutput",
      '---@field each fun(self: aws.dynamodb, name: "query", params: aws.dynamodb.QueryInput): '
        .. "fun(): table<string, aws.dynamodb.AttributeValue>",
      '---@field wait fun(self: aws.ec2, name: "instance_running", '
        .. "params?: aws.ec2.DescribeInstancesRequest, options?: aws.wait): true?, aws.error?")
  end)

  it("knows lists, maps, bytes and what holds itself", function()
    has(annotated(DECLARED),
      "---@field B? string # An attribute of type Binary.",
      "---@field BS? string[] # An attribute of type Binary Set.",
      "---@field L? aws.dynamodb.AttributeValue[] # An attribute of type List.",
      "---@field M? table<string, aws.dynamodb.AttributeValue> # An attribute of type Map.")
  end)

  -- The members of all that an operation reaches.
  local function each_member(model, operation, visit)
    local seen, pending = {}, { operation.input, operation.output }
    while #pending > 0 do
      local name = table.remove(pending).shape
      local shape = model.shapes[name]
      if not seen[name] then
        seen[name] = true
        for member, reference in pairs(shape.members or {}) do
          visit(member)
          pending[#pending + 1] = reference
        end
        for _, part in ipairs { "member", "key", "value" } do pending[#pending + 1] = shape[part] end
      end
    end
  end

  it("names every member, in Lua that does nothing", function()
    for service, operations in pairs {
      ec2 = { "DescribeInstances", "RunInstances" },
      s3 = { "PutObject", "SelectObjectContent", "ListObjectsV2" },
      dynamodb = { "TransactWriteItems", "DescribeTable" },
      ["bedrock-runtime"] = { "ConverseStream" },
      quicksight = { "CreateAnalysis" },
      lambda = { "Invoke", "CreateFunction" },
    } do
      local text = annotated { [service] = operations }
      assert(load(text, "@" .. service, "t", {}))()
      local model = models.load(service)
      for _, name in ipairs(operations) do
        assert.is_truthy(text:find(":" .. names.snake_case(name) .. "(params) end", 1, true))
        each_member(model, model.operations[name], function(member)
          local named = text:find("---@field " .. member .. " ", 1, true)
            or text:find("---@field " .. member .. "? ", 1, true)
            or text:find(("---@field [%q]"):format(member), 1, true)
          assert.is_truthy(named, ("%s %s: %s"):format(service, name, member))
        end)
      end
    end
  end)

  it("defines each class once", function()
    local seen = {}
    for class in annotated(DECLARED):gmatch "%-%-%-@%l+ (aws[%w._]*)\n" do
      assert.is_nil(seen[class], class)
      seen[class] = true
    end
    assert.is_true(seen["aws.ec2.Instance"])
  end)

  it("writes the same for the same", function()
    local text = annotated(DECLARED)
    assert.equal(text, annotated {
      ["acm-pca"] = { "ListPermissions" },
      dynamodb = { "PutItem", "Query" },
      ec2 = { "DescribeInstances", "StopInstances" },
    })
  end)

  describe("as a command", function()
    local root

    setup(function()
      root = os.tmpname()
      os.remove(root)
      files.write(root .. "/functions/sample/requirements.lua",
        'return { aws = { sqs = { "SendMessage" } } }')
      files.write(root .. "/functions/wrong/requirements.lua",
        'return { aws = { sqs = { "SendMesage" } } }')
      files.must { "ln", "-s", files.must({ "pwd" }):match("[^\n]+") .. "/host", root .. "/host" }
    end)

    teardown(function() files.must { "rm", "-r", root } end)

    local function run(names_given)
      local program = require "program"
      local pipe = assert(io.popen(("%s run host/lib/bundle/annotate_main.lua '%s' %s 2>&1; echo $?")
        :format(program, root, names_given)))
      local output = pipe:read("*a")
      pipe:close()
      return output
    end

    it("writes a function's file", function()
      assert.equal("build/annotations/sample.lua\n0\n", run "sample")
      assert.equal(annotated { sqs = { "SendMessage" } }, files.read(root .. "/build/annotations/sample.lua"))
    end)

    it("says what is wrong", function()
      assert.equal('annotate: there is no function "sampel" in functions/; did you mean "sample"?\n1\n',
        run "sampel")
      assert.equal("annotate: functions/wrong/requirements.lua: sqs has no operation \"SendMesage\"; "
        .. 'did you mean "SendMessage"?\n1\n', run "wrong")
    end)
  end)
end)
