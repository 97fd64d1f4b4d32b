--- Tags that begin as the function's own do and are none of them: they have no effect, and nobody would know.

local nearest = require "lazy" "nearest"
local options = require "options"
local policy = require "policy"

local PREFIX = "start-stop:"

-- What follows the prefix: what the function itself writes, and what it reads.
local NAMES = { "first-type", "size", "suspended" }
for _, module in ipairs { options, policy } do
  for _, key in ipairs(module.keys) do NAMES[#NAMES + 1] = key:sub(#PREFIX + 1) end
end
table.sort(NAMES)

local KNOWN = {}
for _, name in ipairs(NAMES) do KNOWN[PREFIX .. name] = true end

--- Tells of the misspelt tags of a resource.
-- @tparam ?{table,...} tags AWS's list of `{ Key, Value }`
-- @treturn ?string one line; nil where there are none
return function(tags)
  local told = {}
  for _, tag in ipairs(tags or {}) do
    local key = tag.Key
    if key:sub(1, #PREFIX):lower() == PREFIX and not KNOWN[key] then
      told[#told + 1] = key .. " has no effect" .. nearest.suggest(key:sub(#PREFIX + 1), NAMES)
    end
  end
  return #told > 0 and table.concat(told, "; ") or nil
end
