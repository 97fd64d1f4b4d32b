--- What is to be done with a resource at a time, by its tags and by what its kind says of it.

local decide = require "decide"

--- @tparam table resource as `targets.ec2` finds it
-- @tparam number now seconds since 1970 UTC
-- @tparam table settings as `settings` reads them
-- @treturn table as `decide` gives it; `fell_back`, where the last start did
return function(resource, now, settings)
  if resource.skip then return { action = "none", reason = resource.skip } end
  local outcome = decide(resource, now, settings)
  local acts = outcome.action == "start" or outcome.action == "stop"
  if acts and resource.wrong then return { action = "error", reason = resource.wrong } end
  if resource.trouble then outcome.reason = outcome.reason .. "; " .. resource.trouble end
  outcome.fell_back = outcome.action == "start" and resource.trouble ~= nil
  return outcome
end
