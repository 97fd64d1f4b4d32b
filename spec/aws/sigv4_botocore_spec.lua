-- The signer beside botocore, with random requests. sigv4_reference.py makes them and says what it needs.

local json = require "json"
local reference = require "aws.reference"
local sigv4 = require "aws.sigv4"

local SEED, COUNT = 20150830, 1000

local function assert_case(line)
  local case = assert(json.decode(line))
  assert(not case.error, case.error)
  local answer = sigv4[case.kind](case.request)
  for field, expected in pairs(case.expected) do
    local message = ("seed %d, %s of %s"):format(SEED, field, line)
    assert.are.equal(expected, answer[field], message)
  end
end

describe("aws.sigv4 beside botocore", function()
  it("signs random requests alike", function()
    local lines = reference("sigv4_reference.py", SEED, COUNT)
    for _, line in ipairs(lines) do
      assert_case(line)
    end
    assert.are.equal(COUNT, #lines)
  end)
end)
