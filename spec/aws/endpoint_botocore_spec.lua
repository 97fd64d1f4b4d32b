-- The endpoint rules beside botocore, over random parameters. endpoint_reference.py makes them and
-- says what it needs.

local json = require "json"
local reference = require "aws.reference"
local rules = require "aws.endpoint_rules"
local source = require "aws.model_source"

local SEED, COUNT = 20240717, 1500
local directory = os.getenv("AWS_MODELS") or "build/models"

-- What JSON has as an empty object, the rules may leave out.
local function complete(endpoint)
  return { url = endpoint.url, properties = endpoint.properties or {}, headers = endpoint.headers or {} }
end

local partitions = assert(source.document(directory, "partitions"))
local rulesets = {}

local function ruleset_of(service)
  if not rulesets[service] then
    rulesets[service] = assert(source.document(source.folder(directory, service), "endpoint-rule-set-1"))
  end
  return rulesets[service]
end

local function assert_case(line)
  local case = assert(json.decode(line))
  assert(not case.error, case.error)
  local found, problem = rules.evaluate(ruleset_of(case.service), partitions, case.params)
  if case.expected == json.null then
    assert.is_nil(found, line)
    assert.is_string(problem)
  else
    assert.is_table(found, (problem or "") .. "\n" .. line)
    assert.same(complete(case.expected), complete(found), line)
  end
end

describe("aws.endpoint_rules beside botocore", function()
  it("finds the same endpoints", function()
    local lines = reference("endpoint_reference.py", directory, SEED, COUNT)
    for _, line in ipairs(lines) do assert_case(line) end
    assert.equal(COUNT, #lines)
  end)
end)
