local folder = debug.getinfo(1, "S").source:match("^@(.*)/spec/")

-- An EC2 with these reservations, each given as the number of its instances.
local function ec2_with(...)
  local sizes, i = { ... }, 0
  return {
    each = function(_, operation)
      assert.equal("describe_instances", operation)
      return function()
        i = i + 1
        if not sizes[i] then return nil end
        local instances = {}
        for n = 1, sizes[i] do instances[n] = { InstanceId = "i-" .. n } end
        return { Instances = instances }
      end
    end,
  }
end

describe("NAME", function()
  local handler, logged

  setup(function()
    package.loaded["lambda.log"] = { info = function(_, fields) logged = fields end }
    handler = assert(loadfile(folder .. "/handler.lua"))()
  end)

  it("counts the instances of every reservation", function()
    assert.same({ instances = 3 }, handler({}, {}, { ec2 = ec2_with(1, 2) }))
    assert.same({ instances = 3 }, logged)
  end)

  it("counts none where there are none", function()
    assert.same({ instances = 0 }, handler({}, {}, { ec2 = ec2_with() }))
  end)
end)
