--- What `start-stop:holidays` says: `NAME`, `NAME start`, `NAME stop`, `NAME start+stop`, and `NAME+NAME` for
-- several calendars. On a holiday what is named does not happen; where nothing is named, that is the start.

local tag_value = require("fleet.tags").value

local M = {}

local EXAMPLE = "de-by start"

local function split(text)
  local words = {}
  for word in text:gmatch "[^+,]+" do words[#words + 1] = word end
  return words
end

--- Reads the tag.
-- @tparam string text
-- @treturn[1] table `names`, of calendars, a list; `start` and `stop`, whether it holds for them
-- @treturn[2] nil
-- @treturn[2] string what is wrong
function M.read(text)
  local names, column, what = text:match "^([%w_.+,-]+)%s*()(%S*)$"
  if not names or not names:find "^%w" then
    return nil, ("is not the name of a calendar and, if wanted, start, stop or start+stop; for example: %s")
      :format(EXAMPLE)
  end
  local tag = { names = split(names) }
  for _, word in ipairs(split(what == "" and "start" or what)) do
    local action = word:lower()
    if action ~= "start" and action ~= "stop" then
      local problem = "column %d: %q is neither start nor stop; for example: %s start"
      return nil, problem:format(column, word, names)
    end
    tag[action] = true
  end
  return tag
end

--- The calendars that a resource's tags name.
-- @tparam ?{table,...} tags AWS's list of `{ Key, Value }`
-- @treturn {string,...}
function M.names(tags)
  local text = tag_value(tags, "start-stop:holidays")
  local read = text and M.read(text:match "^%s*(.-)%s*$")
  return read and read.names or {}
end

return M
