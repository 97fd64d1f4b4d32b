local marks = require "marks"
local zone = require "schedule.zone"

local UTC = zone.load "UTC"
local PERIOD = 1795478400 -- 2026-11-24 00:00 UTC

-- What EC2 describes of a snapshot that was made with these `TagSpecifications`.
local function described(id, specifications, more)
  local snapshot = { SnapshotId = id, VolumeId = "vol-1", State = "completed", Tags = specifications[1].Tags }
  for name, value in pairs(more or {}) do snapshot[name] = value end
  return snapshot
end

local function taken(run, name)
  return marks.taken({ id = "vol-1", name = name }, PERIOD, UTC, run or "run-1")
end

local function copied(id, volume)
  local list = marks.units { described(id, taken(), { VolumeId = volume }) }
  return marks.copied(list["vol-1"][1].snapshots[1])
end

local function shape(units)
  local texts = {}
  for i, unit in ipairs(units) do
    local ids = {}
    for j, snapshot in ipairs(unit.snapshots) do ids[j] = snapshot.id end
    texts[i] = table.concat(ids, "+") .. " " .. unit.state
  end
  return texts
end

describe("ebs-snapshots: marks", function()
  it("say who made it, of what, for which period, in which run", function()
    assert.same({ {
      ResourceType = "snapshot",
      Tags = {
        { Key = "snapshot:made-by", Value = "ebs-snapshots" },
        { Key = "snapshot:of", Value = "vol-1" },
        { Key = "snapshot:period", Value = "2026-11-23T19:00:00-05:00" },
        { Key = "snapshot:run", Value = "run-1" },
        { Key = "Name", Value = "data" },
      },
    } }, marks.taken({ id = "vol-1", name = "data" }, PERIOD, zone.load "America/New_York", "run-1"))
  end)

  it("say of a copy what it is a copy of, and keep the rest", function()
    local list = marks.units { described("snap-1", taken("run-1", "data")) }
    assert.same({ {
      ResourceType = "snapshot",
      Tags = {
        { Key = "snapshot:made-by", Value = "ebs-snapshots" },
        { Key = "snapshot:copy-of", Value = "snap-1" },
        { Key = "snapshot:volume", Value = "vol-1" },
        { Key = "snapshot:of", Value = "vol-1" },
        { Key = "snapshot:period", Value = "2026-11-24T00:00:00+00:00" },
        { Key = "snapshot:run", Value = "run-1" },
        { Key = "Name", Value = "data" },
      },
    } }, marks.copied(list["vol-1"][1].snapshots[1]))
  end)

  it("are read again", function()
    local units, strange = marks.units { described("snap-1", taken()) }
    local unit = units["vol-1"][1]
    assert.same({}, strange)
    assert.equal(PERIOD, unit.period)
    assert.equal("completed", unit.state)
    assert.equal("vol-1", unit.snapshots[1].volume)
  end)

  it("put an instance's snapshots together, which one run took", function()
    local units = marks.units {
      described("snap-2", taken("run-1")), described("snap-1", taken("run-1")),
      described("snap-3", taken("run-2")),
    }
    assert.same({ "snap-1+snap-2 completed", "snap-3 completed" }, shape(units["vol-1"]))
  end)

  it("call a unit complete when all of it is, and failed when any is", function()
    local function state(first, second)
      local units = marks.units {
        described("snap-1", taken(), { State = first }), described("snap-2", taken(), { State = second }),
      }
      return units["vol-1"][1].state
    end
    assert.equal("completed", state("completed", "completed"))
    assert.equal("pending", state("completed", "pending"))
    assert.equal("error", state("completed", "error"))
    assert.equal("error", state("error", "pending"))
  end)

  it("know a copy's volume, whatever EC2 makes of it", function()
    local described_copy = described("snap-9", copied("snap-1", "vol-1"), { VolumeId = "vol-ffffffff" })
    local units = marks.units { described_copy }
    local copy = units["vol-1"][1].snapshots[1]
    assert.equal("vol-1", copy.volume)
    assert.equal("snap-1", copy.copy_of)
  end)

  it("set a failed copy, and a second copy of the same, apart from the unit", function()
    local units = marks.units {
      described("snap-5", copied("snap-1")), described("snap-6", copied("snap-2"), { State = "error" }),
      described("snap-7", copied("snap-2")), described("snap-8", copied("snap-1")),
    }
    assert.same({ "snap-5+snap-7 completed", "snap-6 error", "snap-8 completed" }, shape(units["vol-1"]))
  end)

  it("sort units, the newest first", function()
    local function of(id, period)
      return described(id, marks.taken({ id = "vol-1" }, period, UTC, id))
    end
    local day = 86400
    local units = marks.units { of("snap-1", PERIOD), of("snap-2", PERIOD + day), of("snap-3", PERIOD - day) }
    assert.same({ "snap-2 completed", "snap-1 completed", "snap-3 completed" }, shape(units["vol-1"]))
  end)

  it("that somebody has changed make no unit", function()
    local function without(key)
      local specifications = taken()
      for i, tag in ipairs(specifications[1].Tags) do
        if tag.Key == key then table.remove(specifications[1].Tags, i) end
      end
      return described("snap-1", specifications)
    end
    for _, key in ipairs { "snapshot:of", "snapshot:period", "snapshot:run" } do
      local units, strange = marks.units { without(key) }
      assert.same({}, units)
      assert.equal("snap-1", strange[1].id)
      assert.matches("^left alone: its tags snapshot:of, snapshot:period", strange[1].problem)
    end
    local specifications = taken()
    specifications[1].Tags[3].Value = "yesterday"
    assert.equal(1, #select(2, marks.units { described("snap-1", specifications) }))
  end)
end)
