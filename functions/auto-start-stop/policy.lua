--- What the tags of a resource ask for, read and checked, whatever the time.

local holidays_tag = require "holidays_tag"
local lazy = require "lazy"
local tags = require "fleet.tags"
local times = require "times"

local keep, nearest = lazy "keep", lazy "nearest"

local M = {}

local function kind(key, example, convert)
  return { key = key, convert = convert, explains = true, example = example }
end

-- The calendar of a name, or what is wrong.
local function find_calendar(name, calendars)
  local found = calendars and calendars[name]
  if found and not found.problem then return found end
  if found then return nil, ("calendar %q: %s"):format(name, found.problem) end
  local known = {}
  for each in pairs(calendars or {}) do known[#known + 1] = each end
  return nil, ("there is no calendar %q%s"):format(name, nearest.suggest(name, known))
end

local function read_holidays(text, settings)
  local tag, problem = holidays_tag.read(text)
  if not tag then return nil, problem end
  local calendars = {}
  for i, name in ipairs(tag.names) do
    calendars[i], problem = find_calendar(name, settings and settings.calendars)
    if problem then return nil, problem end
  end
  return { start = tag.start and calendars, stop = tag.stop and calendars }
end

local function read_override(text)
  return keep.read(text)
end

local TAGS = tags.schema {
  enable = tags.boolean { key = "start-stop:enable", default = true },
  enforce = tags.boolean { key = "start-stop:enforce", default = true },
  schedule = tags.schedule { key = "start-stop:schedule" },
  start = tags.moments { key = "start-stop:start" },
  stop = tags.moments { key = "start-stop:stop" },
  zone = tags.zone { key = "start-stop:timezone" },
  keep = kind("start-stop:keep", "running +3h", read_override),
  holidays = kind("start-stop:holidays", "de-by", read_holidays),
}

--- The keys of the tags that it reads.
M.keys = TAGS:keys()

-- What is asked for twice.
local function contradiction(values)
  for _, name in ipairs { "start", "stop" } do
    if values.schedule and values[name] then
      return ("start-stop:schedule and start-stop:%s are both set; remove one of them"):format(name)
    end
  end
end

--- Reads the tags of a resource.
-- @tparam table resource `id` and `tags`, AWS's list of `{ Key, Value }`
-- @tparam table settings `zone`; `schedules` and `calendars`, if there are any
-- @treturn[1] table what applies of: `disabled`, by its tag; `ignored`, by its schedule; `start` and `stop`,
--   of `times`; `fixed`, the state of a schedule that never changes; `keep`, an override; `enforce`, false
--   where only changes of the schedule are acted on; `zone`, the resource's
-- @treturn[2] nil
-- @treturn[2] string all that is wrong
function M.read(resource, settings)
  local values, errors, right = TAGS:read(resource.tags, resource.id, settings)
  if (values or right).enable == false then return { disabled = true } end
  if errors then return nil, tags.messages(errors) end
  local problem = contradiction(values)
  if problem then return nil, problem end

  local zone = values.zone or settings.zone
  local schedule, holidays = values.schedule or {}, values.holidays or {}
  local start = values.start or { at = schedule.start, zone = schedule.zone }
  local stop = values.stop or { at = schedule.stop, zone = schedule.zone }
  return {
    ignored = schedule.ignored,
    fixed = schedule.fixed,
    start = start.at and times.new(start.at, start.zone or zone, holidays.start),
    stop = stop.at and times.new(stop.at, stop.zone or zone, holidays.stop),
    keep = values.keep,
    enforce = values.enforce,
    zone = schedule.zone or start.zone or stop.zone or zone,
  }
end

return M
