local decide = require "decide"
local holidays = require "schedule.holidays"
local timeline = require "plan.timeline"
local zone = require "schedule.zone"

local BERLIN = assert(zone.load "Europe/Berlin")
local PERIOD, DAY = 600, 86400

local function settings(changes)
  local all = {
    zone = BERLIN, period = PERIOD, min_uptime = 3600, min_downtime = 3600,
    calendars = { off = holidays.parse("2026-03-27 Friday off\n2026-10-26/2026-10-27\n", "txt") },
  }
  for name, value in pairs(changes or {}) do all[name] = value end
  return all
end

local function at(month, day, hour, min)
  return BERLIN:utc { year = 2026, month = month, day = day, hour = hour or 0, min = min or 0 }
end

local function window(from, days)
  return { from = from, to = from + days * DAY, period = PERIOD }
end

local function resource(state, tags, more)
  local list = {}
  for key, value in pairs(tags) do list[#list + 1] = { Key = "start-stop:" .. key, Value = value } end
  local made = { id = "i-1", state = state, tags = list }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local function lines(row)
  local list = {}
  for i, event in ipairs(row.events) do
    local now = row.zone:local_time(event.at)
    list[i] = ("%d %02d:%02d %s"):format(now.day, now.hour, now.min, event.action)
  end
  return list
end

describe("auto-start-stop: plan.timeline", function()
  local OFFICE = { schedule = "mon-fri 08:00-18:00" }

  it("foresees starts and stops, the states between, and the hours", function()
    local row = timeline.of(resource("stopped", OFFICE), window(at(11, 23, 7), 2), settings())
    assert.same({ "23 07:00 none", "23 08:00 start", "23 18:00 stop", "24 08:00 start", "24 18:00 stop" },
      lines(row))
    assert.equal(20 * 3600, row.running)
    assert.same({ from = at(11, 23, 8), to = at(11, 23, 18), word = "running" }, row.states[2])
    assert.equal("stopped, but should be running since 2026-11-23 08:00 +01:00", row.events[2].reason)
    assert.same({}, row.conflicts)
  end)

  it("acts at the trigger after the moment, not at the moment", function()
    local row = timeline.of(resource("stopped", OFFICE), window(at(11, 23, 7, 55), 1), settings())
    assert.equal("23 08:05 start", lines(row)[2])
  end)

  it("leaves the resource that it was given as it is", function()
    local given = resource("stopped", { schedule = "never", keep = "running +3h" })
    local row = timeline.of(given, window(at(11, 23, 7), 1), settings())
    assert.equal("stopped", given.state)
    for _, tag in ipairs(given.tags) do assert.is_nil(tag.Value:find "until") end
    assert.same({ "23 07:00 start", "23 10:00 stop" }, lines(row))
    assert.same({ { from = at(11, 23, 7), to = at(11, 23, 10), word = "running" } }, row.overrides)
  end)

  it("tells what an override holds up", function()
    local tags = { schedule = OFFICE.schedule, keep = "running until 2026-11-23T22:00" }
    local row = timeline.of(resource("running", tags), window(at(11, 23, 12), 1), settings())
    assert.same({ "start-stop:keep holds up the stop at 2026-11-23 18:00 +01:00: it has it running until "
      .. "2026-11-23 22:00 +01:00" }, row.conflicts)
  end)

  it("tells of a start and a stop that come at once", function()
    local tags = { start = "0 8 * * *", stop = "0 8 * * mon" }
    local row = timeline.of(resource("running", tags), window(at(11, 23, 7), 1), settings { min_uptime = 0 })
    assert.same({ "a start and a stop come at once, at 2026-11-23 08:00 +01:00: the stop counts" },
      row.conflicts)
  end)

  it("marks holidays on the days of the resource's own clock", function()
    local tags = { schedule = OFFICE.schedule, holidays = "off" }
    local row = timeline.of(resource("stopped", tags), window(at(3, 26, 20), 4), settings())
    assert.same({ { from = at(3, 27), to = at(3, 28), word = "Friday off" } }, row.holidays)
    assert.equal(10 * 3600, row.running) -- on Monday
  end)

  it("marks the changes of the clock in the resource's own zone", function()
    local row = timeline.of(resource("stopped", OFFICE), window(at(3, 28), 3), settings())
    assert.same({ { at = at(3, 29, 3), by = 3600 } }, row.clock_changes)
    row = timeline.of(resource("stopped", { schedule = "daily 08:00-18:00 Asia/Kolkata" }),
      window(at(3, 28), 3), settings())
    assert.same({}, row.clock_changes)
    assert.equal("Asia/Kolkata", row.zone.name)
  end)

  it("tells of errors from when to when", function()
    local given = resource("running", { schedule = "mon-fri 8-18" })
    local row = timeline.of(given, window(at(11, 23), 7), settings())
    assert.equal(1, #row.errors)
    assert.equal(7 * DAY, row.errors[1].to - row.errors[1].from)
    assert.truthy(row.errors[1].word:find('"8" is no time of day', 1, true))
    assert.same({ "23 00:00 error" }, lines(row))
  end)

  it("takes a wrong option for what it is where it counts: when something is to be done", function()
    local row = timeline.of(resource("stopped", OFFICE, { wrong = "bad order" }), window(at(11, 23), 1),
      settings())
    assert.same({ "23 00:00 none", "23 08:00 error" }, lines(row))
    assert.equal(0, row.running)
  end)

  it("says that tags have no effect on what is left alone", function()
    local row = timeline.of(resource("running", OFFICE, { skip = "a read replica" }), window(at(11, 23), 1),
      settings())
    assert.same({ "its tags have no effect: a read replica" }, row.conflicts)
    assert.equal(DAY, row.running)
  end)

  it("says that a misspelt tag has no effect", function()
    local with_typo = resource("running", OFFICE)
    table.insert(with_typo.tags, { Key = "start-stop:ordre", Value = "1" })
    local row = timeline.of(with_typo, window(at(11, 23), 1), settings())
    assert.same({ 'start-stop:ordre has no effect; did you mean "order"?' }, row.conflicts)
  end)

  it("goes on from what is on its way", function()
    local row = timeline.of(resource("pending", OFFICE, { becoming = "running" }), window(at(11, 22, 12), 1),
      settings())
    assert.same({ "22 12:00 none", "22 12:10 stop", "23 08:00 start" }, lines(row))
  end)

  describe("beside the function itself, at each trigger", function()
    local seed = tonumber(os.getenv "SEED") or os.time() % 1000000
    local CASES, DAYS = 60, 7

    local function pick(...)
      return (select(math.random(select("#", ...)), ...))
    end

    local function time_of_day()
      return ("%02d:%02d"):format(math.random(0, 23), pick(0, 0, 3, 15, 30, 59))
    end

    local function days()
      return pick("", "", "mon-fri ", "weekends ", "sat-mon ", "wed+sun ")
    end

    local function random_schedule()
      local kind = math.random(10)
      if kind == 1 then return pick("always", "never", "ignore") end
      if kind == 2 then return pick("start ", "stop ") .. days() .. time_of_day() end
      if kind == 3 then return "mon-fry" end
      local spans = days() .. time_of_day() .. "-" .. time_of_day()
      if kind > 7 then spans = spans .. " + " .. days() .. time_of_day() .. "-" .. time_of_day() end
      return spans .. pick("", "", " America/New_York", " Asia/Kolkata", " Australia/Lord_Howe")
    end

    local function random_tags(from)
      local tags = {}
      if math.random(4) == 1 then
        local crons = {
          "0 8 * * mon-fri", "30 2 * * *", "*/30 2 * * *", "15 1 * * sun", "0 20 L * *", "5 3 * * *",
        }
        if math.random(3) > 1 then tags.start = pick(unpack(crons)) end
        if math.random(3) > 1 then tags.stop = pick(unpack(crons)) end
        tags.timezone = pick(nil, "Europe/London", "America/New_York")
      else
        tags.schedule = random_schedule()
      end
      if math.random(4) == 1 then tags.enforce = "no" end
      if math.random(12) == 1 then tags.enable = "no" end
      if math.random(3) == 1 then tags.holidays = pick("off", "off stop", "off start+stop", "of") end
      if math.random(4) == 1 then
        local till = BERLIN:local_time(from + math.random(-24, 120) * 3600)
        local text = (" until %04d-%02d-%02dT%02d:%02d"):format(till.year, till.month, till.day, till.hour,
          till.min)
        tags.keep = pick("running", "stopped") .. pick(text, text, " +7h", " +1d30m", " +95m")
      end
      return tags
    end

    -- What the function does at each trigger, its own doing carried along.
    local function by_hand(given, span, all)
      local copy = { id = given.id, state = given.state, tags = {} }
      for i, tag in ipairs(given.tags) do copy.tags[i] = { Key = tag.Key, Value = tag.Value } end
      local acts, states, errors = {}, {}, {}
      for t = span.from, span.to - 1, span.period do
        local outcome = decide(copy, t, all)
        for _, tag in ipairs(copy.tags) do
          tag.Value = outcome.remember and outcome.remember[tag.Key] or tag.Value
        end
        if outcome.action == "start" or outcome.action == "stop" then
          copy.state = outcome.action == "start" and "running" or "stopped"
          acts[#acts + 1] = ("%d %s %s"):format(t, outcome.action, outcome.reason)
        end
        states[#states + 1] = copy.state
        errors[#errors + 1] = outcome.action == "error" and outcome.reason or ""
      end
      return acts, states, errors
    end

    local function word_at(spans, t)
      for _, span in ipairs(spans) do
        if t >= span.from and t < span.to then return span.word end
      end
      return ""
    end

    local function foreseen(given, span, all)
      local row = timeline.of(given, span, all)
      local acts, states, errors = {}, {}, {}
      for _, event in ipairs(row.events) do
        if event.action == "start" or event.action == "stop" then
          acts[#acts + 1] = ("%d %s %s"):format(event.at, event.action, event.reason)
        end
      end
      for t = span.from, span.to - 1, span.period do
        states[#states + 1] = word_at(row.states, t)
        errors[#errors + 1] = word_at(row.errors, t)
      end
      return acts, states, errors
    end

    it("says the same of random tags, also across changes of the clock (seed " .. seed .. ")", function()
      math.randomseed(seed)
      local all, acted, failed = settings(), 0, 0
      for case = 1, CASES do
        local from = pick(at(3, 24), at(10, 21), at(11, 23), at(10, 28)) + math.random(0, 1439) * 60
        local given, span = resource(pick("running", "stopped"), random_tags(from)), window(from, DAYS)
        local acts, states, errors = by_hand(given, span, all)
        local plan_acts, plan_states, plan_errors = foreseen(given, span, all)
        local words = {}
        for _, tag in ipairs(given.tags) do words[#words + 1] = tag.Key .. "=" .. tag.Value end
        local shown = ("case %d: %s from %d: %s"):format(case, given.state, from, table.concat(words, ", "))
        assert.same(acts, plan_acts, shown)
        assert.same(states, plan_states, shown)
        assert.same(errors, plan_errors, shown)
        acted, failed = acted + #acts, failed + (errors[1] ~= "" and 1 or 0)
      end
      assert.is_true(acted > CASES and failed > 0, "the random tags do little") -- or this proves nothing
    end)
  end)
end)
