-- aws.jmespath beside Python's jmespath, with random expressions. jmespath_reference.py makes them and says
-- what it needs.

local jmespath = require "aws.jmespath"
local json = require "json"
local reference = require "aws.reference"

local SEED, COUNT = 20260101, 1000

-- Whether two values are the same JSON.
local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  end
  if json.is_array(a) ~= json.is_array(b) then
    return false
  end
  for name in pairs(b) do
    if a[name] == nil then
      return false
    end
  end
  for name, member in pairs(a) do
    if not same(member, b[name]) then
      return false
    end
  end
  return true
end

local function is_right(case)
  local result, message = jmespath.search(case.expression, case.data)
  if case.failed then
    return result == nil and type(message) == "string"
  end
  if result == nil then
    result = json.null
  end
  return message == nil and same(result, case.result)
end

describe("aws.jmespath beside Python's", function()
  it("evaluates random expressions alike", function()
    local lines = reference("jmespath_reference.py", SEED, COUNT)
    for _, line in ipairs(lines) do
      local case = assert(json.decode(line))
      assert(not case.error, case.error)
      local result, message = jmespath.search(case.expression, case.data)
      assert(is_right(case), ("seed %d, %s gave %s"):format(SEED, line, message or json.encode(result)))
    end
    assert.are.equal(COUNT, #lines)
  end)
end)
