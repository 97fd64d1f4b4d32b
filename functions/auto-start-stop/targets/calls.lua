--- Calls that take one resource, or a list of ids, and what came of each resource.
--
-- What `start` and `stop` of an adapter give is one of these: `{ failed = { [id] = err }, notes = { [id] =
-- text } }`. A resource in neither list is on its way without a word.

local attempt = require "fleet.attempt"
local fleet = require "fleet"

local M = {}

--- Calls a function for each resource, side by side.
-- @tparam {table,...} resources
-- @tparam function call of a resource; raises or returns `nil, err` when it failed, else true or a note
-- @treturn table `{ failed, notes }`
function M.one_by_one(resources, call)
  local result = { failed = {}, notes = {} }
  local summary = fleet.each(resources, function(resource)
    local ok, value = attempt(call, resource)
    if not ok then result.failed[resource.id] = value end
    if ok and type(value) == "string" then result.notes[resource.id] = value end
    return true
  end)
  for _, item in ipairs(summary.items) do
    if not item.ok then result.failed[item.id] = item.error end
  end
  return result
end

--- The ids of resources.
-- @tparam {table,...} resources
-- @treturn {string,...}
function M.ids(resources)
  local ids = {}
  for i, resource in ipairs(resources) do ids[i] = resource.id end
  return ids
end

--- A list in pieces of at most so many elements, one piece a step.
-- @tparam table list
-- @tparam number size
-- @treturn function iterator
function M.pieces(list, size)
  local from = 1 - size
  return function()
    from = from + size
    if from <= #list then return { unpack(list, from, from + size - 1) } end
  end
end

return M
