local shutdown = require "lambda.shutdown"

describe("lambda.shutdown", function()
  it("is wanted once there is a hook, and runs it", function()
    local ran = 0
    assert.is_false(shutdown.wanted())
    shutdown.on(function() ran = ran + 1 end)
    assert.is_true(shutdown.wanted())
    shutdown.run()
    assert.equal(1, ran)
  end)

  it("tells the caller of its own mistakes", function()
    assert.error_matches(function() shutdown.on("x") end, "hook")
    for _, seconds in ipairs { 0, -1, 2.5, "1" } do
      assert.error_matches(function() shutdown.bound(seconds) end, "up to 2")
    end
  end)
end)
