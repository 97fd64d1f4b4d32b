--- Draws schedule.svg: ten weeks of snapshots, each taken, copied and expired by plan.lua as the function
-- would.
--
-- Two runs a day here, half an hour after midnight and after noon.

local simulate = require "spec.simulation"
local svg = require "svg"
local zone = require "schedule.zone"

local UTC = zone.load "UTC"
local START = UTC:utc { year = 2026, month = 9, day = 15 }
local DAY, DAYS = 86400, 71
local HOME, ABROAD = "us-east-1", "eu-west-1"

-- By days from the start: `missed` has no runs, at `fails` a snapshot fails, `gone` is when the volume
-- goes, an image uses the snapshot of the day `used`, copies are asked for from `copies_from` on. `notes`
-- are words by day.
local GROUPS = {
  {
    title = "How long",
    { title = "By count", tags = { every = "daily", keep = "7" } },
    { title = "By age", tags = { every = "daily", keep = "30d" } },
    {
      title = "By days, weeks and months",
      tags = { every = "daily", keep = "7 daily, 4 weekly, 3 monthly" },
    },
  },
  {
    title = "How often",
    { title = "Twice a day", tags = { every = "12h", keep = "5d, 4 weekly" } },
    { title = "On weekdays", tags = { every = "30 3 * * mon-fri", keep = "20" } },
    { title = "Every month", tags = { every = "monthly", keep = "12" } },
  },
  {
    title = "What comes between",
    {
      title = "Runs missed", tags = { every = "daily", keep = "30d" }, missed = { 45, 52 },
      notes = { [52.6] = "goes on with the present day" },
    },
    {
      title = "One has failed", tags = { every = "daily", keep = "30d" }, fails = 52,
      notes = { [52.9] = "another by the next run" },
    },
    {
      title = "An image uses one", tags = { every = "daily", keep = "7" }, used = 30,
      notes = { [30.9] = "kept, whatever the rules say" },
    },
    {
      title = "The volume is gone", tags = { every = "daily", keep = "7" }, gone = 50,
      notes = { [51] = "its last snapshots stay" },
    },
  },
  {
    title = "To another region",
    {
      title = "Copies, from 26 October on",
      tags = { every = "daily", keep = "7, 4 weekly", ["copy-to"] = ABROAD },
      copies_from = 41,
    },
  },
}

-- ---- what happens ----

local function is_missed(case, day)
  return case.missed and day >= case.missed[1] and day < case.missed[2] or case.gone and day >= case.gone
end

local function day_of(snapshot)
  for _, tag in ipairs(snapshot.Tags) do
    if tag.Key == "snapshot:period" then
      local year, month, day, hour = tag.Value:match("^(%d+)-(%d+)-(%d+)T(%d+)")
      local t = UTC:utc {
        year = tonumber(year), month = tonumber(month), day = tonumber(day), hour = tonumber(hour),
      }
      return (t - START) / DAY
    end
  end
end

-- Plays the weeks: the simulation at the end, and the days of all snapshots that there have been.
local function play(case)
  local today
  local failed = false
  local simulation = simulate({ every = case.tags.every, keep = case.tags.keep }, function()
    if today ~= case.fails or failed then return false end
    failed = true
    return true
  end)
  local function works(step)
    local snapshot = step.action == "expire" and simulation[step.region][step.snapshot]
    return not (snapshot and case.used == math.floor(day_of(snapshot)))
  end

  local taken = {}
  local function run(half)
    simulation:run(START + half * DAY / 2 + 1800, works)
    for _, snapshot in pairs(simulation[HOME]) do taken[day_of(snapshot)] = true end
    simulation:settle()
  end
  for half = 0, 2 * DAYS - 1 do
    today = math.floor(half / 2)
    if case.copies_from and today >= case.copies_from then simulation.source.wanted.copy_to = ABROAD end
    if not is_missed(case, today) then run(half) end
  end
  if not case.gone then run(2 * DAYS - 1) end -- to see the last one through
  return simulation, taken
end

-- ---- how it is drawn ----

local MARGIN, LEFT, RIGHT, TOP = svg.MARGIN, svg.LEFT, svg.RIGHT, svg.TOP
local TITLE = "ebs-snapshots: what is left after ten weeks"
local NOTE = "Each mark stands at the day of its snapshot. The weeks begin on Monday."
local KEYS = { "every", "keep", "copy-to" }

