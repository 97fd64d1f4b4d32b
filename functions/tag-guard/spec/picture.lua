--- Draws schedule.svg: two days of new instances and volumes, decided by decide.lua as the function would.

local decide = require "decide"
local rulebook = require "rulebook"
local svg = require "svg"

local START, HOUR, HOURS = 1795525200, 3600, 54 -- 2026-11-24T13:00:00Z
local RUN = 0.25 -- hours from one run to the next

local BOOK = assert(rulebook.new {
  since = "2026-11-01T00:00:00Z",
  instance = { required = { { key = "owner" } }, stop_after_hours = 24 },
  volume = { required = { { key = "owner" } } },
  exceptions = { { tag = "tag-guard:exempt", why = "it is exempt by its tag" } },
})

local function tag(key, value) return function(resource) resource.tags[key] = value end end
local function becomes(state) return function(resource) resource.state = state end end

-- `does` is what people do, by hours from the start; no run comes in the hours `missed`, and no message
-- goes out in the hours `mute`. `notes` are words by hour.
local GROUPS = {
  {
    title = "New instances",
    { title = "With its tags", tags = { owner = "jane" } },
    { title = "Nobody corrects it", tags = {}, notes = { [24] = "stopped after 24 hours" } },
    {
      title = "Corrected in time", tags = {}, does = { [9] = tag("owner", "jane") },
      notes = { [9] = "gets its tags" },
    },
    {
      title = "Put off", tags = {}, does = { [10] = tag(decide.STOP_AFTER, "2026-11-26T06:00:00Z") },
      notes = { [10] = "another time in the tag" },
    },
    {
      title = "Stopped, and started again", tags = {},
      does = { [8] = becomes "stopped", [20] = becomes "running" },
      notes = { [8] = "by its owner", [20] = "has its time again" },
    },
    { title = "Exempt", tags = { ["tag-guard:exempt"] = "kiosk" } },
  },
  {
    title = "New volumes",
    {
      title = "Corrected after a day", kind = "volume", tags = {}, does = { [30] = tag("owner", "jane") },
      notes = { [0] = "reported, and never stopped", [30] = "gets its tags" },
    },
  },
  {
    title = "What comes between",
    {
      title = "Runs missed", tags = {}, missed = { 18, 32 },
      notes = { [32] = "stopped by the next run" },
    },
    {
      title = "Nobody can be told", tags = {}, mute = { 0, 12 },
      notes = { [12] = "the time begins with the message" },
    },
  },
}

-- ---- what happens ----

local function is_in(hours, hour) return hours and hour >= hours[1] and hour < hours[2] end

