--- How often: the periods that `snapshot:every` cuts time into. A period begins when the schedule comes, and
-- ends when it comes again. Pure.

local cron = require "schedule.cron"

local WORDS = {
  hourly = "0 * * * *",
  daily = "0 0 * * *",
  weekly = "0 0 * * mon",
  monthly = "0 0 1 * *",
  yearly = "0 0 1 1 *",
}

-- Hours count from midnight, so that the periods of every day begin at the same times.
local function of_hours(hours)
  if hours == 0 or hours > 24 or 24 % hours ~= 0 then
    return nil, "does not divide a day; allowed: 1h, 2h, 3h, 4h, 6h, 8h, 12h, 24h"
  end
  return hours == 24 and WORDS.daily or ("0 */%d * * *"):format(hours)
end

local function expression(text)
  local word = text:lower()
  if WORDS[word] then return WORDS[word] end
  local hours = tonumber(word:match("^(%d+)%s*h$"))
  if hours then return of_hours(hours) end
  if text:find("[%s@(]") then return text end
  return nil, "is none of hourly, daily, weekly, monthly, yearly, hours such as 12h, "
    .. "or a cron expression such as 30 3 * * mon-fri"
end

--- @tparam string text a word, hours such as `12h`, or a cron expression
-- @treturn ?schedule.cron.Schedule
-- @treturn ?string what is wrong, with a right example
return function(text)
  local fields, problem = expression(text)
  if not fields then return nil, problem end
  local schedule
  schedule, problem = cron.parse(fields)
  if schedule and not schedule:next(0) then return nil, "never comes; for example: daily" end
  return schedule, problem
end
