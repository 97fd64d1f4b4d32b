local nearest = require "nearest"

describe("nearest", function()
  it("finds the nearest names, best first", function()
    local known = { "stop_instances", "start_instances", "run_instances", "describe_instances" }
    assert.same({ "stop_instances" }, nearest.names("stop_instance", known))
    assert.same({ "stop_instances" }, nearest.names("StopInstances", known))
    assert.same({ "describe_instances" }, nearest.names("decsribe_instances", known))
  end)

  it("proposes nothing that is far", function()
    assert.same({}, nearest.names("frobnicate", { "stop_instances" }))
    assert.same({}, nearest.names("x", {}))
    assert.same({}, nearest.names("", { "ec2", "s3" }))
  end)

  it("proposes three at most", function()
    assert.equal(3, #nearest.names("aaaa", { "aaab", "aaac", "aaad", "aaae" }))
  end)

  it("ends a message with the proposal, or with nothing", function()
    assert.equal('; did you mean "ec2"?', nearest.suggest("ecc2", { "ec2", "sqs" }))
    assert.equal("", nearest.suggest("kubernetes", { "ec2", "sqs" }))
  end)
end)
