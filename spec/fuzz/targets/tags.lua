-- Tags, a line each ("key=value"): all that is wrong is told, and what is right has its type.
local tags = require "fleet.tags"

local SCHEMA = tags.schema {
  enable = tags.boolean { key = "enable", default = true },
  count = tags.integer { key = "count", min = 1, max = 100 },
  start = tags.cron { key = "start", example = "0 8 * * mon-fri" },
  zone = tags.zone { key = "zone" },
}
local TYPES = { enable = "boolean", count = "number", start = "table", zone = "table" }

local function check_values(values)
  for name, value in pairs(values) do assert(type(value) == TYPES[name], name) end
end

return function(input)
  local list = {}
  for key, value in input:gmatch "([^=\n]*)=([^\n]*)" do
    list[#list + 1] = { Key = key, Value = value }
  end
  local values, errors, right = SCHEMA:read(list, "i-1")
  if values then return check_values(values) end
  assert(#errors > 0)
  for _, err in ipairs(errors) do
    assert(err.id == "i-1" and type(err.key) == "string" and type(err.message) == "string")
    assert(not err.message:find "%.lua:%d+:" and #err.message < 2000, err.message)
  end
  check_values(right)
end
