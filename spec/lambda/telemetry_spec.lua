local hex = require("host.digest").hex
local telemetry = require "lambda.telemetry"

describe("telemetry.frame", function()
  it("puts type, length and time before the line", function()
    assert.equal("a55a000e" .. "00000002" .. "000643b5a1c7d840" .. "6869",
      hex(telemetry.frame("hi", "JSON", "INFO", 0x000643b5a1c7d840 / 1e6)))
  end)

  it("has a type for each format and level", function()
    local types = {}
    for _, level in ipairs { "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL" } do
      types[#types + 1] = hex(telemetry.frame("", "JSON", level, 0)):sub(7, 8)
      types[#types + 1] = hex(telemetry.frame("", "TEXT", level, 0)):sub(7, 8)
    end
    assert.same({ "06", "07", "0a", "0b", "0e", "0f", "12", "13", "16", "17", "1a", "1b" }, types)
    assert.equal("a55a0003", hex(telemetry.frame("", "TEXT", nil, 0)):sub(1, 8))
  end)

  it("counts bytes, and holds any", function()
    local frame = telemetry.frame("é\n\0", "TEXT", nil, 0)
    assert.equal(16 + 4, #frame)
    assert.equal("00000004", hex(frame):sub(9, 16))
    assert.equal("é\n\0", frame:sub(17))
  end)
end)
