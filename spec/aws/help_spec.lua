local help = require "aws.help"
local models = require "aws.model"

describe("aws.help", function()
  local function page(...)
    return assert(help.page(...))
  end

  local function has(text, ...)
    for _, line in ipairs { ... } do
      assert.is_truthy(text:find(line, 1, true), ("no %q in:\n%s"):format(line, text))
    end
  end

  it("shows an operation's call, members, pages and waiters", function()
    local text = page("ec2", "describe_instances")
    has(text, "local output, err = ec2:describe_instances{ … }\n  Describes the specified instances",
      "\nParameters\n", "  Filters (list of structures): The filters.\n    Name (string): ",
      "    Values (list of strings): ", "\n  MaxResults (whole number): ",
      "\nOutput\n", "\n    Instances (list of structures): ",
      "\n      LaunchTime (time in seconds since 1970): ",
      "      State (structure { Code, Name }): ",
      "\nPages\n  for item in ec2:each(\"describe_instances\", params) do … end\n",
      "gives the items of Reservations\n",
      "\nWaiters\n", "  ec2:wait(\"instance_running\", params): every 15 s, at most 40 times\n",
      "Amazon Elastic Compute Cloud, version 2016-11-15, in the protocol ec2; botocore ")
  end)

  it("shows what a member must be", function()
    has(page("sqs", "send_message"), "sqs:send_message{ MessageBody = …, QueueUrl = …, … }",
      "  QueueUrl (string, required): ", "  MessageAttributes (map from strings to structures): ",
      "    BinaryValue (string of bytes): ")
    has(page("lambda", "create_function"), "  MemorySize (whole number, 128 to ",
      "  PackageType (string, \"Zip\" | \"Image\"): ", "FunctionName (string, required, length 1 to ")
    has(page("ec2", "run_instances"), "  ClientToken (string, made up when left out): ",
      " more): The instance type.")
    has(page("bedrock-runtime", "converse"), "bedrock_runtime:converse{", "any JSON value",
      "union (exactly one member)")
    has(page("logs", "start_live_tail"), "iterator over events")
  end)

  it("shows a structure once, even if it holds itself", function()
    local text = page("dynamodb", "put_item")
    local _, times = text:gsub("BOOL %(boolean%)", "")
    assert.equal(2, times) -- a parameter's and an output's
    has(text, "L (list of structures { B, BOOL, BS, L, M, N, NS, NULL, S, SS })")
  end)

  it("shows the errors that a model names", function()
    has(page("dynamodb", "get_item"), "\nErrors (err.code)\n", "\n  ResourceNotFoundException: ")
    has(page("iam", "get_user"), "\n  NoSuchEntity: ")
    has(page("ec2", "describe_vpcs"), "The model names none.")
  end)

  it("takes AWS's spelling of an operation too", function()
    assert.equal(page("ec2", "stop_instances"), page("ec2", "StopInstances"))
  end)

  it("lists a service's operations, and the services", function()
    has(page "sqs", "Amazon Simple Queue Service", "\n  send_message: Delivers a message")
    assert.matches("^Services\n.*%sec2%s.*%ssqs%s", page())
  end)

  it("proposes the nearest names", function()
    assert.same({ nil, 'unknown service "ec22"; did you mean "ec2"?' }, { help.page "ec22" })
    assert.same({ nil, 'ec2 has no operation "describe_instance"; did you mean "describe_instances"?' },
      { help.page("ec2", "describe_instance") })
    local ok, message = pcall(function() require("aws").help "ec22" end)
    assert.is_false(ok)
    assert.matches("help_spec.lua:%d+: aws.help: unknown service", message)
  end)

  it("keeps to its width, and to plain characters", function()
    local text = page("s3", "put_object") .. page("iam", "create_role") .. page "ec2" .. page()
    assert.is_nil(text:find("\27", 1, true))
    for line in text:gmatch("[^\n]+") do
      local ascii = line:gsub("[\128-\255]+", "x")
      assert.is_true(#ascii <= 100 or not ascii:find(" %S+ "), line)
    end
  end)

  it("shows names in colour where it is asked to", function()
    local text = page("sqs", "send_message", { colour = true })
    assert.is_truthy(text:find("  \27[1mQueueUrl\27[0m (string, required)", 1, true))
    assert.equal(page("sqs", "send_message"), (text:gsub("\27%[[%d;]*m", "")))
  end)

  it("is not loaded before it is asked", function()
    local program = require "program"
    local script = os.tmpname()
    local file = assert(io.open(script, "w"))
    file:write [[require "aws".client("sqs", { region = "x" }) print(package.loaded["aws.help"] == nil)]]
    file:close()
    local run = assert(io.popen(("%s run %s"):format(program, script)))
    assert.equal("true\n", run:read("*a"))
    run:close()
    os.remove(script)
  end)

  describe("in a bundle", function()
    local folder

    setup(function()
      folder = os.tmpname()
      os.remove(folder)
      assert(os.execute("mkdir -p " .. folder .. "/models") == 0)
      local pruned = require("bundle.prune").model(assert(models.load "sqs"), { "SendMessage" })
      local file = assert(io.open(folder .. "/models/sqs.lua", "wb"))
      file:write(require("bundle.serialize").bytecode(pruned))
      file:close()
      assert(io.open(folder .. "/models/partitions.lua", "w")):close()
    end)

    teardown(function() os.execute("rm -r " .. folder) end)

    local function getenv(name)
      return name == "LAMBDA_TASK_ROOT" and folder or nil
    end

    it("says that nothing is described there", function()
      local text = page("sqs", "send_message", { getenv = getenv })
      has(text, "(A bundle's models hold no descriptions; a checkout's do.)",
        "\n  QueueUrl (string, required)\n")
    end)

    it("knows what the bundle holds", function()
      assert.equal("Services\n  sqs\n", page(nil, nil, { getenv = getenv }))
      has(page("sqs", nil, { getenv = getenv }), "\n  send_message\n")
    end)
  end)
end)
