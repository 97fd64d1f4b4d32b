local aws = require("spec_helper").aws

local folder = debug.getinfo(1, "S").source:match("^@(.*)/spec/")

-- A call of describe_instances that gives reservations, each named by the number of its instances.
local function page(sizes, token, next_token)
  local reservations = {}
  for i, size in ipairs(sizes) do
    reservations[i] = { Instances = {} }
    for n = 1, size do reservations[i].Instances[n] = { InstanceId = "i-" .. n } end
  end
  return {
    service = "ec2",
    operation = "DescribeInstances",
    params = { MaxResults = 1000, NextToken = token },
    output = { Reservations = reservations, NextToken = next_token },
  }
end

describe("NAME", function()
  local handler, logged

  setup(function()
    package.loaded["lambda.log"] = { info = function(_, fields) logged = fields end }
    handler = assert(loadfile(folder .. "/handler.lua"))()
  end)

  it("counts the instances of every reservation on every page", function()
    aws.stub { page({ 1, 2 }, nil, "more"), page({ 3 }, "more") }
    assert.same({ instances = 6 }, handler({}, {}))
    assert.same({ instances = 6 }, logged)
  end)

  it("counts none where there are none", function()
    aws.stub { page {} }
    assert.same({ instances = 0 }, handler({}, {}))
  end)

  it("fails when AWS refuses", function()
    aws.stub {
      { service = "ec2", operation = "DescribeInstances", error = { code = "UnauthorizedOperation" } },
    }
    assert.error_matches(function() handler({}, {}) end, "UnauthorizedOperation")
  end)
end)
