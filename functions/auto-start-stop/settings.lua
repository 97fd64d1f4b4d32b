--- What the function's environment says.

local settings = require "fleet.settings"
local tags = require "fleet.tags"
local kinds = require "kinds"
local places = require "lazy" "fleet.places"
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

-- A path of SSM parameters, without a slash at its end.
local function parameter_path(path)
  if path:find "^/[%w_.-]+[%w_./-]*$" then return (path:gsub("/+$", "")) end
  return nil, "is no path of parameters"
end

-- A bucket and a prefix, which ends with a slash unless it is empty.
local function s3_folder(url)
  local bucket, prefix = url:match "^s3://([%w.-]+)/?(.*)$"
  if not bucket then return nil, "is no address in S3" end
  if prefix ~= "" and prefix:sub(-1) ~= "/" then prefix = prefix .. "/" end
  return { bucket = bucket, prefix = prefix }
end

local function url(value)
  if value:find "^https?://[^%s/]+/%S" then return value end
  return nil, "is no address of a queue"
end

local function text(value)
  return value
end

local function regions(list)
  return places.regions(list)
end

local function roles(list)
  return places.roles(list)
end

local ENVIRONMENT = tags.schema {
  zone = tags.zone { key = "TIMEZONE" },
  period = tags.integer { key = "PERIOD_MINUTES", default = 10, min = 1 },
  min_uptime = tags.integer { key = "MIN_UPTIME", default = 60, min = 0 },
  min_downtime = tags.integer { key = "MIN_DOWNTIME", default = 60, min = 0 },
  targets = { key = "TARGETS", default = { "ec2" }, example = "ec2,rds", convert = kind_list },
  event_bus = { key = "EVENT_BUS", example = "default", convert = text },
  schedules_path = { key = "SCHEDULES_PATH", example = "/start-stop/schedules", convert = parameter_path },
  regions = { key = "REGIONS", example = "eu-west-1,us-east-1, or all", convert = regions },
  roles = { key = "ROLES", example = "arn:aws:iam::123456789012:role/start-stop, or organization/start-stop",
    convert = roles },
  external_id = { key = "ROLE_EXTERNAL_ID", convert = text },
  holidays = { key = "HOLIDAYS", example = "s3://my-bucket/holidays/", convert = s3_folder },
  queue = { key = "QUEUE_URL", example = "https://sqs.us-east-1.amazonaws.com/123456789012/shards",
    convert = url },
  dry_run = tags.boolean { key = "DRY_RUN", default = false, example = "1" },
}

--- Reads the settings. A variable that is set to nothing counts as not set.
-- @tparam function getenv as os.getenv
-- @treturn ?table `{ zone, period, min_uptime, min_downtime, dry_run, targets, event_bus, schedules_path,
--   holidays, regions, roles, external_id, queue }`, the times in seconds; `holidays` has a `bucket` and a
--   `prefix`; `regions` and `roles` are as `fleet.places` reads them
-- @treturn ?string all that is wrong
return function(getenv)
  local values, message = settings.read(ENVIRONMENT, getenv)
  if not values then return nil, message end
  values.zone = values.zone or assert(zone.load("America/New_York"))
  for _, name in ipairs { "period", "min_uptime", "min_downtime" } do values[name] = values[name] * MINUTE end
  return values
end
