-- KEEP_SEED sets the seed of the random cases, to ask others or to repeat a failure.

local keep = require "keep"
local zone = require "schedule.zone"

local SEED = tonumber(os.getenv "KEEP_SEED") or 2026
local CASES = 400
local folder = debug.getinfo(1, "S").source:match("^@(.*)/")
local UTC = zone.load "UTC"
local DAY = 86400
local NOON = UTC:utc { year = 2026, month = 11, day = 26, hour = 12 } -- a Thursday

local function units_of(times)
  local units = {}
  for i, t in ipairs(times) do units[i] = { period = t } end
  return units
end

-- The times that rules keep, newest first.
local function kept(text, times, now, in_zone)
  local units = units_of(times)
  local why = keep.kept(assert(keep.parse(text)), units, now, in_zone or UTC)
  local list = {}
  for _, unit in ipairs(units) do
    if why[unit] then list[#list + 1] = unit.period end
  end
  return list, why, units
end

-- The ages in days of what is kept of a daily series.
local function ages(text, days)
  local times = {}
  for age = 0, days - 1 do times[#times + 1] = NOON - age * DAY end
  local list = kept(text, times, NOON)
  for i, t in ipairs(list) do list[i] = (NOON - t) / DAY end
  return list
end

describe("ebs-snapshots: keep", function()
  it("keeps by count", function()
    assert.same({ 0, 1, 2 }, ages("3", 10))
    assert.same({ 0, 1, 2 }, ages("9", 3))
  end)

  it("keeps by age, and the newest in any case", function()
    assert.same({ 0, 1, 2 }, ages("3d", 10))
    assert.same({ 0, 1 }, ages("36h", 10))
    assert.same({ 0, 1, 2, 3, 4, 5, 6 }, ages("1w", 10))
    assert.same({ NOON - 500 * DAY }, kept("1y", { NOON - 500 * DAY, NOON - 501 * DAY }, NOON))
  end)

  it("keeps the newest of each day, week, month and year", function()
    assert.same({ 0, 1 }, ages("2 daily", 10))
    assert.same({ 0, 4, 11 }, ages("3 weekly", 40)) -- today, and the Sundays before
    assert.same({ 0, 26, 57 }, ages("3 monthly", 100)) -- today, 31 October, 30 September
    assert.same({ 0, 330 }, ages("2 yearly", 500)) -- today, 31 December
    assert.same({ 0, 1, 2, 4, 26 }, ages("3 daily, 2 weekly, 2 monthly", 60))
  end)

  it("counts days that have one, not days on the calendar", function()
    assert.same({ NOON, NOON - 9 * DAY }, kept("2 daily", { NOON, NOON - 9 * DAY, NOON - 30 * DAY }, NOON))
  end)

  it("says why", function()
    local _, why, units = kept("2, 1 weekly, 2d", { NOON, NOON - DAY }, NOON)
    assert.equal("the newest, one of the newest 2, weekly, younger than 2d", why[units[1]])
    assert.equal("one of the newest 2, younger than 2d", why[units[2]])
  end)

  it("keeps both hours that the clock shows twice", function()
    local berlin = zone.load "Europe/Berlin"
    local first = 1792888200 -- 2026-10-25 02:30 +02:00
    local last = first + 3600
    assert.same({ last, first }, kept("2 hourly", { last, first, first - 3600 }, last, berlin))
  end)

  it("takes /, + and ; for a comma, any case, and no space", function()
    for _, text in ipairs {
      "7 daily, 4 weekly, 12 monthly", "7 daily / 4 weekly / 12 monthly", "7daily+4weekly+12monthly",
      "7 Daily; 4 WEEKLY;12 monthly", " 7  daily ,4 weekly,12 monthly ",
    } do
      local rules = assert(keep.parse(text))
      local read = {}
      for i, rule in ipairs(rules) do read[i] = rule.number .. rule.word end
      assert.same({ "7daily", "4weekly", "12monthly" }, read)
    end
    assert.equal("7 daily, 30d", keep.text(assert(keep.parse("7 daily/30d"))))
  end)

  it("says what is wrong with any other", function()
    for text, says in pairs {
      [""] = '"" is none of a number', seven = '"seven" is none of', ["7 days"] = '"7 days" is none of',
      ["7 daily,"] = '"" is none of', ["7,,8"] = '"" is none of', ["0"] = "the number is from 1",
      ["0 daily"] = "the number is from 1", ["99999"] = "the number is from 1 to 10000",
      ["-3"] = "is none of",
      ["1.5"] = "is none of", ["7 daily 4 weekly"] = "is none of", ["30m"] = "is none of",
    } do
      local rules, problem = keep.parse(text)
      assert.is_nil(rules, text)
      assert.matches(says, problem, 1, true)
      assert.matches("for example: 7 daily, 4 weekly, 12 monthly", problem, 1, true)
    end
  end)
end)

-- ---- random cases ----

local function words(text)
  local list = {}
  for word in text:gmatch("%S+") do list[#list + 1] = tonumber(word) end
  return list
end

local function cases()
  local list = {}
  local pipe = assert(io.popen(("python3 -B '%s/keep_reference.py' %d %d"):format(folder, SEED, CASES)))
  for line in pipe:lines() do
    local name, now, text, times, expected = line:match("^(.-)\t(.-)\t(.-)\t(.-)\t(.*)$")
    list[#list + 1] = {
      zone = zone.load(name), now = tonumber(now), text = text,
      times = words(times), expected = words(expected),
      line = ("KEEP_SEED=%d: %s"):format(SEED, line),
    }
  end
  pipe:close()
  assert.equal(CASES, #list, "the reference did not finish")
  return list
end

describe(("ebs-snapshots: keep, in random cases of seed %d"):format(SEED), function()
  local all

  setup(function() all = cases() end)

  it("keeps what the plainest program keeps", function()
    for _, case in ipairs(all) do
      assert.same(case.expected, (kept(case.text, case.times, case.now, case.zone)), case.line)
    end
  end)

  it("always keeps the newest, and keeps what it kept", function()
    for _, case in ipairs(all) do
      local once = kept(case.text, case.times, case.now, case.zone)
      assert.equal(case.times[1], once[1], case.line)
      assert.same(once, (kept(case.text, once, case.now, case.zone)), case.line)
    end
  end)

  it("leaves the same whether it expires after every run or once at the end", function()
    for _, case in ipairs(all) do
      local present = {}
      for i = #case.times, 1, -1 do
        table.insert(present, 1, case.times[i])
        present = kept(case.text, present, case.times[i], case.zone)
      end
      assert.same(case.expected, present, case.line)
    end
  end)

  it("keeps no less by one rule more", function()
    for _, case in ipairs(all) do
      local is_kept = {}
      local more = kept(case.text .. ", 3 weekly", case.times, case.now, case.zone)
      for _, t in ipairs(more) do is_kept[t] = true end
      for _, t in ipairs(case.expected) do assert.is_true(is_kept[t], case.line) end
    end
  end)
end)
