--- What DB instances and DB clusters have in common: one call a database, and RDS's words for its state.

local calls = require "targets.calls"
local options = require "options"
local reasons = require "reasons"
local tag_keys = require "tag_keys"

local M = {}

local STATES = { available = "running" } -- the others keep their names
local BECOMING = { starting = "running", stopping = "stopped" }
local FILTER_SIZE = 100 -- values that a filter takes

--- Makes an adapter; `targets.ec2` says what its functions take and give.
-- @tparam table of what RDS calls things: `kind`; `operation` that describes, with the fields `id`, `arn` and
--   `status`, and the `filter` by id; `unstoppable(description)` → why, or nil; `start(rds, id)`,
-- `stop(rds, id)`
-- @treturn table `{ find, start, stop, look, tag }`
function M.adapter(of)
  local adapter = {}

  local function resource_of(described)
    local status = described[of.status]
    return options.read {
      kind = of.kind,
      id = described[of.id],
      arn = described[of.arn],
      state = STATES[status] or status,
      becoming = BECOMING[status],
      tags = described.TagList,
      skip = of.unstoppable(described),
      trouble = reasons.database(status, { described.KmsKeyId }),
    }
  end

  -- RDS has no filter by tag.
  function adapter.find(clients)
    local resources = {}
    for described in clients.rds:each(of.operation, {}) do
      if options.has_any(described.TagList, tag_keys) then
        resources[#resources + 1] = resource_of(described)
      end
    end
    return resources
  end

  function adapter.start(clients, resources)
    return calls.one_by_one(resources, function(resource) return of.start(clients.rds, resource.id) end)
  end

  function adapter.stop(clients, resources)
    return calls.one_by_one(resources, function(resource) return of.stop(clients.rds, resource.id) end)
  end

  function adapter.look(clients, resources, pace)
    local found = {}
    calls.in_pieces(calls.ids(resources), FILTER_SIZE, pace, function(ids)
      local filter = { Name = of.filter, Values = ids }
      for described in clients.rds:each(of.operation, { Filters = { filter } }) do
        local status = described[of.status]
        found[described[of.id]] = {
          state = STATES[status] or status,
          failure = reasons.database(status, { described.KmsKeyId }),
        }
      end
    end)
    return found
  end

  function adapter.tag(clients, resource, tags)
    return clients.rds:add_tags_to_resource { ResourceName = resource.arn, Tags = tags }
  end

  return adapter
end

return M
