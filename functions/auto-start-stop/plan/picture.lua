--- A plan as a picture for a document: SVG that is good on a light page and on a dark one.

local clock = require "schedule.clock"
local svg = require "svg"

local M = {}

local MARGIN, LEFT, RIGHT = svg.MARGIN, svg.LEFT, svg.RIGHT
local TOP, ROW, BAR = 112, 34, 12
local MOST_LABELS, DAY = 8, 86400
local LONGEST = 34 -- characters of a name that fit
local WEEKDAYS = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" }

local LIGHT = [[
.stopped { stroke: #afb8c1; stroke-width: 2; }
.running { fill: #4ac26b; }
.other { fill: #9198a1; }
.override { fill: none; stroke: #8250df; stroke-width: 2; }
.holiday { fill: #fff1c2; }
.error { fill: url(#hatch); }
.hatch { stroke: #e5534b; stroke-width: 1.4; }
.clock { stroke: #bc4c00; stroke-width: 2; stroke-dasharray: 4 3; }
]]
local DARK = [[
.stopped { stroke: #59636e; }
.running { fill: #2ea043; }
.override { stroke: #bc8cff; }
.holiday { fill: #4b3a12; }
.hatch { stroke: #8e3530; }
.clock { stroke: #f0883e; }
]]

local function x_in(window)
  return function(t)
    return LEFT + (t - window.from) / (window.to - window.from) * (RIGHT - LEFT)
  end
end

-- At most so many bytes, never a part of a character.
local function shortened(text)
  text = text:gsub("%c", " ")
  if #text <= LONGEST then return text end
  return text:sub(1, LONGEST - 1):gsub("[\192-\255][\128-\191]*$", "") .. "…"
end

local function draw_days(out, plan, x_of, bottom)
  local zone, window = plan.zone, plan.window
  local day = math.floor((window.from + zone:offset_at(window.from)) / DAY) + 1
  local step = math.ceil((window.to - window.from) / DAY / MOST_LABELS)
  local t = zone:first_time(day * DAY)
  while t < window.to do
    local now = zone:local_time(t)
    out[#out + 1] = svg.line("grid", x_of(t), TOP - 8, x_of(t), bottom)
    local label = ("%s %02d-%02d"):format(WEEKDAYS[now.wday], now.month, now.day)
    out[#out + 1] = svg.text("hour", x_of(t), TOP - 14, label)
    day = day + step
    t = zone:first_time(day * DAY)
  end
end

local function draw_boxes(out, class, list, x_of, y, height)
  for _, span in ipairs(list) do
    out[#out + 1] = svg.box(class, x_of(span.from), x_of(span.to), y, height, 2)
  end
end

local function draw_states(out, row, x_of, y)
  for _, span in ipairs(row.states) do
    if span.word == "stopped" then
      out[#out + 1] = svg.line("stopped", x_of(span.from), y, x_of(span.to), y)
    else
      local class = span.word == "running" and "running" or "other"
      out[#out + 1] = svg.box(class, x_of(span.from), x_of(span.to), y, BAR, 2)
    end
  end
end

local function draw_row(out, row, x_of, top)
  local y = top + ROW / 2
  draw_boxes(out, "holiday", row.holidays, x_of, y, ROW)
  draw_boxes(out, "error", row.errors, x_of, y, ROW - 6)
  draw_states(out, row, x_of, y)
  draw_boxes(out, "override", row.overrides, x_of, y, BAR + 8)
  for _, change in ipairs(row.clock_changes) do
    out[#out + 1] = svg.line("clock", x_of(change.at), top + 2, x_of(change.at), top + ROW - 2)
  end
  out[#out + 1] = svg.text("name", MARGIN, y - 1, shortened(row.resource.name or row.resource.id))
  out[#out + 1] = svg.text("note", MARGIN, y + 12, ("%s, %.1f h"):format(row.zone.name, row.running / 3600))
end

local function draw_legend(out, y)
  local x = MARGIN
  local function entry(sign, words, length)
    out[#out + 1] = sign
    out[#out + 1] = svg.text("note", x + 34, y + 4, words)
    x = x + length
  end
  entry(svg.box("running", x, x + 26, y, BAR, 2), "running", 104)
  entry(svg.line("stopped", x, y, x + 26, y), "stopped", 104)
  entry(svg.box("override", x + 1, x + 25, y, BAR + 4, 2), "override", 108)
  entry(svg.box("holiday", x, x + 26, y, BAR + 4, 2), "holiday", 104)
  entry(svg.box("error", x, x + 26, y, BAR + 4, 2), "error", 92)
  entry(svg.line("clock", x + 13, y - 8, x + 13, y + 8), "the clock changes", 0)
end

--- @tparam table plan as `plan.main` makes it
-- @treturn string SVG
function M.of(plan)
  local window, x_of = plan.window, x_in(plan.window)
  local bottom = TOP + #plan.rows * ROW + 4
  local out = {}
  svg.head(out, {
    title = "Start and stop plan",
    note = ("%s to %s, days of %s"):format(clock.text(window.from, plan.zone),
      clock.text(window.to, plan.zone), plan.zone.name),
    height = bottom + 52, light = LIGHT, dark = DARK,
  })
  draw_days(out, plan, x_of, bottom)
  for i, row in ipairs(plan.rows) do draw_row(out, row, x_of, TOP + (i - 1) * ROW) end
  out[#out + 1] = svg.line("rule", MARGIN, bottom, RIGHT, bottom)
  draw_legend(out, bottom + 26)
  out[#out + 1] = "</svg>\n"
  return table.concat(out, "\n")
end

return M
