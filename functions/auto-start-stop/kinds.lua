--- The kinds of things that can be started and stopped, an adapter each, loaded when a kind is switched on.
-- `targets.ec2` says what an adapter's functions take and give.

local attempt = require "fleet.attempt"
local fleet = require "fleet"
local reasons = require "lazy" "reasons"

local M = {}

M.names = { "ec2", "rds", "aurora", "autoscaling" }

--- The adapter of a kind.
-- @tparam string kind one of `names`
-- @treturn table
function M.of(kind)
  return require("targets." .. kind)
end

--- An error in words: AWS's, with what its code means where that is known.
-- @param err an `aws.error`, or anything else that was raised
-- @treturn string
function M.words(err)
  local text = tostring(err)
  local plain = type(err) == "table" and reasons.meaning(err.code)
  return plain and plain .. ": " .. text or text
end

--- Finds the resources of some kinds, side by side. A kind that cannot be listed is its own error.
-- @tparam table clients by service
-- @tparam {string,...} kinds
-- @tparam pace pace
-- @treturn {table,...} resources, kind by kind
-- @treturn {table,...} what went wrong: `{ kind, error }`
function M.find(clients, kinds, pace)
  local found = fleet.each(kinds, function(kind)
    local ok, result = attempt(M.of(kind).find, clients, pace)
    return { ok = ok, result = result }
  end, { id = tostring, name = "kind" })

  local resources, errors = {}, {}
  for i, item in ipairs(found.items) do
    local listed = item.result or { result = item.error }
    if not listed.ok then errors[#errors + 1] = { kind = kinds[i], error = listed.result } end
    for _, resource in ipairs(listed.ok and listed.result or {}) do resources[#resources + 1] = resource end
  end
  return resources, errors
end

return M
