local models = require "aws.model"
local reduce = require("bundle.rules").reduce
local rule_params = require "aws.rule_params"
local rules = require "aws.endpoint_rules"

local function ref(name) return { ref = name } end

local function fn(name, ...) return { fn = name, argv = { ... } } end

local function endpoint(url, ...)
  return { type = "endpoint", conditions = { ... }, endpoint = { url = url } }
end

local function tree(list, ...)
  return { type = "tree", conditions = { ... }, rules = list }
end

-- What is left of rules whose parameters are Region, Fips and Bucket (of one operation, Get) and Never.
local function left(list, operations)
  local reduced = reduce({
    operations = { Get = { input = { shape = "Input" } }, List = {} },
    shapes = { Input = { members = { Bucket = { shape = "S", contextParam = { name = "Bucket" } } } } },
    endpoint_rules = {
      parameters = {
        Region = { type = "string", builtIn = "AWS::Region" },
        Fips = { type = "boolean", builtIn = "AWS::UseFIPS", default = false },
        Bucket = { type = "string" },
        Never = { type = "boolean", default = false },
      },
      rules = list,
    },
  }, operations or { "Get" })
  return reduced.rules, reduced.parameters
end

local BUCKET = fn("isSet", ref "Bucket")
local FIPS = fn("booleanEquals", ref "Fips", true)

describe("bundle.rules", function()
  it("drops rules that need what no declared operation gives", function()
    local list = { endpoint("https://a", BUCKET), endpoint("https://b") }
    assert.equal(2, #left(list, { "List", "Get" }))
    local rest, parameters = left(list, { "List" })
    assert.equal(1, #rest)
    assert.equal("https://b", rest[1].endpoint.url)
    assert.is_nil(parameters.Bucket)
    assert.is_table(parameters.Region)
  end)

  it("drops conditions that always hold, and what comes after an end", function()
    local rest = left {
      endpoint("https://a", fn("isSet", ref "Region"), fn("booleanEquals", ref "Never", false)),
      endpoint("https://b"),
    }
    assert.same({ { conditions = {}, endpoint = { url = "https://a" } } }, rest)
  end)

  it("drops what the rules around it have decided", function()
    local rest = left {
      tree({
        endpoint("https://a", FIPS, BUCKET),
        endpoint("https://b", fn("not", FIPS)),
        endpoint("https://c"),
      }, FIPS),
      endpoint("https://d", FIPS),
      endpoint("https://e"),
    }
    assert.equal(2, #rest)
    assert.same({ BUCKET }, rest[1].rules[1].conditions)
    assert.equal("https://c", rest[1].rules[2].endpoint.url)
    assert.equal("https://e", rest[2].endpoint.url)
  end)

  it("keeps what a condition assigns", function()
    local part = fn("aws.partition", ref "Region")
    part.assign = "p"
    local rest = left { endpoint("https://{p#name}", part) }
    assert.same({ part }, rest[1].conditions)
  end)

  it("opens trees without conditions", function()
    local rest = left { tree({ tree({ endpoint("https://a", BUCKET) }) }), endpoint("https://b") }
    assert.equal(2, #rest)
    assert.equal("https://a", rest[1].endpoint.url)
  end)

  it("gives nil for a model without rules", function()
    assert.is_nil(reduce({ operations = {}, shapes = {} }, {}))
  end)

  it("changes no answer of S3's and DynamoDB's own rules", function()
    local values = {
      Region = { "us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1", "aws-global" },
      UseFIPS = { true, false }, UseDualStack = { true, false }, ForcePathStyle = { true, false },
      Endpoint = { "http://localhost:5000", "https://beta.example.com/path" },
      Bucket = { "my-bucket", "My.bucket", "arn:aws:s3:us-west-2:123456789012:accesspoint:point",
        "bucket--usw2-az1--x-s3", "arn:bad" },
      ResourceArn = { "arn:aws:dynamodb:us-east-1:123456789012:table/t", "t" },
      Key = { "k" },
    }
    local state = 42
    local function chance(n) -- the minimal standard generator
      state = state * 16807 % 2147483647
      return state % n + 1
    end
    for service, operations in pairs { s3 = { "GetObject", "PutObject" }, dynamodb = { "GetItem" } } do
      local model = assert(models.load(service))
      local reduced = reduce(model, operations)
      local varying = rule_params.varying(model, operations)
      local names = {}
      for name in pairs(model.endpoint_rules.parameters) do names[#names + 1] = name end
      table.sort(names)
      for _ = 1, 300 do
        local params = {}
        for _, name in ipairs(names) do
          local known = values[name]
          if not varying[name] then
            params[name] = rule_params.fixed(name, model.endpoint_rules.parameters[name])
          elseif known and (name == "Region" or chance(3) > 1) then
            params[name] = known[chance(#known)]
          end
        end
        local whole, whole_problem = rules.evaluate(model.endpoint_rules, model.partitions, params)
        local part, part_problem = rules.evaluate(reduced, model.partitions, params)
        assert.same(whole, part)
        assert.equal(whole_problem, part_problem)
      end
    end
  end)
end)
