local folder = debug.getinfo(1, "S").source:match("^@(.*)/spec/")
local draw = require "spec.picture"

describe("tag-guard: schedule.svg", function()
  it("is what scripts/draw-schedule draws", function()
    local file = assert(io.open(folder .. "/schedule.svg", "rb"))
    local committed = file:read("*a")
    file:close()
    assert.is_true(committed == draw(), "run scripts/draw-schedule tag-guard")
  end)
end)
