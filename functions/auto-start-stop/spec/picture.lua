--- Draws schedule.svg: a day of instances, each acted on by decide.lua as the function would.
--
-- The triggers come every half hour here, so that each step can be seen.

local decide = require "decide"
local svg = require "svg"
local zone = require "schedule.zone"

local UTC = zone.load("UTC")
local DAY = UTC:utc { year = 2026, month = 11, day = 24 }
local HOUR, TRIGGER = 3600, 1800
local HOURS = 24
local SETTINGS = { zone = UTC, period = TRIGGER, min_uptime = HOUR, min_downtime = HOUR }

local OFFICE = { start = "0 8 * * *", stop = "0 18 * * *" }

-- `by_hand`: what somebody does, by the hour. `missed`: the hours between which no trigger comes.
-- `notes`: words under the line, by the hour. `explain`: the hour to give decide's own words at.
local GROUPS = {
  {
    title = "Both tags: the schedule is a state",
    { title = "Start and stop", tags = OFFICE },
    { title = "Overnight", tags = { start = "0 22 * * *", stop = "0 6 * * *" }, state = "running" },
    {
      title = "Changed by hand", tags = OFFICE, by_hand = { [11.1] = "stop", [20.1] = "start" },
      notes = { [11.8] = "put right at the next trigger", [20.8] = "here too" },
    },
    {
      title = "Triggers missed", tags = OFFICE, missed = { 7.2, 10.2 },
      notes = { [10.7] = "late, but done" },
    },
  },
  {
    title = "One tag: a moment",
    {
      title = "Stop only", tags = { stop = "0 18 * * *" }, by_hand = { [9.1] = "start", [20.1] = "start" },
      notes = { [9.4] = "started by hand, whenever", [24] = "runs on until tomorrow’s stop" },
    },
    {
      title = "Start only", tags = { start = "0 8 * * *" }, by_hand = { [14.1] = "stop" },
      notes = { [14.4] = "stays stopped until tomorrow’s start" },
    },
    {
      title = "Triggers missed", tags = { stop = "0 18 * * *" }, state = "running", missed = { 17.2, 20.2 },
      notes = { [24] = "too late: left running" },
    },
  },
  {
    title = "Neither started nor stopped",
    {
      title = "Disabled", tags = { enable = "no", start = OFFICE.start, stop = OFFICE.stop },
      by_hand = { [12.1] = "start" }, explain = 18,
    },
    { title = "Up time too short", tags = { start = "0 8 * * *", stop = "30 8 * * *" }, explain = 8 },
  },
}

-- ---- what happens ----

