--- Schedules as people write them into a tag, a parameter or a file.
--
--     schedule = "always" | "never" | "ignore"
--              | "@" name [ zone ]
--              | phrase of spans                              (see schedule.phrase)
--              | "start" moments [ "stop" moments ] | "stop" moments [ "start" moments ]
--     moments  = phrase of moments | cron [ zone ] | "@" name [ zone ]
--     cron     = as schedule.cron reads it, with _ + . @ for * , ? # if wanted
--
-- The signs that stand in for cron's are those that services with strict tag values take: letters, digits,
-- spaces and `_ . : / = + - @`.
-- @module schedule.grammar

local cron = require "schedule.cron"
local nearest = require "lazy" "nearest"
local phrase = require "schedule.phrase"
local weekly = require "schedule.weekly"

local M = {}

local MAX_LENGTH = 1000
local SCHEDULE_EXAMPLE = "mon-fri 08:00-18:00"
local MOMENTS_EXAMPLE = "mon-fri 08:00"
local CRON_EXAMPLE = "0 8 * * mon-fri"
local OTHER = { start = "stop", stop = "start" }

-- What the whole text can be. A schedule's fields are those that `schedule` below returns.
local WORDS = {
  always = { fixed = "running" },
  never = { fixed = "stopped" },
  ignore = { ignored = true },
}

local NICKNAMES = {
  yearly = true, annually = true, monthly = true, weekly = true, daily = true, midnight = true, hourly = true,
  reboot = true, -- refused, and schedule.cron says why
}

-- Thrown as phrase does, but with the whole message, or with the bad part.
local function refuse(message)
  error({ message = message }, 0)
end

local function refuse_part(token, reason, instead)
  error({
    column = token.column, reason = reason,
    instead = instead, from = token.column, till = token.column + #token.text,
  }, 0)
end

-- ---- cron ----

local CRON_SIGN = { ["_"] = "*", ["+"] = ",", ["."] = "?", ["@"] = "#" }
local PLAIN_SIGN = { ["*"] = "_", [","] = "+", ["?"] = ".", ["#"] = "@" }

local function plain_spelling(text)
  return (text:gsub("[*,?#]", PLAIN_SIGN))
end

-- schedule.cron's message about a text that was in the plain spelling.
local function in_plain_spelling(message)
  return (message:gsub('"(.-)"', function(part) return '"' .. plain_spelling(part) .. '"' end)
    :gsub("; allowed: ", "; allowed, with _ + . @ for * , ? #: ")
    :gsub("for example: (.*)$", function(example) return "for example: " .. plain_spelling(example) end))
end

-- What stands in for a bad part can make a right expression that never comes.
local function with_example_that_comes(message)
  local before, example = message:match "^(.*for example: )(.*)$"
  local schedule = example and cron.parse(example)
  return schedule and not schedule:next(0) and before .. CRON_EXAMPLE or message
end

