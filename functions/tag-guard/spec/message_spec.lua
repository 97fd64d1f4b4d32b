local message = require "message"

local PLACE = "123456789012, us-east-1"

local function step(action, id, reason, more)
  local made = { action = action, reason = reason, resource = { id = id } }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

describe("tag-guard: the message", function()
  it("has all the news, what was stopped first", function()
    local mark = { Key = "tag-guard:stop-after", Value = "2026-11-25T12:00:00Z" }
    local subject, body = message({
      step("warn", "i-1", "owner is missing", { mark = mark }),
      step("release", "i-2", "it has all its tags now"),
      step("stop", "i-3", "stage is missing"),
      step("report", "vol-1", "owner is missing", { resource = { id = "vol-1", name = "data" } }),
      step("report", "vol-2", "stage is missing"),
    }, PLACE)
    assert.equal("tag-guard: 1 stopped, 1 to be stopped, 2 reported, 1 settled (" .. PLACE .. ")", subject)
    assert.equal([[
tag-guard in 123456789012, us-east-1

Stopped, because their time to be corrected is over:
  i-3: stage is missing

Stopped at the time given, unless they are corrected before:
  i-1: 2026-11-25T12:00:00Z, owner is missing

Without the tags that they should have:
  vol-1 (data): owner is missing
  vol-2: stage is missing

Settled:
  i-2: it has all its tags now
]], body)
  end)

  it("keeps to what SNS takes, however much there is to tell", function()
    local steps = {}
    for i = 1, 3000 do
      steps[i] = step(i % 2 == 0 and "stop" or "report", "i-0a1b2c3d4e5f60001", ("x"):rep(100))
    end
    local subject, body = message(steps, PLACE)
    assert.is_true(#subject <= 100)
    assert.is_true(#body <= 256 * 1024)
    assert.matches("and 1000 more; the log has them all", body, 1, true)
  end)

  it("lets no name break a line", function()
    local _, body = message({ step("stop", "i-1", "x", { resource = { id = "i-1", name = "a\nb" } }) }, PLACE)
    assert.matches("i-1 (a?b): x", body, 1, true)
  end)
end)
