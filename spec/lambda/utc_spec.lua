local utc = require "lambda.utc"

describe("utc.format", function()
  it("writes RFC 3339 with milliseconds", function()
    assert.equal("1970-01-01T00:00:00.000Z", utc.format(0))
    assert.equal("2026-11-24T10:00:00.250Z", utc.format(1795514400.25))
    assert.equal("2000-02-29T23:59:59.999Z", utc.format(951868799.9999))
  end)
end)
