--- From the text of a cron expression to its fields.
-- @module schedule.cron_parse

local cron_field = require "schedule.cron_field"

local NICKNAMES = {
  ["@YEARLY"] = "0 0 1 1 *",
  ["@ANNUALLY"] = "0 0 1 1 *",
  ["@MONTHLY"] = "0 0 1 * *",
  ["@WEEKLY"] = "0 0 * * 0",
  ["@DAILY"] = "0 0 * * *",
  ["@MIDNIGHT"] = "0 0 * * *",
  ["@HOURLY"] = "0 * * * *",
}

local ALLOWED_NICKNAMES = "@yearly @annually @monthly @weekly @daily @midnight @hourly"

local MAX_SHOWN = 80 -- characters of the text in a message

local function quoted(text)
  return '"' .. (#text <= MAX_SHOWN and text or text:sub(1, MAX_SHOWN) .. "...") .. '"'
end

-- What the functions below return for a text that cannot be read. Of the examples the first right one is
-- shown.
local function problem(where, what, allowed, ...)
  return nil, { where = where, what = what, allowed = allowed, examples = { ... } }
end

local function at_column(column)
  return ("column %d"):format(column)
end

-- Finds the five fields that @daily and the like stand for.
local function expand_nickname(text, column)
  local name, rest = text:match("^(%S+)%s*(.*)$", column)
  local expression = NICKNAMES[name:upper()]
  if expression and rest == "" then
    return expression
  end
  local reason = " is not known"
  if expression then
    reason = " stands alone, without fields after it"
  elseif name:upper() == "@REBOOT" then
    reason = " is not a time of the clock"
  end
  return problem(at_column(column), quoted(name) .. reason, ALLOWED_NICKNAMES, "@daily")
end

-- The cron expression that comes nearest to rate(value unit).
local function cron_of_rate(rate)
  local value, unit = rate:match "^RATE%s*%(%s*(%d+)%s*(%a+)"
  value = tonumber(value)
  if value and unit:find "^MINUTE" and value >= 1 and value < 60 then
    return ("*/%d * * * *"):format(value)
  elseif value and unit:find "^HOUR" and value >= 1 and value < 24 then
    return ("0 */%d * * *"):format(value)
  end
  return "0 0 * * *"
end

-- The words between two positions, in upper case, each with the column at which it stands.
local function split(text, first, last)
  local words = {}
  for at, word in text:sub(first, last):gmatch "()(%S+)" do
    words[#words + 1] = { text = word:upper(), column = first + at - 1 }
  end
  return words
end

-- The words of the fields, and the kinds of field that they are.
local function find_fields(text)
  local crontab, eventbridge = cron_field.CRONTAB, cron_field.EVENTBRIDGE
  local first, last = text:upper():match "^%s*CRON%s*%(()", #text
  local wrapped = first ~= nil
  if wrapped then
    last = text:match "()%)%s*$"
    if not last then
      return problem(at_column(#text + 1), "cron( is not closed", eventbridge.words,
        text .. ")", eventbridge.example)
    end
    last = last - 1
  end
  local words = split(text, first or 1, last)
  if #words == 6 then
    return words, eventbridge
  elseif #words == 5 and not wrapped then
    return words, crontab
  end
  local where, what = at_column(first or 1), ("%d field%s given"):format(#words, #words == 1 and "" or "s")
  if wrapped then
    return problem(where, what, eventbridge.words, eventbridge.example)
  end
  return problem(where, what, crontab.words .. ", or 6 as in EventBridge, with a year", crontab.example)
end

-- What is wrong with a field, as cron_field raises it. The examples correct the bad part, or the field.
local function field_problem(text, kinds, words, number, wrong)
  local function corrected(column, length, instead)
    return text:sub(1, column - 1) .. instead .. text:sub(column + length)
  end
  local kind, word = kinds[number], words[number]
  local part = quoted(text:sub(wrong.column, wrong.column + wrong.length - 1))
  return problem(
    ("%s (field %d, column %d)"):format(kind.name, number, wrong.column),
    (wrong.length > 0 and part or "a value") .. " " .. wrong.reason,
    kind.allowed,
    corrected(wrong.column, wrong.length, wrong.instead),
    corrected(word.column, #word.text, kind.sample),
    kinds.example)
end

-- EventBridge has no rule for two day fields: one of them, and only one, must be "?".
local function check_days(text, kinds, words)
  local day, weekday = words[3].text, words[5].text
  if (day == "?") ~= (weekday == "?") then
    return true
  end
  local number = weekday == "*" and 5 or 3
  local wrong = { column = words[number].column, length = #words[number].text }
  if day == "?" then
    wrong.reason, wrong.instead = "cannot stand in both day fields", "*"
  else
    wrong.reason, wrong.instead = 'must be "?", as the other day field is not', "?"
  end
  return field_problem(text, kinds, words, number, wrong)
end

local function read_fields(text, kinds, words)
  local fields = {}
  for number, kind in ipairs(kinds) do
    local word = words[number]
    local ok, field = pcall(cron_field.read, kind, word.text, word.column)
    if not ok and type(field) ~= "table" then
      error(field, 0) -- not about the text
    elseif not ok then
      return field_problem(text, kinds, words, number, field)
    end
    fields[kind.key] = field
  end
  return fields
end

local function read(text)
  local start = text:find "%S"
  if not start then
    return problem(at_column(1), "nothing is there", cron_field.CRONTAB.words, cron_field.CRONTAB.example)
  end
  if text:find("^@", start) then
    local expression, wrong = expand_nickname(text, start)
    if not expression then
      return nil, wrong
    end
    return read(expression)
  end
  local rate = text:upper():match("^RATE%s*%(.*", start)
  if rate then
    return problem(at_column(start), quoted(text:sub(start)) .. " is an interval, not times of the clock",
      "cron expressions", cron_of_rate(rate))
  end

  local words, kinds = find_fields(text)
  if not words then
    return nil, kinds
  end
  local fields, wrong = read_fields(text, kinds, words)
  if fields and kinds == cron_field.EVENTBRIDGE then
    local ok
    ok, wrong = check_days(text, kinds, words)
    fields = ok and fields
  end
  return fields, wrong
end

--- Reads a cron expression.
-- @tparam string text
-- @treturn[1] table the fields `minute`, `hour`, `day_of_month`, `month`, `day_of_week` and, in EventBridge's
-- form, `year`, as @{schedule.cron_field.read} returns them
-- @treturn[2] nil
-- @treturn[2] string the field, its column, what is wrong there, what is allowed, and a right example
local function parse(text)
  local fields, wrong = read(text)
  if fields then
    return fields
  end
  for _, example in ipairs(wrong.examples) do
    if #example <= MAX_SHOWN and read(example) then
      return nil, ("%s: %s; allowed: %s; for example: %s"):format(
        wrong.where, wrong.what, wrong.allowed, example)
    end
  end
end

return parse
