local errors = require "aws.error"

describe("aws.error", function()
  it("prints what is known and nothing else", function()
    assert.equal("ec2 StopInstances: UnauthorizedOperation: no (HTTP 403, request r-1)", tostring(errors.new {
      code = "UnauthorizedOperation", message = "no", status = 403, request_id = "r-1",
      service = "ec2", operation = "StopInstances",
    }))
    assert.equal("Timeout: slow", tostring(errors.new { code = "Timeout", message = "slow" }))
    assert.equal("404 (HTTP 404)", tostring(errors.new { code = "404", message = "", status = 404 }))
    assert.equal("Unknown", tostring(errors.new {}))
  end)

  it("joins strings", function()
    local err = errors.new { code = "A", message = "b" }
    assert.equal("failed: A: b.", "failed: " .. err .. ".")
  end)

  it("knows its own", function()
    assert.is_true(errors.is(errors.new { code = "A" }))
    for _, other in ipairs { "text", 1, {}, { code = "A" } } do assert.is_false(errors.is(other)) end
    assert.is_false(errors.is(nil))
  end)
end)
