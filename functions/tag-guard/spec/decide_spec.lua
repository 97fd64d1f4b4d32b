local decide = require "decide"
local event_time = require "lambda.event_time"
local rulebook = require "rulebook"

local NOON = event_time "2026-11-24T12:00:00Z"
local STOP_AFTER, REPORTED = "tag-guard:stop-after", "tag-guard:reported"

local BOOK = assert(rulebook.new {
  since = "2026-11-01T00:00:00Z",
  instance = { required = { { key = "owner" } }, stop_after_hours = 24 },
  volume = { required = { { key = "owner" } } },
  exceptions = { { tag = "keep", why = "it says so" } },
})

local function step_of(tags, more)
  local resource = {
    kind = "instance", id = "i-1", state = "running", created = NOON - 3600, can_stop = true, tags = {},
  }
  for name, value in pairs(more or {}) do resource[name] = value end
  for key, value in pairs(tags) do table.insert(resource.tags, { Key = key, Value = value }) end
  return decide.step(resource, BOOK, NOON)
end

local function decided(tags, more)
  local step = step_of(tags, more)
  return step.action, step.reason, step.mark
end

describe("tag-guard: decide, about an instance", function()
  it("leaves one with its tags alone", function()
    assert.same({ "none", "it has all its tags" }, { decided { owner = "jane" } })
  end)

  it("warns, and says in a tag when the time is over", function()
    for _, state in ipairs { "pending", "running" } do
      local action, reason, mark = decided({}, { state = state })
      assert.same({ "warn", "owner is missing" }, { action, reason })
      assert.same({ Key = STOP_AFTER, Value = "2026-11-25T12:00:00Z" }, mark)
    end
  end)

  it("waits until the time is over, then stops it", function()
    assert.same({ "wait", "stopped after 2026-11-24T12:00:01Z: owner is missing" },
      { decided { [STOP_AFTER] = "2026-11-24T12:00:01Z" } })
    assert.same({ "stop", "owner is missing" }, { decided { [STOP_AFTER] = "2026-11-24T12:00:00Z" } })
    assert.same({ "stop", "owner is missing" }, { decided { [STOP_AFTER] = "2026-10-01T12:00:00+02:00" } })
  end)

  it("does not stop one that is not yet running", function()
    assert.equal("wait", (decided({ [STOP_AFTER] = "2026-11-24T11:00:00Z" }, { state = "pending" })))
  end)

  it("releases one that has its tags, whatever the time", function()
    assert.same({ "release", "it has all its tags now" },
      { decided { owner = "jane", [STOP_AFTER] = "2026-11-24T11:00:00Z" } })
    assert.equal("release", (decided({ owner = "jane", [REPORTED] = "?" }, { created = 0 })))
  end)

  it("releases one that is stopped, so that it has its time again when it starts", function()
    for _, state in ipairs { "stopping", "stopped" } do
      local tags = { [STOP_AFTER] = "2026-11-24T11:00:00Z" }
      assert.same({ "release", "it is stopped" }, { decided(tags, { state = state }) })
      assert.same({ "none", "it is stopped; owner is missing" }, { decided({}, { state = state }) })
    end
  end)

  it("gives a new time where somebody made nonsense of it", function()
    local action, reason, mark = decided { [STOP_AFTER] = "soon" }
    assert.same({ "warn", 'tag-guard:stop-after = "soon" is no time; owner is missing' }, { action, reason })
    assert.equal("2026-11-25T12:00:00Z", mark.Value)
  end)

  it("never touches what an exception names, not even a tag of its own", function()
    assert.same({ "exempt", "it says so" }, { decided { keep = "" } })
    assert.same({ "exempt", "it says so" }, { decided { keep = "", [STOP_AFTER] = "2026-11-24T11:00:00Z" } })
    assert.same({ "exempt", "it says so" }, { decided { keep = "", owner = "jane", [STOP_AFTER] = "?" } })
  end)

  it("never touches what is older than the rules", function()
    local old = { created = event_time "2026-10-31T23:59:59Z" }
    assert.same({ "none", "it is older than the rules" }, { decided({}, old) })
    assert.equal("none", (decided({ [STOP_AFTER] = "2026-11-24T11:00:00Z" }, old)))
  end)

  it("reports one that cannot be stopped", function()
    local action, _, mark = decided({}, { can_stop = false })
    assert.same({ "report", { Key = REPORTED, Value = "2026-11-24T12:00:00Z" } }, { action, mark })
    assert.equal("wait", (decided({ [REPORTED] = "2026-11-24T11:00:00Z" }, { can_stop = false })))
  end)
end)

describe("tag-guard: decide, about a volume", function()
  local volume = { kind = "volume", state = "in-use", can_stop = false }

  it("reports it once", function()
    local action, reason, mark = decided({}, volume)
    assert.same({ "report", "owner is missing" }, { action, reason })
    assert.same({ Key = REPORTED, Value = "2026-11-24T12:00:00Z" }, mark)
    assert.same({ "wait", "reported at 2026-11-24T11:00:00Z: owner is missing" },
      { decided({ [REPORTED] = "2026-11-24T11:00:00Z" }, volume) })
  end)

  it("releases it when it has its tags", function()
    assert.equal("release", (decided({ owner = "jane", [REPORTED] = "2026-11-24T11:00:00Z" }, volume)))
  end)
end)
