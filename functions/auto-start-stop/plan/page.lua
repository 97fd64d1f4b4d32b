--- A plan as a page that needs nothing beside it: `page.html` with the plan in it as data.

local json = require "json"

local M = {}

local FOLDER = debug.getinfo(1, "S").source:match "^@(.*)/"

local function template()
  local file = assert(io.open(FOLDER .. "/page.html", "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

-- Stretches as short as can be: from, to, word.
local function stretches(list)
  local out = json.array {}
  for i, span in ipairs(list) do out[i] = json.array { span.from, span.to, span.word } end
  return out
end

local function tags_of(resource)
  local out = json.array {}
  for i, tag in ipairs(resource.tags or {}) do out[i] = json.array { tag.Key, tag.Value } end
  return out
end

local function data_of(row)
  local resource, events, clock = row.resource, json.array {}, json.array {}
  for i, event in ipairs(row.events) do events[i] = json.array { event.at, event.action, event.reason } end
  for i, change in ipairs(row.clock_changes) do clock[i] = json.array { change.at, change.by } end
  return {
    id = resource.id, name = resource.name, kind = resource.kind, type = resource.type,
    place = resource.place, tags = tags_of(resource), zone = row.zone.name, events = events, clock = clock,
    states = stretches(row.states),
    overrides = stretches(row.overrides), holidays = stretches(row.holidays), errors = stretches(row.errors),
    conflicts = json.array(row.conflicts), running = row.running, saving = row.saving,
  }
end

-- The offsets of a zone within the window: from when, and seconds east of UTC.
local function offsets_of(zone, window)
  local out, t = json.array {}, window.from
  while t < window.to do
    local offset, _, _, till = zone:offset_at(t)
    out[#out + 1] = json.array { t, offset }
    t = till
  end
  return out
end

--- @tparam table plan as `plan.main` makes it
-- @treturn string HTML
function M.of(plan)
  local rows, zones = json.array {}, { [plan.zone.name] = offsets_of(plan.zone, plan.window) }
  for i, row in ipairs(plan.rows) do
    rows[i] = data_of(row)
    zones[row.zone.name] = zones[row.zone.name] or offsets_of(row.zone, plan.window)
  end
  local text = assert(json.encode {
    rows = rows, zones = zones, zone = plan.zone.name, window = plan.window, totals = plan.totals,
    currency = plan.currency, left_out = plan.left_out,
  })
  text = text:gsub("<", "\\u003c") -- so that nothing in it ends the script element, or begins a comment
  return (template():gsub("@PLAN@", function() return text end))
end

return M
