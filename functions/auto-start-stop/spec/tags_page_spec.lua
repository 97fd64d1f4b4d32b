-- Runs the examples of TAGS.md.

local folder = debug.getinfo(1, "S").source:match("^@(.*)/spec/")
local decide = require "decide"
local event_time = require "lambda.event_time"
local grammar = require "schedule.grammar"
local keep = require "keep"
local misspelt = require "misspelt"
local zone = require "schedule.zone"

local UTC, BERLIN = zone.load "UTC", assert(zone.load "Europe/Berlin")
local MONDAY = UTC:utc { year = 2026, month = 11, day = 23 }

local function read_page()
  local file = assert(io.open(folder .. "/TAGS.md"))
  local text = file:read "*a"
  file:close()
  return text
end

local PAGE = read_page()
local NAMES = { texts = assert(loadstring(PAGE:match "```lua\n(.-)```"))() }

-- The rows of the table whose head begins so, each a list of cells.
local function rows(head)
  local at = assert(PAGE:find("\n| " .. head, 1, true), head)
  local list = {}
  local body = PAGE:match("\n[^\n]*\n[^\n]*\n(.-)\n\n", at) or PAGE:match("\n[^\n]*\n[^\n]*\n(.*)$", at)
  for line in body:gmatch "[^\n]+" do
    local cells = {}
    for cell in line:gmatch "|([^|]*)" do cells[#cells + 1] = cell:match "^%s*(.-)%s*$" end
    list[#list + 1] = cells
  end
  return list
end

local function code(cell)
  return cell:match "^`(.*)`$"
end

-- The times of four weeks.
local function times(moments, in_zone)
  local list = {}
  if moments then
    local t = moments:next(MONDAY - 1, in_zone)
    while t < MONDAY + 28 * 86400 do
      list[#list + 1] = t
      t = moments:next(t, in_zone)
    end
  end
  return list
end

-- What a cell names in moments.
local function expected(cell)
  if cell == "" then return {} end
  local moments = assert(grammar.moments(code(cell)))
  return times(moments.at, moments.zone or UTC)
end

local function minute(text)
  return assert(event_time((text:gsub(" ", "T"):gsub("Z$", "") .. ":00Z")))
end

describe("auto-start-stop: TAGS.md", function()
  it("says when each schedule starts and stops", function()
    for _, row in ipairs(rows "value of `start-stop:schedule`") do
      local value = assert(grammar.schedule(code(row[1]), NAMES))
      local there = value.zone or UTC
      assert.same(expected(row[2]), times(value.start, there), row[1])
      assert.same(expected(row[3]), times(value.stop, there), row[1])
      assert.is_true(#row[2] + #row[3] > 0 or value.fixed ~= nil or value.ignored, row[1])
    end
  end)

  it("says when each cron expression comes, however it is spelled", function()
    for _, row in ipairs(rows "value of `start-stop:start`") do
      for cell = 1, 2 do
        local value = assert(grammar.moments(code(row[cell]), NAMES))
        assert.equal(minute(row[3]), value.at:next(MONDAY, value.zone or UTC), row[cell])
      end
      assert.is_nil(code(row[2]):find "[^%w _.:/=+@-]", row[2])
    end
  end)

  it("says when each override ends", function()
    local now = assert(event_time "2026-11-24T10:00:20Z")
    for _, row in ipairs(rows "value of `start-stop:keep`") do
      assert.equal(minute(row[2]), (keep.ends(assert(keep.read(code(row[1]))), now, BERLIN)), row[1])
    end
  end)

  it("says what is told of each wrong value", function()
    local settings = { zone = UTC, period = 600, min_uptime = 0, min_downtime = 0, schedules = NAMES }
    for _, row in ipairs(rows "tag | error") do
      local key, value = row[1]:match "^`(.-)` = `(.*)`$"
      local tags = { { Key = key, Value = value } }
      local outcome = decide({ id = "i-1", state = "running", tags = tags }, MONDAY, settings)
      assert.same({ action = "error", reason = ('%s = "%s": %s'):format(key, value, row[2]) }, outcome)
    end
  end)

  it("says what is told of each misspelt key, and of none that is right", function()
    for _, row in ipairs(rows "key | warning") do
      assert.equal(row[2], misspelt { { Key = code(row[1]), Value = "x" } })
    end
    for _, row in ipairs(rows "key | value") do
      assert.is_nil(misspelt { { Key = code(row[1]), Value = "x" } })
    end
  end)

  it("shows no table of examples that is not run", function()
    local heads = 0
    for _ in PAGE:gmatch "\n|%-" do heads = heads + 1 end
    assert.equal(7, heads) -- those above, the keys and the signs
  end)
end)