local function resource(state, tags)
  local list = {}
  for key, value in pairs(tags) do list[#list + 1] = { Key = "start-stop:" .. key, Value = value } end
  return { id = "i", state = state, tags = list }
end

local function decided(case, state, hour)
  return decide(resource(state, case.tags), DAY + hour * HOUR, SETTINGS)
end

local function triggers(case)
  local hours = {}
  for hour = 0, HOURS, TRIGGER / HOUR do
    local missed = case.missed and hour > case.missed[1] and hour < case.missed[2]
    if not missed then hours[#hours + 1] = hour end
  end
  return hours
end

-- Plays the day: the hours at which the instance runs, and what was done when and by whom.
local function play(case)
  local moments = {}
  for _, hour in ipairs(triggers(case)) do moments[#moments + 1] = { hour = hour } end
  for hour, action in pairs(case.by_hand or {}) do
    moments[#moments + 1] = { hour = hour, action = action, by_hand = true }
  end
  table.sort(moments, function(a, b) return a.hour < b.hour end)

  local state = case.state or "stopped"
  local since = state == "running" and 0 or nil
  local runs, acts = {}, {}
  for _, moment in ipairs(moments) do
    local action = moment.action or decided(case, state, moment.hour).action
    if action == "start" then
      state, since = "running", moment.hour
    elseif action == "stop" then
      runs[#runs + 1] = { since, moment.hour }
      state, since = "stopped", nil
    end
    if action == "start" or action == "stop" then
      acts[#acts + 1] = { hour = moment.hour, action = action, by_hand = moment.by_hand }
    end
  end
  if since then runs[#runs + 1] = { since, HOURS } end
  return runs, acts
end

-- The stretches in which an instance in that state would be acted on.
local function stretches(case, state, action)
  local list = {}
  for hour = 0, HOURS - TRIGGER / HOUR, TRIGGER / HOUR do
    if decided(case, state, hour).action == action then
      local last = list[#list]
      if last and last[2] == hour then
        last[2] = hour + TRIGGER / HOUR
      else
        list[#list + 1] = { hour, hour + TRIGGER / HOUR }
      end
    end
  end
  return list
end

-- ---- how it is drawn ----

local MARGIN, LEFT, RIGHT, TOP = svg.MARGIN, svg.LEFT, svg.RIGHT, svg.TOP
local TITLE = "auto-start-stop: a day in the life of nine instances"
local NOTE = "The marks under the hours are triggers: every half hour here, with PERIOD_MINUTES = 30, "
  .. "so that each step can be seen."
local KEYS = { "enable", "start", "stop" }

local LIGHT = [[
.off { stroke: #afb8c1; stroke-width: 2; }
.trigger { stroke: #818b98; stroke-width: 1; }
.up { fill: #ddf4ff; }
.down { fill: #ffe2e0; }
.missed { fill: url(#hatch); }
.hatch { stroke: #9198a1; stroke-width: 1.2; }
.run { fill: #4ac26b; }
.start { fill: #116329; }
.stop { fill: #cf222e; }
.mark { stroke: #ffffff; stroke-width: 1.5; stroke-linejoin: round; paint-order: stroke; }
.hand { fill: #ffffff; stroke: #8250df; stroke-width: 2.5; }
.error { fill: #bc4c00; }
]]
local DARK = [[
.off { stroke: #59636e; }
.trigger { stroke: #6e7681; }
.up { fill: #12365c; }
.down { fill: #57211f; }
.hatch { stroke: #6e7681; }
.run { fill: #2ea043; }
.start { fill: #7ee787; }
.stop { fill: #ff7b72; }
.mark { stroke: #0d1117; }
.hand { fill: #0d1117; stroke: #bc8cff; }
.error { fill: #f0883e; }
]]

local text, line, box, number = svg.text, svg.line, svg.box, svg.number

local function x_of(hour)
  return LEFT + hour / HOURS * (RIGHT - LEFT)
end

local function mark(act, x, y)
  if act.by_hand then
    return ('<circle class="hand" cx="%s" cy="%s" r="5"/>'):format(number(x), number(y))
  end
  local tip = act.action == "start" and -7 or 7
  return ('<path class="mark %s" d="M%s %s l7 %d h-14 z"/>'):format(act.action, number(x), number(y + tip),
    -2 * tip)
end

local function sorted(map)
  local keys = {}
  for key in pairs(map or {}) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function draw_case(out, case, y)
  local middle = y + 24
  out[#out + 1] = text("name", MARGIN, y + 22, case.title)
  out[#out + 1] = svg.tags(KEYS, case.tags, MARGIN, y + 39)

  for _, span in ipairs(stretches(case, "stopped", "start")) do
    out[#out + 1] = box("up", x_of(span[1]), x_of(span[2]), middle, 32, 3)
  end
  if not case.tags.start then
    for _, span in ipairs(stretches(case, "running", "stop")) do
      out[#out + 1] = box("down", x_of(span[1]), x_of(span[2]), middle, 32, 3)
    end
  end
  if case.missed then
    out[#out + 1] = box("missed", x_of(case.missed[1]), x_of(case.missed[2]), middle, 32, 3)
  end

  local runs, acts = play(case)
  out[#out + 1] = line("off", x_of(0), middle, x_of(HOURS), middle)
  for _, run in ipairs(runs) do out[#out + 1] = box("run", x_of(run[1]), x_of(run[2]), middle, 12, 2) end
  for _, act in ipairs(acts) do out[#out + 1] = mark(act, x_of(act.hour), middle) end

  for _, hour in ipairs(sorted(case.notes)) do
    out[#out + 1] = text(hour == HOURS and "note last" or "note", x_of(hour), y + 53, case.notes[hour])
  end
  if case.explain then
    local outcome = decided(case, case.state or "stopped", case.explain)
    local class = outcome.action == "error" and "note error" or "note"
    out[#out + 1] = text(class, x_of(case.explain), y + 53, outcome.reason)
  end
end

local function draw_axis(out, bottom)
  for hour = 0, HOURS, TRIGGER / HOUR do
    local x = x_of(hour)
    if hour % 3 == 0 then
      out[#out + 1] = line("grid", x, TOP - 6, x, bottom)
      out[#out + 1] = text("hour", x, TOP - 16, ("%02d:00"):format(hour))
    end
    out[#out + 1] = line("trigger", x, TOP - 8, x, TOP - 3)
  end
end

local function draw_legend(out, y)
  local x = MARGIN
  local function entry(sign, width, words, length)
    out[#out + 1] = sign
    out[#out + 1] = text("note", x + width + 8, y + 4, words)
    x = x + width + 8 + length
  end
  entry(box("run", x, x + 26, y, 12, 2), 26, "running", 62)
  entry(mark({ action = "start" }, x + 7, y), 14, "started", 62)
  entry(mark({ action = "stop" }, x + 7, y), 14, "stopped by the function", 148)
  entry(mark({ by_hand = true }, x + 6, y), 12, "started or stopped by hand", 166)
  entry(box("up", x, x + 26, y, 24, 3), 26, "starts what is stopped", 140)
  entry(box("down", x, x + 26, y, 24, 3), 26, "stops what is running", 138)
  entry(box("missed", x, x + 26, y, 24, 3), 26, "no trigger comes", 0)
end

--- @treturn string the picture, SVG
return function()
  return svg.cases {
    title = TITLE, note = NOTE, light = LIGHT, dark = DARK,
    groups = GROUPS, axis = draw_axis, case = draw_case, legend = draw_legend,
  }
end
