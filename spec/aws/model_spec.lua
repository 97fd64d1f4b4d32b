local models = require "aws.model"

local function shell(command, ...)
  local status = os.execute(command:format(...))
  assert(status == 0 or status == true)
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

describe("aws.model", function()
  local root

  setup(function()
    root = os.tmpname()
    os.remove(root)
    for _, folder in ipairs { "data/thing/2019-01-01", "data/thing/2020-01-01", "data/odd/2020-01-01",
      "empty", "task/models" } do
      shell("mkdir -p '%s/%s'", root, folder)
    end
    write(root .. "/__init__.py", "import os\n__version__ = '1.2.3'\n")
    write(root .. "/data/partitions.json", '{"partitions":[{"id":"aws"}]}')
    write(root .. "/data/thing/2019-01-01/service-2.json", '{"metadata":{"apiVersion":"2019"}}')
    local folder = root .. "/data/thing/2020-01-01/"
    write(folder .. "service-2.json",
      '{"metadata":{"apiVersion":"2020"},"shapes":{"A":{"members":{"B":{"shape":"C"}}}}}')
    write(folder .. "service-2.sdk-extras.json",
      '{"version":1.0,"merge":{"shapes":{"A":{"members":{"D":{"shape":"E"}}}},"metadata":{"serviceId":"X"}}}')
    write(folder .. "paginators-1.json", '{"pagination":{"List":{"input_token":"T"}}}')
    write(folder .. "waiters-2.json", '{"version":2,"waiters":{"Done":{"delay":1}}}')
    shell("gzip -q '%swaiters-2.json'", folder)
    write(root .. "/data/odd/2020-01-01/service-2.json", '{"metadata":')
    write(root .. "/task/models/thing.lua",
      'return { metadata = { apiVersion = "bundled" }, operations = {}, undeclared = "List" }')
    write(root .. "/task/models/later.lua", ("return { form = %d }"):format(models.FORM + 1))
    write(root .. "/task/models/partitions.lua", 'return { partitions = {} }')
  end)

  teardown(function() shell("rm -r '%s'", root) end)

  local function env(variables)
    return function(name)
      local value = variables[name]
      return value and root .. value
    end
  end

  local source

  before_each(function() source = env { AWS_MODELS = "/data" } end)

  it("reads the newest version from a botocore directory, with its extras", function()
    local model = assert(models.load("thing", source))
    assert.equal("2020", model.metadata.apiVersion)
    assert.same({ B = { shape = "C" }, D = { shape = "E" } }, model.shapes.A.members)
    assert.equal("X", model.metadata.serviceId)
    assert.equal("botocore 1.2.3", model.source)
    assert.equal("thing", model.service)
    assert.is_nil(model.bundled)
  end)

  it("has its companions when they are asked for, compressed ones too", function()
    local model = assert(models.load("thing", source))
    assert.same({ List = { input_token = "T" } }, model.paginators)
    assert.same({ Done = { delay = 1 } }, model.waiters)
    assert.is_nil(model.endpoint_rules)
    assert.same({ partitions = { { id = "aws" } } }, model.partitions)
    assert.equal(model.partitions, models.partitions(source))
  end)

  it("is read once", function()
    assert.equal(models.load("thing", source), models.load("thing", source))
  end)

  it("prefers the bundle's", function()
    local model = assert(models.load("thing", env { LAMBDA_TASK_ROOT = "/task", AWS_MODELS = "/data" }))
    assert.equal("bundled", model.metadata.apiVersion)
    assert.is_true(model.bundled)
    assert.is_nil(model.paginators)
    assert.same({ partitions = {} }, model.partitions)
  end)

  it("is refused where a bundle's is of a later form than this runtime reads", function()
    local model, message = models.load("later", env { LAMBDA_TASK_ROOT = "/task", AWS_MODELS = "/data" })
    assert.is_nil(model)
    assert.matches("built for a later runtime than this one; publish the runtime's layer anew", message)
  end)

  it("proposes the nearest service", function()
    local model, message = models.load("thnig", source)
    assert.is_nil(model)
    assert.equal('unknown service "thnig"; did you mean "thing"?', message)
  end)

  it("says how a bundle gets a model", function()
    local bundle = env { LAMBDA_TASK_ROOT = "/task", AWS_MODELS = "/empty" }
    assert.equal('the bundle holds no model of "ecs"; requirements.lua: add ecs = { "SomeOperation" } to aws',
      (select(2, models.load("ecs", bundle))))
    assert.truthy((select(2, models.load("cognito-idp", bundle))):find('["cognito-idp"] = {', 1, true))
  end)

  it("is not misled where the program lies beside the bundle's models", function()
    local bundle = env { LAMBDA_TASK_ROOT = "/task", AWS_MODELS = "/task/models" }
    local message = select(2, models.load("thang", bundle))
    assert.truthy(message:find('requirements.lua: add thang', 1, true))
  end)

  it("says where models are to be had when there are none", function()
    assert.truthy((select(2, models.load("ec2", env { AWS_MODELS = "/gone" }))):find("AWS_MODELS", 1, true))
  end)

  it("leaves its directory for no name", function()
    for _, name in ipairs { "../data/thing", "", "a/b", ".", "thing\0", "-x" } do
      assert.is_nil((models.load(name, source)), name)
      assert.is_nil((models.load(name, env { LAMBDA_TASK_ROOT = "/task", AWS_MODELS = "/data" })), name)
    end
  end)

  it("says which file is broken", function()
    local model, message = models.load("odd", source)
    assert.is_nil(model)
    assert.truthy(message:find("odd/2020-01-01/service-2.json: ", 1, true))
  end)
end)
