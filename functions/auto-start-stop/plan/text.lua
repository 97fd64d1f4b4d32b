--- A plan as text: errors and conflicts first, then what happens to each resource.

local clock = require "schedule.clock"

local M = {}

local RED, YELLOW, GREEN, BOLD, FAINT = 31, 33, 32, 1, 90
local COLOURS = { error = RED, conflict = YELLOW, start = GREEN, stop = RED, none = FAINT }
local DAYS = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" }

local function painter(colourful)
  return function(text, colour)
    return colourful and colour and ("\27[%dm%s\27[0m"):format(colour, text) or text
  end
end

-- Nothing that a name holds may steer a terminal.
local function plain(text)
  return (text:gsub("%c", "?"))
end

local function title(resource)
  local name = resource.name and (" (%s)"):format(resource.name) or ""
  return plain(resource.id .. name)
end

local function when(t, zone)
  return DAYS[zone:local_time(t).wday] .. " " .. clock.text(t, zone)
end

local function hours(seconds)
  return ("%.1f h"):format(seconds / 3600)
end

local function count(number, word)
  return ("%d %s%s"):format(number, word, number == 1 and "" or "s")
end

local function add_problems(out, plan, paint)
  local first = #out
  for _, row in ipairs(plan.rows) do
    for _, span in ipairs(row.errors) do
      out[#out + 1] = ("  %s  %s, %s: %s"):format(paint("error   ", RED), title(row.resource),
        when(span.from, row.zone), plain(span.word))
    end
  end
  for _, row in ipairs(plan.rows) do
    for _, text in ipairs(row.conflicts) do
      out[#out + 1] = ("  %s  %s: %s"):format(paint("conflict", YELLOW), title(row.resource), plain(text))
    end
  end
  if #out == first then return end
  table.insert(out, first + 1, paint("Errors and conflicts", BOLD))
  out[#out + 1] = ""
end

local function clock_line(change, zone)
  local way = change.by > 0 and "forward" or "back"
  return { at = change.at, action = "clock", reason = ("%s is set %s by %g min"):format(zone.name, way,
    math.abs(change.by) / 60) }
end

local function holiday_line(span)
  return { at = span.from, action = "holiday", reason = span.word }
end

local function lines_of(row)
  local list = {}
  for _, event in ipairs(row.events) do list[#list + 1] = event end
  for _, change in ipairs(row.clock_changes) do list[#list + 1] = clock_line(change, row.zone) end
  for _, span in ipairs(row.holidays) do list[#list + 1] = holiday_line(span) end
  for order, line in ipairs(list) do line.order = order end
  table.sort(list, function(a, b)
    if a.at ~= b.at then return a.at < b.at end
    return a.order < b.order
  end)
  return list
end

local function add_row(out, row, plan, paint)
  local resource, total = row.resource, plan.window.to - plan.window.from
  local words = { resource.kind or "resource" }
  words[#words + 1] = resource.type
  words[#words + 1] = resource.place
  local what = table.concat(words, " ")
  local saving = row.saving and (", saves %.2f %s"):format(row.saving, plan.currency) or ""
  out[#out + 1] = ("%s  %s, %s, runs %s of %s%s"):format(paint(title(resource), BOLD), plain(what),
    row.zone.name, hours(row.running), hours(total), saving)
  for _, line in ipairs(lines_of(row)) do
    out[#out + 1] = ("  %s  %s  %s"):format(when(line.at, row.zone),
      paint(("%-7s"):format(line.action), COLOURS[line.action]), plain(line.reason))
  end
  out[#out + 1] = ""
end

local function summary(plan)
  local total = #plan.rows * (plan.window.to - plan.window.from)
  local text = ("%s, %s of %s running"):format(count(#plan.rows, "resource"), hours(plan.totals.running),
    hours(total))
  if total > 0 then text = ("%s (%.0f %%)"):format(text, plan.totals.running / total * 100) end
  if plan.totals.saving then
    text = ("%s; saves about %.2f %s against always running"):format(text, plan.totals.saving, plan.currency)
  end
  return text
end

--- @tparam table plan as `plan.main` makes it
-- @tparam boolean colourful
-- @treturn string
function M.of(plan, colourful)
  local paint, out = painter(colourful), {}
  out[1] = ("From %s to %s, a trigger every %d minutes"):format(when(plan.window.from, plan.zone),
    when(plan.window.to, plan.zone), plan.window.period / 60)
  out[2] = summary(plan)
  if plan.left_out > 0 then
    out[3] = ("%s without a tag: left alone"):format(count(plan.left_out, "other"))
  end
  out[#out + 1] = ""
  add_problems(out, plan, paint)
  for _, row in ipairs(plan.rows) do add_row(out, row, plan, paint) end
  out[#out] = nil
  return table.concat(out, "\n") .. "\n"
end

return M
