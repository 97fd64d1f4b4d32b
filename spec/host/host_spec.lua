local host = require "host"

describe("host", function()
  it("names its program and version", function()
    assert.matches("^/.*bootstrap$", host.program())
    assert.matches("^%d+%.%d+", host.version)
  end)

  it("writes past any buffer", function()
    assert.is_true(host.write(1, ""))
    assert.is_true(host.write(1, "# written\n"))
  end)

  it("says why it cannot write", function()
    local ok, message = host.write(9999, "text")
    assert.is_nil(ok)
    assert.matches("%S", message)
  end)
end)
