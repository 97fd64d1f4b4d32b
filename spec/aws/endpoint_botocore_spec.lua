-- The endpoint rules beside botocore, over random parameters. endpoint_reference.py makes them and
-- says what it needs.

local json = require "json"
local rules = require "aws.endpoint_rules"
local source = require "aws.model_source"

local SEED, COUNT = 20240717, 1500
local here = debug.getinfo(1, "S").source:match("^@(.*)/") or "."
local directory = os.getenv("AWS_MODELS") or "build/models"

local function reference_lines()
  local command = ("python3 '%s/endpoint_reference.py' '%s' %d %d"):format(here, directory, SEED, COUNT)
  local pipe = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

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
    local lines = reference_lines()
    for _, line in ipairs(lines) do assert_case(line) end
    assert.equal(COUNT, #lines)
  end)
end)
