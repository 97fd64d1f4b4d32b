--- The one message of a run, for people. Pure.

local MOST_LINES = 500 -- of some 300 bytes; SNS takes 256 KB
local LONGEST_SUBJECT = 100 -- Source: Amazon SNS API Reference, "Publish"

-- By action, in the order of the message: a word for the subject, and a heading.
local PARTS = {
  { "stop", "stopped", "Stopped, because their time to be corrected is over" },
  { "warn", "to be stopped", "Stopped at the time given, unless they are corrected before" },
  { "report", "reported", "Without the tags that they should have" },
  { "release", "settled", "Settled" },
}

local function line_of(step)
  local resource = step.resource
  local name = resource.name and (" (%s)"):format(resource.name:gsub("%c", "?")) or ""
  local time = step.mark and step.action == "warn" and step.mark.Value .. ", " or ""
  return ("  %s%s: %s%s"):format(resource.id, name, time, step.reason)
end

local function part(lines, heading, steps)
  lines[#lines + 1] = heading .. ":"
  for i = 1, math.min(#steps, MOST_LINES) do lines[#lines + 1] = line_of(steps[i]) end
  if #steps > MOST_LINES then
    lines[#lines + 1] = ("  and %d more; the log has them all"):format(#steps - MOST_LINES)
  end
  lines[#lines + 1] = ""
end

--- Writes the message.
-- @tparam {table,...} steps those to tell of
-- @tparam string place the account and the region
-- @treturn string the subject
-- @treturn string the body
return function(steps, place)
  local words, lines = {}, { "tag-guard in " .. place, "" }
  for _, each in ipairs(PARTS) do
    local action, word, heading = unpack(each)
    local of = {}
    for _, step in ipairs(steps) do
      if step.action == action then of[#of + 1] = step end
    end
    if #of > 0 then
      words[#words + 1] = ("%d %s"):format(#of, word)
      part(lines, heading, of)
    end
  end
  local subject = ("tag-guard: %s (%s)"):format(table.concat(words, ", "), place)
  return subject:sub(1, LONGEST_SUBJECT), table.concat(lines, "\n")
end
