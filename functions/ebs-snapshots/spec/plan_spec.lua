-- PLAN_SEED sets the seed of the random runs, to ask others or to repeat a failure.

local keep = require "keep"
local plan = require "plan"
local simulate = require "spec.simulation"
local zone = require "schedule.zone"

local SEED = tonumber(os.getenv "PLAN_SEED") or 2026
local HOME, ABROAD = "us-east-1", "eu-west-1"
local HOUR, DAY = 3600, 86400
local UTC = zone.load "UTC"
local START = UTC:utc { year = 2026, month = 11, day = 24 } -- a midnight

-- What steps do, each as one text: action, region where it is not home, snapshot.
local function done(steps)
  local list = {}
  for _, step in ipairs(steps) do
    if step.action ~= "none" then
      local words = { step.action }
      if step.region ~= HOME then words[2] = "abroad" end
      words[#words + 1] = step.snapshot or step.original and step.original.id
      list[#list + 1] = table.concat(words, " ")
    end
  end
  return list
end

local function run(simulation, now)
  local steps = done(simulation:run(now))
  simulation:settle()
  return steps
end

local function periods(units)
  local list = {}
  for i, unit in ipairs(units) do list[i] = (unit.period - START) / DAY end
  return list
end

describe("ebs-snapshots: plan", function()
  it("takes one snapshot a period, however often it runs", function()
    local simulation = simulate { every = "daily" }
    assert.same({ "take" }, run(simulation, START))
    for hour = 0, 23 do assert.same({}, run(simulation, START + hour * HOUR)) end
    assert.same({ "take" }, run(simulation, START + DAY))
    assert.same({ 1, 0 }, periods(simulation:units(HOME)))
  end)

  it("takes a late one still, and none for periods that are over", function()
    local simulation = simulate { every = "daily" }
    run(simulation, START)
    assert.same({ "take" }, run(simulation, START + 3 * DAY + 23 * HOUR))
    assert.same({ "take" }, run(simulation, START + 4 * DAY))
    assert.same({ 4, 3, 0 }, periods(simulation:units(HOME)))
  end)

  it("takes none while one is under way, and another where one has failed", function()
    local failing = true
    local simulation = simulate({ every = "daily" }, function() return failing end)
    assert.same({ "take" }, done(simulation:run(START)))
    assert.same({}, done(simulation:run(START + HOUR)))
    simulation:settle()
    assert.same({ "take", "discard snap-000001" }, done(simulation:run(START + 2 * HOUR)))
    failing = false
    simulation:settle()
    assert.same({}, done(simulation:run(START + 3 * HOUR)))
  end)

  it("says why none is taken", function()
    local simulation = simulate { every = "daily" }
    assert.equal("none yet of the period since 2026-11-24 00:00 +00:00",
      simulation:run(START + HOUR)[1].reason)
    assert.equal("the period since 2026-11-24 00:00 +00:00 has its snapshot: snap-000001",
      simulation:run(START + HOUR)[1].reason)
    assert.equal("snapshot:every is not set: none is taken", simulate { keep = "7" }:run(START)[1].reason)
    assert.equal("the first period has not begun",
      simulate { every = "cron(0 0 1 1 ? 2030)" }:run(START)[1].reason)
  end)

  it("expires by the rules, and says by which", function()
    local simulation = simulate { every = "daily", keep = "2" }
    for day = 0, 2 do run(simulation, START + day * DAY) end
    local steps = simulation:run(START + 2 * DAY + HOUR)
    assert.same({ "expire snap-000001" }, done(steps))
    assert.equal("of the period since 2026-11-24 00:00 +00:00, and snapshot:keep is 2", steps[2].reason)
  end)

  it("expires nothing in favour of one that is not complete", function()
    local simulation = simulate { every = "daily", keep = "1" }
    run(simulation, START)
    assert.same({ "take" }, done(simulation:run(START + DAY)))
    assert.same({}, done(simulation:run(START + DAY + HOUR)))
    simulation:settle()
    assert.same({ "expire snap-000001" }, done(simulation:run(START + DAY + 2 * HOUR)))
  end)

  it("expires nothing where no tag says how long", function()
    local simulation = simulate { every = "daily" }
    for day = 0, 40 do assert.same({ "take" }, run(simulation, START + day * DAY)) end
  end)

  it("goes on expiring where none are taken any more, but for the newest", function()
    local simulation = simulate { every = "daily", keep = "3d" }
    for day = 0, 3 do run(simulation, START + day * DAY) end
    simulation.source.wanted.every = nil
    run(simulation, START + 90 * DAY)
    assert.same({ 3 }, periods(simulation:units(HOME)))
  end)

  it("removes the second of two that were taken at the same instant", function()
    local simulation = simulate { every = "daily", keep = "7" }
    local other = simulation:plan(START)
    simulation:run(START)
    local taken = simulation.plan
    simulation.plan = function() return other end
    simulation:run(START)
    simulation.plan = taken
    simulation:settle()
    local steps = simulation:run(START + HOUR)
    assert.same({ "expire snap-000002" }, done(steps))
    assert.equal("a second one of its period, besides snap-000001", steps[2].reason)
  end)

  it("copies what is complete, at the next run", function()
    local simulation = simulate { every = "daily", copy = true }
    assert.same({ "take" }, done(simulation:run(START)))
    assert.same({ "waiting abroad snap-000001" }, done(simulation:run(START + HOUR)))
    simulation:settle()
    assert.same({ "copy abroad snap-000001" }, done(simulation:run(START + 2 * HOUR)))
    assert.same({}, done(simulation:run(START + 3 * HOUR)))
  end)

  it("copies the newest of those that were there before, and all that come after", function()
    local simulation = simulate { every = "daily" }
    for day = 0, 4 do run(simulation, START + day * DAY) end
    simulation.source.wanted.copy_to = ABROAD
    run(simulation, START + 4 * DAY + HOUR)
    assert.same({ 4 }, periods(simulation:units(ABROAD)))
    for day = 5, 7 do run(simulation, START + day * DAY) end
    run(simulation, START + 7 * DAY + HOUR)
    assert.same({ 7, 6, 5, 4 }, periods(simulation:units(ABROAD)))
  end)

  it("makes up for copies that could not be made", function()
    local simulation = simulate { every = "daily", keep = "9", copy = true }
    local broken = false
    local function works(step) return not (broken and step.action == "copy") end
    for day = 0, 5 do
      broken = day > 1 and day < 5
      simulation:run(START + day * DAY, works)
      simulation:settle()
    end
    run(simulation, START + 5 * DAY + HOUR)
    assert.same({ 5, 4, 3, 2, 1, 0 }, periods(simulation:units(ABROAD)))
  end)

  it("expires copies in their own region, but none before its successor is there", function()
    local simulation = simulate { every = "daily", keep = "1", copy = true }
    run(simulation, START)
    run(simulation, START + HOUR)
    run(simulation, START + DAY)
    local steps = simulation:run(START + DAY + HOUR)
    assert.same({ "copy abroad snap-000003", "expire snap-000001" }, done(steps))
    assert.same({}, done(simulation:run(START + DAY + 2 * HOUR)))
    simulation:settle()
    assert.same({ "expire abroad snap-000002" }, done(simulation:run(START + DAY + 3 * HOUR)))
  end)

  it("keeps an original for as long as it is being copied", function()
    local simulation = simulate { every = "daily", keep = "1", copy = true }
    run(simulation, START)
    simulation:run(START + HOUR) -- begins the copy
    simulation.source.wanted.copy_to = nil
    run(simulation, START + DAY)
    simulation.source.wanted.copy_to = ABROAD
    for _, snapshot in pairs(simulation[ABROAD]) do snapshot.State = "pending" end
    local steps = simulation:run(START + DAY + HOUR)
    assert.same({ "copy abroad snap-000003", "kept snap-000001" }, done(steps))
    assert.matches("^it is being copied, to snap%-000002; of the period", steps[#steps].reason)
  end)

  it("copies again what has failed to be copied, and removes the failure", function()
    local failing = true
    local simulation = simulate({ every = "daily", copy = true }, function(region)
      return region == ABROAD and failing
    end)
    run(simulation, START)
    assert.same({ "copy abroad snap-000001" }, run(simulation, START + HOUR))
    failing = false
    assert.same({ "copy abroad snap-000001", "discard abroad snap-000002" },
      run(simulation, START + 2 * HOUR))
    assert.same({}, run(simulation, START + 3 * HOUR))
  end)

  -- A complete unit of a day, by its snapshots' ids, or by those of which they are copies.
  local function unit(day, ids, are_copies)
    local snapshots = {}
    for i, id in ipairs(ids) do
      snapshots[i] = are_copies and { id = "copy-" .. id, state = "completed", copy_of = id }
        or { id = id, state = "completed" }
    end
    return { period = START + day * DAY, state = "completed", snapshots = snapshots }
  end

  local function steps_of(keep_text, here, there)
    local source = simulate({ keep = keep_text, copy = true }).source
    return done(plan.steps(source, { name = HOME, units = { ["vol-1"] = here } },
      { name = ABROAD, units = { ["vol-1"] = there } }, START + 20 * DAY))
  end

  it("expires no copy while an instance's newer ones are not all there", function()
    local here, older = { unit(9, { "a", "b" }) }, unit(8, { "c", "d" }, true)
    assert.same({ "copy abroad b" }, steps_of("1", here, { unit(9, { "a" }, true), older }))
    assert.same({ "expire abroad copy-c", "expire abroad copy-d" },
      steps_of("1", here, { unit(9, { "a", "b" }, true), older }))
  end)

  it("copies nothing that would be expired there at once", function()
    -- Days 11 and 12 are a Saturday and a Sunday; somebody has deleted the Sunday's original.
    local here = { unit(11, { "sat" }), unit(2, { "old" }) }
    local there = { unit(12, { "sun" }, true), unit(2, { "old" }, true) }
    assert.same({}, steps_of("2 weekly", here, there))
    assert.same({ "copy abroad sat" }, steps_of("3 daily", here, there))
  end)

  it("does at home what is to be done when the other region cannot be seen", function()
    local simulation = simulate { every = "daily", keep = "1", copy = true }
    local source, here = simulation.source, { name = HOME, units = {} }
    assert.same({ "take" }, done(plan.steps(source, here, nil, START)))
  end)

  it("leaves alone what has no source, and what somebody has changed", function()
    local simulation = simulate { every = "daily" }
    for day = 0, 2 do run(simulation, START + day * DAY) end
    local region = {
      name = HOME, units = { ["vol-1"] = simulation:units(HOME) },
      strange = { { id = "snap-9", problem = "odd" } },
    }
    assert.same({
      {
        action = "none", source = "vol-1", region = HOME,
        reason = "no tag says how long: its 3 snapshots are left alone",
      },
      { action = "error", region = HOME, snapshot = "snap-9", reason = "odd" },
    }, plan.left_alone(region, {}))
    assert.equal(1, #plan.left_alone(region, { ["vol-1"] = true }))
  end)
end)

-- ---- random runs ----

local RULES = { "1", "3", "5d", "4 daily", "2 daily, 2 weekly", "12h, 3 daily, 1 monthly" }
local EVERY = { "hourly", "6h", "daily", "30 3 * * mon-fri", "weekly" }

local function complete(units)
  local list = {}
  for _, unit in ipairs(units) do
    if unit.state == "completed" then list[#list + 1] = unit end
  end
  return list
end

-- Runs at random times, some of them twice, some of whose calls and snapshots fail.
local function play(choose)
  local tags = { every = EVERY[choose(#EVERY)], keep = RULES[choose(#RULES)], copy = choose(2) == 1 }
  local chance = choose(4) * 0.1 - 0.1
  local simulation = simulate(tags, function() return math.random() < chance end)
  local now = START + choose(400) * HOUR
  for _ = 1, 60 do
    now = now + (choose(4) == 1 and 0 or choose(30) * HOUR)
    simulation:run(now, function() return math.random() >= chance end)
    if choose(3) > 1 then simulation:settle() end
  end
  local case = ("PLAN_SEED=%d: every %s, keep %s, chance %g"):format(SEED, tags.every, tags.keep, chance)
  return simulation, now, case
end

-- Runs on without failures until nothing changes any more.
local function come_to_rest(simulation, now)
  simulation.fails = function() return false end
  for _ = 1, 8 do
    simulation:settle()
    simulation:run(now)
  end
  simulation:settle()
  return done(simulation:run(now))
end

describe(("ebs-snapshots: plan, in random runs of seed %d"):format(SEED), function()
  local function each(check)
    math.randomseed(SEED)
    for _ = 1, 40 do check(play(math.random)) end
  end

  it("comes to rest, with one snapshot a period", function()
    each(function(simulation, now, case)
      assert.same({}, come_to_rest(simulation, now), case)
      for _, region in ipairs { HOME, ABROAD } do
        local seen = {}
        for _, unit in ipairs(simulation:units(region)) do
          assert.equal("completed", unit.state, case)
          assert.is_nil(seen[unit.period], case)
          seen[unit.period] = true
        end
      end
    end)
  end)

  it("has the present period's snapshot, and its copy, at rest", function()
    each(function(simulation, now, case)
      come_to_rest(simulation, now)
      local wanted = simulation.source.wanted
      local period = wanted.every:previous(now, UTC)
      assert.equal(period, simulation:units(HOME)[1].period, case)
      if wanted.copy_to then assert.equal(period, simulation:units(ABROAD)[1].period, case) end
    end)
  end)

  it("keeps at rest what the rules keep, in both regions", function()
    each(function(simulation, now, case)
      come_to_rest(simulation, now)
      local wanted = simulation.source.wanted
      for _, region in ipairs { HOME, ABROAD } do
        local units = complete(simulation:units(region))
        local kept = keep.kept(wanted.keep, units, now, UTC)
        for _, unit in ipairs(units) do assert.is_truthy(kept[unit], case) end
      end
    end)
  end)
end)
