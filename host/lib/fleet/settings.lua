--- A function's settings: its environment, read by a schema as tags are.
--
--     local SCHEMA = tags.schema {
--       zone = tags.zone { key = "TIMEZONE" },
--       dry_run = tags.boolean { key = "DRY_RUN", default = false, example = "1" },
--     }
--     local values, message = settings.read(SCHEMA, os.getenv)
-- @module fleet.settings

local M = {}

--- Reads the variables that a schema names. One that is set to nothing counts as not set.
-- @tparam fleet.tags.schema schema whose keys are the variables' names
-- @tparam function getenv as os.getenv
-- @treturn ?table values by field name, defaults filled in
-- @treturn ?string all that is wrong, in one line
function M.read(schema, getenv)
  local variables = {}
  for _, field in pairs(schema.fields) do
    local value = getenv(field.key)
    if value and value ~= "" then variables[#variables + 1] = { Key = field.key, Value = value } end
  end
  local values, errors = schema:read(variables, "environment")
  if values then return values end
  local lines = {}
  for i, err in ipairs(errors) do lines[i] = tostring(err) end
  return nil, table.concat(lines, "; ")
end

return M
