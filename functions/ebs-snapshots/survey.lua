--- What there is: the sources with what they ask for, and by region the snapshots that this function made.

local attempt = require "fleet.attempt"
local calls = require "calls"
local fleet = require "fleet"
local marks = require "marks"
local wanted = require "wanted"

local M = {}

--- A region.
-- @tparam string name
-- @tparam function client region → client
-- @treturn table `{ name, ec2, units, strange }`; raises what keeps it from being seen
function M.region(name, client)
  local ec2 = client(name)
  local units, strange = marks.units(calls.snapshots(ec2))
  return { name = name, ec2 = ec2, units = units, strange = strange }
end

--- The sources whose tags are right.
-- @tparam table home their region
-- @tparam table settings
-- @treturn {table,...} `{ id, is_volume, name, wanted }`
-- @treturn {table,...} a step for each whose tags are wrong
-- @treturn {[string]=boolean} the ids of both, as a set
function M.sources(home, settings)
  local right, steps, known = {}, {}, {}
  for _, source in ipairs(calls.sources(home.ec2)) do
    local problem
    known[source.id] = true
    source.wanted, problem = wanted.read(source.tags, source.id, settings, home.name)
    if source.wanted then
      right[#right + 1] = source
    else
      steps[#steps + 1] = { action = "error", source = source.id, region = home.name, reason = problem }
    end
  end
  return right, steps, known
end

--- The regions that copies go to, looked at side by side. One that cannot be seen is no other's error.
-- @tparam {table,...} sources
-- @tparam function client region → client
-- @treturn {[string]=table} those that can be seen, by name
-- @treturn {table,...} a step for each that cannot
function M.abroad(sources, client)
  local names, seen = {}, {}
  for _, source in ipairs(sources) do
    local name = source.wanted.copy_to
    if name and not seen[name] then seen[name], names[#names + 1] = true, name end
  end
  local regions, steps = {}, {}
  fleet.each(names, function(name)
    local ok, region = attempt(M.region, name, client)
    if ok then
      regions[name] = region
    else
      steps[#steps + 1] = { action = "error", region = name, reason = "cannot be seen: " .. tostring(region) }
    end
    return true
  end)
  return regions, steps
end

return M
