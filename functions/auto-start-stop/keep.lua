--- An override: what `start-stop:keep` says.
--
--     keep     = state ( "until" instant | "+" duration )
--     state    = "running" | "stopped"
--     instant  as `instant` has it
--     duration = number ( "d" | "h" | "m" ) { number ( "d" | "h" | "m" ) }

local clock = require "schedule.clock"
local instants = require "instant"
local nearest = require "lazy" "nearest"

local M = {}

local STATES = { "running", "stopped" }
local SECONDS = { d = 86400, h = 3600, m = 60 }
local EXAMPLE = "running until 2026-09-20T22:00 Europe/Berlin"

local function wrong(column, problem, example)
  return nil, ("column %d: %s; for example: %s"):format(column, problem, example or EXAMPLE)
end

-- Seconds of 3h, 1h30m, 2d.
local function read_duration(text)
  local seconds, rest = 0, text:lower()
  repeat
    local number, unit, after = rest:match "^(%d%d?%d?%d?)([dhm])(.*)$"
    if not number then return nil end
    seconds, rest = seconds + number * SECONDS[unit], after
  until rest == ""
  return seconds > 0 and seconds or nil
end

local function read_end(text, column, state)
  local instant, problem, at = instants.read(text)
  if instant then return { state = state, ends = instant.at, date = instant.date } end
  local only_date = text:match "^%d%d%d%d%-%d%d%-%d%d$"
  return wrong(column + at, problem, only_date and ("%s until %sT22:00"):format(state, only_date))
end

--- Reads an override.
-- @tparam string text
-- @treturn[1] table `state`, and when it ends: `ends`, in seconds since 1970 UTC; or `date`, that of the
--   resource's own clock; or `seconds`, from when it is first seen
-- @treturn[2] nil
-- @treturn[2] string what is wrong
function M.read(text)
  local word, at = text:match "^(%S+)%s*()"
  local state = word:lower()
  if state ~= "running" and state ~= "stopped" then
    local near = nearest.names(state, STATES)[1]
    return wrong(1, ("%q is neither running nor stopped"):format(word), near and near .. text:sub(#word + 1))
  end
  local duration = text:match("^%+%s*(.*)$", at)
  if duration then
    local seconds = read_duration(duration)
    if seconds then return { state = state, seconds = seconds } end
    return wrong(at, ("%q is no time such as +3h, +90m, +2d or +1h30m"):format(text:sub(at)), state .. " +3h")
  end
  local keyword, from = text:match("^(%a+)%s+()", at)
  if keyword and keyword:lower() == "until" then return read_end(text:sub(from), from, state) end
  local right = ("%s +3h or %s until 2026-09-20T22:00"):format(state, state)
  return wrong(at, ("%s has no end"):format(state), right)
end

--- When an override ends.
-- @tparam table keep as @{read} returns it
-- @tparam number now seconds since 1970 UTC
-- @tparam schedule.zone.Zone zone the resource's
-- @treturn number seconds since 1970 UTC
-- @treturn ?string the text that says the same with a date, where the tag's counts from when it is first seen
function M.ends(keep, now, zone)
  if keep.ends then return keep.ends end
  if keep.date then return zone:utc(keep.date) end
  local ends = math.ceil((now + keep.seconds) / 60) * 60
  return ends, ("%s until %s"):format(keep.state, clock.rfc3339(ends, zone))
end

return M
