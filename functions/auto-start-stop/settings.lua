--- What the function's environment says.

local settings = require "fleet.settings"
local tags = require "fleet.tags"
local zone = require "schedule.zone"

local MINUTE = 60

local ENVIRONMENT = tags.schema {
  zone = tags.zone { key = "TIMEZONE" },
  period = tags.integer { key = "PERIOD_MINUTES", default = 10, min = 1 },
  min_uptime = tags.integer { key = "MIN_UPTIME", default = 60, min = 0 },
  min_downtime = tags.integer { key = "MIN_DOWNTIME", default = 60, min = 0 },
  dry_run = tags.boolean { key = "DRY_RUN", default = false, example = "1" },
}

--- Reads the settings. A variable that is set to nothing counts as not set.
-- @tparam function getenv as os.getenv
-- @treturn ?table `{ zone, period, min_uptime, min_downtime, dry_run }`, the times in seconds
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
  }
end