local function listed(resource)
  local tags = {}
  for key, value in pairs(resource.tags) do tags[#tags + 1] = { Key = key, Value = value } end
  return {
    kind = resource.kind, state = resource.state, created = START, can_stop = resource.kind == "instance",
    tags = tags,
  }
end

-- What act() in handler.lua does: whether there was something to tell, and it could be told.
local function follow(resource, step, is_mute)
  local action = step.action
  if action == "stop" then resource.state = "stopped" end
  if is_mute or action == "wait" or action == "none" or action == "exempt" then return false end
  resource.tags[decide.STOP_AFTER], resource.tags[decide.REPORTED] = nil, nil
  if step.mark then resource.tags[step.mark.Key] = step.mark.Value end
  return true
end

local function look_of(resource, action)
  if resource.state == "stopped" then return "off" end
  if action == "exempt" then return "exempt" end
  if resource.tags[decide.STOP_AFTER] or resource.tags[decide.REPORTED] then return "marked" end
  return resource.tags.owner and "right" or "wrong"
end

-- The stretches of equal look, `{ look, from, to }`, and the hours of the messages.
local function play(case)
  local resource = { kind = case.kind or "instance", state = "running", tags = {} }
  for key, value in pairs(case.tags) do resource.tags[key] = value end
  local stretches, messages, action = {}, {}, nil
  for hour = 0, HOURS, RUN do
    local change = case.does and case.does[hour]
    if change then change(resource) end
    if not is_in(case.missed, hour) then
      local step = decide.step(listed(resource), BOOK, START + hour * HOUR)
      action = step.action
      if follow(resource, step, is_in(case.mute, hour)) then messages[#messages + 1] = hour end
    end
    local look, last = look_of(resource, action), stretches[#stretches]
    if last then last.to = hour end
    if not last or last.look ~= look then
      stretches[#stretches + 1] = { look = look, from = hour, to = hour }
    end
  end
  return stretches, messages
end

-- ---- how it is drawn ----

local MARGIN, LEFT, RIGHT, TOP = svg.MARGIN, svg.LEFT, svg.RIGHT, svg.TOP
local TITLE = "tag-guard: what becomes of new instances and volumes"
local NOTE = "The rules of this picture ask for the tag owner, and stop instances without it after 24 hours."
local KEYS = { "owner", "tag-guard:exempt" }

local LIGHT = [[
.right { fill: #1a7f37; }
.marked { fill: #f2a33a; }
.wrong { fill: #cf222e; }
.off { fill: #afb8c1; }
.exempt { fill: #0969da; }
.told { fill: #ffffff; stroke: #1f2328; stroke-width: 1.4; }
.flap { fill: none; stroke: #1f2328; stroke-width: 1.4; }
.missed { fill: url(#hatch); }
.hatch { stroke: #9198a1; stroke-width: 1.2; }
]]
local DARK = [[
.right { fill: #4ac26b; }
.marked { fill: #d29922; }
.wrong { fill: #ff7b72; }
.off { fill: #59636e; }
.exempt { fill: #58a6ff; }
.told { fill: #0d1117; stroke: #f0f6fc; }
.flap { stroke: #f0f6fc; }
.hatch { stroke: #6e7681; }
]]

local text, line, box, number = svg.text, svg.line, svg.box, svg.number

local function x_of(hour) return LEFT + 10 + hour / HOURS * (RIGHT - LEFT - 20) end

local function envelope(x, y)
  return box("told", x - 8, x + 8, y, 12, 1.5) .. ('<path class="flap" d="M%s %s l7.5 6 l7.5 -6"/>')
    :format(number(x - 7.5), number(y - 5))
end

local function bar(look, x1, x2, y)
  if look == "off" then return box("off", x1, x2, y, 3, 1) end
  return box(look, x1, x2, y, 14, 2)
end

local function draw_case(out, case, y)
  local middle = y + 18
  out[#out + 1] = text("name", MARGIN, y + 22, case.title)
  out[#out + 1] = svg.tags(KEYS, case.tags, MARGIN, y + 39)
  local between = case.missed or case.mute
  if between then out[#out + 1] = box("missed", x_of(between[1]), x_of(between[2]), middle, 34, 3) end
  local stretches, messages = play(case)
  for _, each in ipairs(stretches) do
    out[#out + 1] = bar(each.look, x_of(each.from), x_of(each.to), middle)
  end
  for _, hour in ipairs(messages) do out[#out + 1] = envelope(x_of(hour), middle) end
  for hour = 0, HOURS do
    local words = case.notes and case.notes[hour]
    if words then out[#out + 1] = text("note", x_of(hour), y + 45, words) end
  end
end

local function draw_axis(out, bottom)
  for hour = 0, HOURS, 6 do
    local x = x_of(hour)
    out[#out + 1] = line("grid", x, TOP - 6, x, bottom)
    out[#out + 1] = text("hour", x, TOP - 16, hour == 0 and "launch" or ("+%d h"):format(hour))
  end
end

local function draw_legend(out, y)
  local x = MARGIN
  local function entry(mark, words, length)
    out[#out + 1] = mark(x, y)
    out[#out + 1] = text("note", x + 34, y + 4, words)
    x = x + 34 + length
  end
  local function of(look)
    return function(left, at) return bar(look, left, left + 26, at) end
  end
  entry(of "right", "has its tags", 86)
  entry(of "marked", "has not; its time is running", 166)
  entry(of "wrong", "not yet told", 84)
  entry(of "exempt", "exempt", 62)
  entry(of "off", "stopped", 64)
  entry(function(left, at) return envelope(left + 13, at) end, "a message", 74)
  entry(function(left, at) return box("missed", left, left + 26, at, 24, 3) end, "no run, or no message", 0)
end

--- @treturn string the picture, SVG
return function()
  return svg.cases {
    title = TITLE, note = NOTE, light = LIGHT, dark = DARK,
    groups = GROUPS, axis = draw_axis, case = draw_case, legend = draw_legend,
  }
end
