-- The signer beside botocore, with random requests. sigv4_reference.py makes them and says what it needs.

local json = require "json"
local sigv4 = require "aws.sigv4"

local SEED, COUNT = 20150830, 1000
local here = debug.getinfo(1, "S").source:match("^@(.*)/") or "."

local function reference_lines()
  local command = ("python3 '%s/sigv4_reference.py' %d %d"):format(here, SEED, COUNT)
  local pipe = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  pipe:close()
  return lines
end

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
    local lines = reference_lines()
    for _, line in ipairs(lines) do
      assert_case(line)
    end
    assert.are.equal(COUNT, #lines)
  end)
end)
