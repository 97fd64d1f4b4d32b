--- What is to be done about a resource, from its tags alone: the grace time is in one of them. Pure.

local event_time = require "lambda.event_time"
local tag_value = require("fleet.tags").value

local M = {}

--- The guard's own tags: when an instance is to be stopped, and when a fault was reported that ends in no
-- stop. They are there as long as the fault is.
M.STOP_AFTER, M.REPORTED = "tag-guard:stop-after", "tag-guard:reported"

local function text(t) return os.date("!%Y-%m-%dT%H:%M:%SZ", t) end

local function stop_in_time(resource, mark, faults, grace, now)
  local due, was = event_time(mark), nil
  if resource.state == "stopping" or resource.state == "stopped" then
    if mark then return "release", "it is stopped" end
    return "none", "it is stopped; " .. faults
  end
  if not due then
    if mark then was = ("%s = %q is no time; "):format(M.STOP_AFTER, mark) end
    return "warn", (was or "") .. faults, { Key = M.STOP_AFTER, Value = text(now + grace) }
  end
  if now < due or resource.state == "pending" then
    return "wait", ("stopped after %s: %s"):format(mark, faults)
  end
  return "stop", faults
end

local function report_once(mark, faults, now)
  if mark then return "wait", ("reported at %s: %s"):format(mark, faults) end
  return "report", faults, { Key = M.REPORTED, Value = text(now) }
end

local function choose(resource, book, now)
  local why = book:exception(resource)
  if why then return "exempt", why end
  local stop_after = tag_value(resource.tags, M.STOP_AFTER)
  local reported = tag_value(resource.tags, M.REPORTED)
  local faults, grace = book:faults(resource), book:grace(resource)
  if not faults then
    if stop_after or reported then return "release", "it has all its tags now" end
    return "none", "it has all its tags"
  end
  if resource.created < book.since then return "none", "it is older than the rules" end
  if grace then return stop_in_time(resource, stop_after, faults, grace, now) end
  return report_once(reported, faults, now)
end

--- Decides.
-- @tparam table resource `{ kind, id, account, state, created, can_stop, tags }`
-- @tparam table book of `rulebook`
-- @tparam number now seconds since 1970 UTC
-- @treturn table a step: `{ resource, action, reason, mark }`, the action one of `warn` and `report`, which
--   set the `mark`; `stop` and `release`, which remove it; `wait`, `exempt` and `none`
function M.step(resource, book, now)
  local action, reason, mark = choose(resource, book, now)
  return { resource = resource, action = action, reason = reason, mark = mark }
end

return M
