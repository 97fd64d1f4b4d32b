--- What an invocation tells: a log line for each resource, metrics, and events where a bus is set.

local json = require "json"
local log = require "lambda.log"
local metrics = require "lambda.metrics"
local misspelt = require "misspelt"

local M = {}

local MOST_ROWS = 5000 -- of the result, of which Lambda takes 6 MB; the log has them all
local FAILURES = { error = true, failed = true }
local METRIC = { started = "Started", starting = "Started", stopped = "Stopped", stopping = "Stopped" }

-- A start that fell back since the last trigger counts, though it is tried again now.
local function has_failed(outcome)
  return FAILURES[outcome.action] or outcome.fell_back
end

local function row_of(outcome)
  local resource, place = outcome.resource, outcome.place
  return {
    kind = resource.kind,
    id = resource.id,
    name = resource.name,
    region = place.region,
    account = place.account,
    state = resource.state,
    action = outcome.action,
    reason = outcome.reason,
  }
end

local function log_row(row, is_failure, warning)
  local fields = {
    kind = row.kind, id = row.id, region = row.region, account = row.account,
    state = row.state, action = row.action,
  }
  local line = ("%s: %s: %s"):format(row.id or row.kind, row.action, row.reason)
  log[is_failure and "error" or "info"](line, fields)
  if warning then log.warn(("%s: %s"):format(row.id, warning), fields) end
end

local function new_values()
  return { Errors = 0, Started = 0, Stopped = 0 }
end

local function count_into(values, outcome)
  local metric = METRIC[outcome.action]
  if metric then values[metric] = values[metric] + 1 end
  if has_failed(outcome) then values.Errors = values.Errors + 1 end
end

-- By kind, region and account, but only where something was done or failed: each costs.
local function put_details(outcomes, function_name)
  local details, order = {}, {}
  for _, outcome in ipairs(outcomes) do
    if METRIC[outcome.action] or has_failed(outcome) then
      local dimensions = {
        FunctionName = function_name, Kind = outcome.resource.kind,
        Region = outcome.place.region, Account = outcome.place.account,
      }
      local key = ("%s %s %s"):format(dimensions.Kind, dimensions.Region, dimensions.Account)
      if not details[key] then
        details[key] = { namespace = "auto-start-stop", dimensions = dimensions, values = new_values() }
        order[#order + 1] = details[key]
      end
      count_into(details[key].values, outcome)
    end
  end
  for _, detail in ipairs(order) do metrics.put(detail) end
end

-- The rows of a result that would be too large: what was done and what failed, as much of it as may be.
local function shortened(rows)
  if #rows <= MOST_ROWS then return rows end
  local list = json.array {}
  for _, row in ipairs(rows) do
    if row.action ~= "none" and #list < MOST_ROWS then list[#list + 1] = row end
  end
  return list
end

--- Reports.
-- @tparam {table,...} outcomes `{ resource, place, action, reason, fell_back }`
-- @tparam table facts `{ function_name, time, event_bus, events }`, `events` being the client for the bus
-- @treturn table how often each action was reported
-- @treturn {table,...} a row for each outcome: `{ kind, id, name, region, account, state, action, reason }`;
--   of very many, those in which something was done or failed
-- @treturn ?number how many rows were left out
function M.all(outcomes, facts)
  local counts, rows, total = { error = 0, started = 0, stopped = 0 }, json.array {}, new_values()
  for i, outcome in ipairs(outcomes) do
    rows[i] = row_of(outcome)
    counts[outcome.action] = (counts[outcome.action] or 0) + 1
    count_into(total, outcome)
    log_row(rows[i], has_failed(outcome), misspelt(outcome.resource.tags))
  end
  metrics.put {
    namespace = "auto-start-stop", dimensions = { FunctionName = facts.function_name }, values = total,
  }
  put_details(outcomes, facts.function_name)
  if facts.event_bus then
    require("announce").all(rows, function(i) return has_failed(outcomes[i]) end, facts)
  end
  local short = shortened(rows)
  return counts, short, #short < #rows and #rows - #short or nil
end

return M
