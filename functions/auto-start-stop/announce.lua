--- Tells EventBridge: one event for each action, and one for each failure.

local attempt = require "fleet.attempt"
local json = require "json"
local log = require "lambda.log"

local M = {}

local SOURCE = "lualambda.auto-start-stop"
local ACTIONS = { started = true, starting = true, stopped = true, stopping = true }
local SIZE = 10 -- entries that PutEvents takes

local function entry(kind, row, facts)
  local detail = { time = facts.time }
  for name, value in pairs(row) do detail[name] = value end
  return {
    Source = SOURCE,
    DetailType = "Auto Start Stop " .. kind,
    Detail = assert(json.encode(detail)),
    EventBusName = facts.event_bus,
  }
end

local function put(events, entries)
  local ok, output = attempt(function() return events:put_events { Entries = entries } end)
  if not ok then
    return log.error("events not sent: " .. tostring(output), { events = #entries })
  end
  for _, result in ipairs(output.Entries or {}) do
    if result.ErrorCode then
      log.error(("event not sent: %s: %s"):format(result.ErrorCode, result.ErrorMessage or ""))
    end
  end
end

--- Sends the events. What cannot be sent is logged: the work is done all the same.
-- @tparam {table,...} rows as `report` makes them
-- @tparam function has_failed whether the row of that number is a failure's
-- @tparam table facts `{ time, event_bus, events }`
function M.all(rows, has_failed, facts)
  local entries = {}
  for i, row in ipairs(rows) do
    if ACTIONS[row.action] then entries[#entries + 1] = entry("Action", row, facts) end
    if has_failed(i) then entries[#entries + 1] = entry("Failure", row, facts) end
  end
  for from = 1, #entries, SIZE do
    put(facts.events, { unpack(entries, from, math.min(from + SIZE - 1, #entries)) })
  end
end

return M
