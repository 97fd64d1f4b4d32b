--- Metrics without a call: a log line in the embedded metric format, which CloudWatch reads.
--
--    metrics.put { namespace = "Fleet", dimensions = { Region = "eu-central-1" }, values = { Stopped = 3 } }
--
-- What CloudWatch would drop in silence raises an error instead.
--
-- Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format"; CloudWatch API
-- Reference, `MetricDatum` and `PutMetricData`, for the limits.
-- @module lambda.metrics

local json = require "json"
local log = require "lambda.log"
local task = require "task"

local M = {}

local MOST_DIMENSIONS = 30
local MOST_METRICS = 100
local MOST_SAMPLES = 100
local LONGEST_NAME = 255 -- bytes, of a metric, a dimension or a namespace
local LONGEST_VALUE = 1024 -- bytes, of a dimension

local UNITS = {}
for unit in ([[Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits
  Megabits Gigabits Terabits Percent Count Bytes/Second Kilobytes/Second Megabytes/Second
  Gigabytes/Second Terabytes/Second Bits/Second Kilobits/Second Megabits/Second Gigabits/Second
  Terabits/Second Count/Second None]]):gmatch("%S+") do
  UNITS[unit] = true
end

-- For the checks that `check` calls: level 5 is the caller of `put`.
local function fail(what, ...)
  error(what:format(...), 5)
end

local function sorted_names(t)
  local names = json.array {}
  for name in pairs(t) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function is_text(value, longest)
  return type(value) == "string" and value:find("%S") and #value <= longest
end

local function is_finite(value)
  return type(value) == "number" and value == value and math.abs(value) ~= math.huge
end

local function check_namespace(namespace)
  if not is_text(namespace, LONGEST_NAME) or namespace:find("^:") or namespace:find("[^%w._/#: -]") then
    fail("namespace: expected up to %d letters, digits and any of ._/#: -", LONGEST_NAME)
  end
end

local function check_dimensions(dimensions)
  for name, value in pairs(dimensions) do
    if not is_text(name, LONGEST_NAME) or name:find("^:") or name == "_aws" then
      fail("dimensions: %q cannot be the name of one", tostring(name))
    end
    if not is_text(value, LONGEST_VALUE) then
      fail("dimensions.%s: expected a text of up to %d bytes", name, LONGEST_VALUE)
    end
  end
end

-- A metric's value is a number, or a list of samples of it.
local function check_values(values, dimensions)
  if type(values) ~= "table" or next(values) == nil then fail("values: expected a metric at least") end
  for name, value in pairs(values) do
    if not is_text(name, LONGEST_NAME) or name == "_aws" or dimensions[name] ~= nil then
      fail("values: %q cannot be the name of a metric here", tostring(name))
    end
    local samples = type(value) == "table" and value or { value }
    if #samples == 0 or #samples > MOST_SAMPLES then
      fail("values.%s: expected 1 to %d samples", name, MOST_SAMPLES)
    end
    for _, sample in ipairs(samples) do
      if not is_finite(sample) then fail("values.%s: expected a finite number", name) end
    end
  end
end

local function check_unit(unit)
  if unit ~= nil and not UNITS[unit] then fail("unit: CloudWatch has no %q", tostring(unit)) end
end

local function check(metric, dimensions)
  check_namespace(metric.namespace)
  check_dimensions(dimensions)
  check_values(metric.values, dimensions)
  check_unit(metric.unit)
end

--- Writes one metric line.
-- @tparam table metric
-- @tparam string metric.namespace
-- @tparam {[string]=number} metric.values at most 100; a list of up to 100 samples in place of a number
-- @tparam[opt] {[string]=string} metric.dimensions at most 30
-- @tparam[opt="Count"] string metric.unit CloudWatch's unit of all the values
function M.put(metric)
  if type(metric) ~= "table" then error("metric: expected a table, got " .. type(metric), 2) end
  local given = metric.dimensions or {}
  check(metric, given)
  local dimensions, names = sorted_names(given), sorted_names(metric.values)
  if #dimensions > MOST_DIMENSIONS then error("dimensions: more than " .. MOST_DIMENSIONS, 2) end
  if #names > MOST_METRICS then error("values: more than " .. MOST_METRICS, 2) end

  local definitions = json.array {}
  for i, name in ipairs(names) do
    definitions[i] = { Name = name, Unit = metric.unit or "Count" }
  end
  local line = {
    _aws = {
      Timestamp = math.floor(task.now() * 1000),
      CloudWatchMetrics = json.array {
        { Namespace = metric.namespace, Dimensions = json.array { dimensions }, Metrics = definitions },
      },
    },
  }
  for name, value in pairs(given) do line[name] = value end
  for name, value in pairs(metric.values) do line[name] = value end
  log.raw(assert(json.encode(line)))
end

return M
