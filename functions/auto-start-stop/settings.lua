--- What the function's environment says.

local settings = require "fleet.settings"
local tags = require "fleet.tags"
local kinds = require "kinds"
local zone = require "schedule.zone"

local MINUTE = 60

local function is_kind(word)
  for _, kind in ipairs(kinds.names) do
    if kind == word then return true end
  end
end

-- Kinds of things to start and stop, each once.
local function kind_list(text)
  local list, seen = {}, {}
  for word in text:gmatch("[^%s,]+") do
    if not is_kind(word) then
      return nil, ("%q is none of %s"):format(word, table.concat(kinds.names, ", "))
    end
    if not seen[word] then list[#list + 1] = word end
    seen[word] = true
  end
  if #list == 0 then return nil, "names nothing" end
  return list
end

local function text(value)
  return value
end

local ENVIRONMENT = tags.schema {
  zone = tags.zone { key = "TIMEZONE" },
  period = tags.integer { key = "PERIOD_MINUTES", default = 10, min = 1 },
  min_uptime = tags.integer { key = "MIN_UPTIME", default = 60, min = 0 },
  min_downtime = tags.integer { key = "MIN_DOWNTIME", default = 60, min = 0 },
  targets = { key = "TARGETS", default = { "ec2" }, example = "ec2,rds", convert = kind_list },
  event_bus = { key = "EVENT_BUS", example = "default", convert = text },
  dry_run = tags.boolean { key = "DRY_RUN", default = false, example = "1" },
}

--- Reads the settings. A variable that is set to nothing counts as not set.
-- @tparam function getenv as os.getenv
-- @treturn ?table `{ zone, period, min_uptime, min_downtime, dry_run, targets, event_bus }`, the times in
--   seconds
-- @treturn ?string all that is wrong
return function(getenv)
  local values, message = settings.read(ENVIRONMENT, getenv)
  if not values then return nil, message end
  return {
    zone = values.zone or assert(zone.load("America/New_York")),
    period = values.period * MINUTE,
    min_uptime = values.min_uptime * MINUTE,
    min_downtime = values.min_downtime * MINUTE,
    dry_run = values.dry_run,
    targets = values.targets,
    event_bus = values.event_bus,
  }
end