local function read_cron(text)
  local signs = text:gsub("^(%s*)@", "%1") -- the sign of a nickname is none
  local plain = signs:find "[_+.@]" and not signs:find "[*,?#]"
  local expression = text:sub(1, #text - #signs) .. signs:gsub("[_+.@]", CRON_SIGN)
  if text:find "^%s*@" then expression = text end
  local schedule, message = cron.parse(expression)
  if not schedule then
    message = with_example_that_comes(message)
    refuse(plain and in_plain_spelling(message) or message)
  end
  if not schedule:next(0) then refuse("never comes; for example: " .. CRON_EXAMPLE) end
  return schedule
end

-- Whether the last word of a cron expression can be a zone without a slash, such as CET.
local function cron_zone(text)
  local _, words = text:gsub("%S+", "")
  local complete = words > 5 or text:find "^%s*@" or text:find "%)%s+%S+%s*$"
  return function(word) return complete and word:find "^%a%a%a+%d*%a*$" ~= nil end
end

-- Whether a text begins like a phrase, not like a cron expression.
local function is_phrase(text)
  local first = text:lower():match "%S+"
  if first:find "^cron" or first:find "^rate" then return false end
  return first:find "^%a" or first:find "^%d+[:.]%d" or first:find "^%d+%a"
end

-- ---- names ----

-- The text of a named schedule.
local function text_of(token, names)
  local name = token.text:sub(2)
  local text = names and names.texts[name]
  if text then return text, name end
  if names and names.problem then
    refuse(("%q cannot be looked up: %s"):format(token.text, names.problem))
  end
  local known = {}
  for each in pairs(names and names.texts or {}) do known[#known + 1] = each end
  table.sort(known)
  local near = nearest.names(name, known)[1]
  if #known == 0 then refuse_part(token, ("there is no schedule named %q, nor any other"):format(name)) end
  if near then
    near = "@" .. near
    refuse_part(token, ("there is no schedule named %q; did you mean %q?"):format(name, near), near)
  end
  local some = table.concat(known, ", @", 1, math.min(5, #known))
  refuse_part(token, ("there is no schedule named %q; there is @%s"):format(name, some))
end

-- Reads what a name stands for with `read`, once it is sure that it does not stand for itself.
local function resolve(token, names, within, read)
  local text, name = text_of(token, names)
  if within[name] then refuse(("the schedule named %q refers to itself"):format(name)) end
  within[name] = true
  local value, problem = read(text, names, within)
  within[name] = nil
  if value then return value end
  refuse(("the schedule named %q is %q: %s"):format(name, text:sub(1, 80), problem))
end

-- ---- a text ----

local function example_for(text, wrong, parse, example)
  if not wrong.instead then return example end
  local corrected = text:sub(1, wrong.from - 1) .. wrong.instead .. text:sub(wrong.till)
  corrected = corrected:match "^%s*(.-)%s*$"
  return #corrected <= 80 and pcall(parse, corrected) and corrected or example
end

-- A reader that returns nil and a message where `parse` throws what is wrong.
local function reader(parse, example)
  local function read(text, names, within)
    if type(text) ~= "string" then error("bad schedule: expected a string, got " .. type(text), 2) end
    if #text > MAX_LENGTH then return nil, ("is longer than %d characters"):format(MAX_LENGTH) end
    if not text:find "%S" then return nil, "is empty; for example: " .. example end
    local ok, value = pcall(parse, text, names, within or {})
    if ok then return value end
    if type(value) ~= "table" then error(value, 0) end -- not about the text
    if value.message then return nil, value.message end
    local function check(corrected) return parse(corrected, names, {}) end
    local right = example_for(text, value, check, example)
    return nil, ("column %d: %s%s; for example: %s"):format(value.column, value.reason,
      value.allowed and "; allowed: " .. value.allowed or "", right)
  end
  return read
end

local function is_name_alone(text)
  local at, name = text:match "^%s*()(@%S+)%s*$"
  return name and { text = name, column = at }
end

local function parse_moments(text, names, within)
  local function named(token)
    return resolve(token, names, within, M.moments)
  end
  local nickname = text:lower():match "^%s*@(%a+)"
  if NICKNAMES[nickname] or not (is_phrase(text) or nickname) then
    local expression, zone = phrase.split_zone(text, cron_zone(text))
    return { at = read_cron(expression), zone = zone }
  end
  local before, own_zone = phrase.split_zone(text, phrase.may_be_zone)
  local name = is_name_alone(before)
  if name then
    local value = named(name)
    return { at = value.at, zone = own_zone or value.zone }
  end
  local list, zone = phrase.read(text, "moment", function(token)
    local value = named(token)
    if value.list then return value end
    refuse_part(token, ("%q is a cron expression, which stands alone"):format(token.text))
  end)
  local minutes = {}
  for i, item in ipairs(list) do minutes[i] = item[1] end
  return { at = weekly.new(minutes), zone = zone, list = list }
end

-- "start ... stop ...", in either order, or one of them. The parts keep their columns.
local function parse_rules(text, names, within)
  local lower = text:lower()
  local first, at = lower:match "^%s*(%a+)()"
  local next_at, after = lower:match("%f[%w]()" .. OTHER[first] .. "()%f[%W]", at)
  local function part(action, from, till)
    local read = (" "):rep(from - 1) .. text:sub(from, till)
    if not read:find "%S" then refuse_part({ text = "", column = from }, "a time is missing") end
    local ok, moments = pcall(parse_moments, read, names, within)
    if ok then return moments end
    if type(moments) == "table" and moments.message then
      moments.message = moments.message:gsub("for example:%s*(.-)%s*$", "for example: " .. action .. " %1")
    end
    error(moments, 0)
  end
  local value = { [first] = part(first, at, (next_at or 0) - 1) }
  if next_at then value[OTHER[first]] = part(OTHER[first], after, -1) end
  local one, other = value[first], value[OTHER[first]]
  if other and one.zone and other.zone and one.zone ~= other.zone then
    refuse_part({ text = text, column = 1 },
      "start and stop have different time zones; one at the end is for both")
  end
  return {
    start = value.start and value.start.at,
    stop = value.stop and value.stop.at,
    zone = one.zone or other and other.zone,
  }
end

-- What is said of a word that can be none of those that stand alone.
local function refuse_word(text, names)
  local at, word = text:match "^%s*()(%a[%w_.-]*)%s*$"
  if not word then return end
  local candidates = { "always", "never", "ignore" }
  for name in pairs(names and names.texts or {}) do candidates[#candidates + 1] = "@" .. name end
  table.sort(candidates)
  local function without_sign(candidate) return { (candidate:gsub("^@", "")) } end
  local near = nearest.names(word, candidates, without_sign)[1]
  if not near then return end
  refuse_part({ text = word, column = at }, ("%q is no schedule; did you mean %q?"):format(word, near), near)
end

local function parse_schedule(text, names, within)
  local word = text:lower():match "^%s*(%a*)"
  if WORDS[word] and text:find "^%s*%a+%s*$" then return WORDS[word] end
  if OTHER[word] and text:find "^%s*%a+%f[%s%z]" then return parse_rules(text, names, within) end
  refuse_word(text, names)
  local before, own_zone = phrase.split_zone(text, phrase.may_be_zone)
  local name = is_name_alone(before)
  if name then
    local value = resolve(name, names, within, M.schedule)
    return {
      start = value.start, stop = value.stop, zone = own_zone or value.zone,
      fixed = value.fixed, ignored = value.ignored, list = value.list,
    }
  end
  local list, zone = phrase.read(text, "span", function(token)
    local value = resolve(token, names, within, M.schedule)
    if value.list then return value end
    refuse_part(token, ("%q is more than spans of time, and so stands alone"):format(token.text))
  end)
  local start, stop = weekly.edges(list)
  return { start = start, stop = stop, zone = zone, fixed = not start and "running" or nil, list = list }
end

--- Reads a schedule.
-- @function schedule
-- @tparam string text
-- @tparam[opt] table names the named schedules: `texts`, by name; or a `problem`, why there are none
-- @treturn[1] table `start` and `stop`, when it starts and stops, each with `next` and `previous` as
--   schedule.cron has them, or nil; `zone`, if the text names one; `fixed`, `running` or `stopped`, of one
--   that never changes; `ignored`, true of `ignore`
-- @treturn[2] nil
-- @treturn[2] string the column, what is wrong there, what is allowed, and a right example
M.schedule = reader(parse_schedule, SCHEDULE_EXAMPLE)

--- Reads moments.
-- @function moments
-- @tparam string text
-- @tparam[opt] table names as for @{schedule}
-- @treturn[1] table `at`, with `next` and `previous` as schedule.cron has them; `zone`, if the text names one
-- @treturn[2] nil
-- @treturn[2] string as for @{schedule}
M.moments = reader(parse_moments, MOMENTS_EXAMPLE)

--- Whether a schedule may have a name.
-- @tparam string name
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string what is wrong
function M.check_name(name)
  if NICKNAMES[name:lower()] then return nil, ("@%s is one of cron's own"):format(name) end
  if name:find "^[%w_][%w_.-]*$" then return true end
  return nil, "a name has letters, digits, _ . and - alone"
end

return M
