local json = require "json"
local subject_of = require "subject"

local folder = debug.getinfo(1, "S").source:match("^@(.*)/spec/")

local function sample(name)
  local file = assert(io.open(("%s/events/%s.json"):format(folder, name), "rb"))
  local event = assert(json.decode(file:read("*a")))
  file:close()
  return event
end

describe("tag-guard: an event's subject", function()
  it("is the resource that is new, or whose tags are", function()
    local instance = { instance = { "i-0a1b2c3d4e5f60001" }, volume = {} }
    assert.same(instance, subject_of(sample "launched"))
    assert.same(instance, subject_of(sample "tagged"))
    assert.same({ instance = {}, volume = { "vol-0a1b2c3d4e5f60001" } }, subject_of(sample "volume-created"))
  end)

  it("is everything for the schedule", function()
    assert.same({ all = true }, subject_of(sample "scheduled"))
  end)

  it("has other resources beside it", function()
    assert.same({ instance = { "i-1" }, volume = {} }, subject_of {
      resources = {
        "arn:aws-cn:ec2:cn-north-1:123456789012:instance/i-1", "arn:aws:s3:::bucket",
        "arn:aws:ec2:us-east-1:123456789012:snapshot/snap-1", 7,
      },
    })
  end)

  it("must be there", function()
    local expected = "event.resources names no instance and no volume"
    for _, event in ipairs { sample "of-another-kind", {}, { resources = "i-1" }, { resources = {} } } do
      local subject, message = subject_of(event)
      assert.is_nil(subject)
      assert.matches(expected, message, 1, true)
    end
  end)
end)
