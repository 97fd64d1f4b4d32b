--- What the function's environment says.

local settings = require "fleet.settings"
local tags = require "fleet.tags"
local wanted = require "wanted"
local zone = require "schedule.zone"

local ENVIRONMENT = tags.schema {
  zone = tags.zone { key = "TIMEZONE" },
  copy_key = wanted.kms_key { key = "COPY_KMS_KEY" },
  dry_run = tags.boolean { key = "DRY_RUN", default = false, example = "1" },
}

--- Reads the settings. A variable that is set to nothing counts as not set.
-- @tparam function getenv as os.getenv
-- @treturn ?table `{ zone, copy_key, dry_run }`
-- @treturn ?string all that is wrong
return function(getenv)
  local values, message = settings.read(ENVIRONMENT, getenv)
  if not values then return nil, message end
  values.zone = values.zone or assert(zone.load("America/New_York"))
  return values
end
