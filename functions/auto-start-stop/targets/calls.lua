--- Calls that take one resource, or a list of ids, and what came of each resource.
--
-- What `start` and `stop` of an adapter give is one of these: `{ failed = { [id] = err }, notes = { [id] =
-- text } }`. A resource in neither list is on its way without a word.

local attempt = require "fleet.attempt"
local fleet = require "fleet"
local task = require "task"

local M = {}

local PIECES_AT_ONCE = 5

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

--- Calls a function for a list in pieces, some of them side by side; raises when one of them does.
-- @tparam table list
-- @tparam number most elements in a piece
-- @tparam pace pace which may make the pieces smaller
-- @tparam function call called as `call(piece)`
function M.in_pieces(list, most, pace, call)
  local size, at_once = pace:share(most)
  task.side_by_side(math.ceil(#list / size), math.min(at_once, PIECES_AT_ONCE), function(i)
    call { unpack(list, (i - 1) * size + 1, math.min(i * size, #list)) }
  end)
end

return M
