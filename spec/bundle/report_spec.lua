local report = require "bundle.report"

describe("bundle.report", function()
  it("sums up the entries by part, the largest first", function()
    local directory = {
      { path = "a.lua", size = 1234, packed = 100 },
      { path = "bootstrap", size = 3575944, packed = 1700000 },
      { path = "b.lua", size = 766, packed = 899 },
    }
    local parts = { ["a.lua"] = "function", ["b.lua"] = "function", bootstrap = "program" }
    local lines = {}
    for line in report.text(directory, parts, 1701234):gmatch("[^\n]+") do
      lines[#lines + 1] = line:gsub("^%s+", ""):gsub("%s%s+", "|")
    end
    assert.same({
      "bytes|zipped", "program|3,575,944|1,700,000", "function|2,000|999", "the whole zip|1,701,234",
    }, lines)
  end)

  it("names the parts of the program below it", function()
    local directory = { { path = "bootstrap", size = 300, packed = 100 } }
    local text = report.text(directory, { bootstrap = "program" }, 122, { LuaJIT = 100, OpenSSL = 200 })
    assert.matches("\n  program +300 +100\n    OpenSSL +200\n    LuaJIT +100\n  the whole zip +122$",
      text)
  end)
end)