local LIGHT = [[
.past { fill: #afb8c1; }
.left { fill: #1a7f37; }
.copy { fill: #0969da; }
.used { fill: #ffffff; stroke: #bc4c00; stroke-width: 2.5; }
.failed { stroke: #cf222e; stroke-width: 2.2; fill: none; }
.missed { fill: url(#hatch); }
.hatch { stroke: #9198a1; stroke-width: 1.2; }
]]
local DARK = [[
.past { fill: #59636e; }
.left { fill: #4ac26b; }
.copy { fill: #58a6ff; }
.used { fill: #0d1117; stroke: #f0883e; }
.failed { stroke: #ff7b72; }
.hatch { stroke: #6e7681; }
]]

local text, line, box, number = svg.text, svg.line, svg.box, svg.number

local function x_of(day)
  return LEFT + (day + 0.5) / DAYS * (RIGHT - LEFT)
end

local function mark(class, x, y)
  if class == "past" then return box("past", x - 1.2, x + 1.2, y, 6, 1) end
  if class == "used" then
    return ('<circle class="used" cx="%s" cy="%s" r="4.5"/>'):format(number(x), number(y))
  end
  if class == "failed" then
    return ('<path class="failed" d="M%s %s l8 8 m0 -8 l-8 8"/>'):format(number(x - 4), number(y - 4))
  end
  return box(class, x - 2.3, x + 2.3, y, 16, 1.5)
end

local function sorted(map)
  local keys = {}
  for key in pairs(map or {}) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- The days of a region's snapshots, in their order. Those before the first week are not drawn.
local function days_in(simulation, region)
  local days = {}
  for _, snapshot in pairs(simulation[region]) do
    local day = day_of(snapshot)
    if day >= 0 then days[day] = true end
  end
  return sorted(days), days
end

local function draw_case(out, case, y)
  local middle = case.copies_from and y + 14 or y + 24
  out[#out + 1] = text("name", MARGIN, y + 22, case.title)
  out[#out + 1] = svg.tags(KEYS, case.tags, MARGIN, y + 39)
  if case.missed then
    out[#out + 1] = box("missed", x_of(case.missed[1] - 0.5), x_of(case.missed[2] - 0.5), middle, 32, 3)
  end

  local simulation, taken = play(case)
  local left, is_left = days_in(simulation, HOME)
  for _, day in ipairs(sorted(taken)) do
    if day >= 0 and not is_left[day] then out[#out + 1] = mark("past", x_of(day), middle) end
  end
  for _, day in ipairs(left) do
    out[#out + 1] = mark(day == case.used and "used" or "left", x_of(day), middle)
  end
  for _, day in ipairs((days_in(simulation, ABROAD))) do
    out[#out + 1] = mark("copy", x_of(day), middle + 22)
  end
  if case.fails then out[#out + 1] = mark("failed", x_of(case.fails), middle - 17) end
  for _, day in ipairs(sorted(case.notes)) do
    out[#out + 1] = text("note", x_of(day), y + 53, case.notes[day])
  end
end

local MONTHS = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }

local function draw_axis(out, bottom)
  for day = 0, DAYS - 1 do
    local at = UTC:local_time(START + day * DAY)
    if at.wday == 2 then
      local x = x_of(day - 0.5)
      out[#out + 1] = line("grid", x, TOP - 6, x, bottom)
      out[#out + 1] = text("hour", x, TOP - 16, ("%d %s"):format(at.day, MONTHS[at.month]))
    end
  end
end

local function draw_legend(out, y)
  local x = MARGIN
  local function entry(class, words, length)
    out[#out + 1] = class == "missed" and box("missed", x, x + 26, y, 24, 3) or mark(class, x + 5, y)
    local width = class == "missed" and 34 or 16
    out[#out + 1] = text("note", x + width, y + 4, words)
    x = x + width + length
  end
  entry("left", "there on 24 November", 148)
  entry("past", "has had its time", 116)
  entry("copy", "copy in the other region", 160)
  entry("used", "an image uses it", 116)
  entry("failed", "failed", 62)
  entry("missed", "no run comes", 0)
end

--- @treturn string the picture, SVG
return function()
  return svg.cases {
    title = TITLE, note = NOTE, light = LIGHT, dark = DARK,
    groups = GROUPS, axis = draw_axis, case = draw_case, legend = draw_legend,
  }
end
