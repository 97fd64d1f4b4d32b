--- Starts instances of a type that AWS has too little of: again after a while, then with the other types of
-- `start-stop:types`. The type that an instance had at first is kept in a tag, and comes back when it stops.

local reasons = require "reasons"

local M = {}

local FIRST_TYPE = "start-stop:first-type"
local BACK_OFF = { 2, 5 } -- seconds

local function start(ec2, resource)
  return ec2:start_instances { InstanceIds = { resource.id } }
end

-- Changes the type of a stopped instance.
local function set_type(ec2, resource, type)
  local ok, err = ec2:modify_instance_attribute { InstanceId = resource.id, InstanceType = { Value = type } }
  if ok then resource.type = type end
  return ok, err
end

-- The tag is there before the type is another one, so that no end of the process can lose it.
local function remember(ec2, resource)
  if resource.first_type then return true end
  local tag = { Key = FIRST_TYPE, Value = resource.type }
  local ok, err = ec2:create_tags { Resources = { resource.id }, Tags = { tag } }
  if ok then resource.first_type = resource.type end
  return ok, err
end

--- Gives a stopped instance its first type back.
-- @tparam table ec2 a client
-- @tparam table resource
-- @treturn ?string a note
-- @treturn ?aws.error
function M.restore(ec2, resource)
  local first = resource.first_type
  if resource.type ~= first then
    local ok, err = set_type(ec2, resource, first)
    if not ok then return nil, err end
  end
  local ok, err = ec2:delete_tags { Resources = { resource.id }, Tags = { { Key = FIRST_TYPE } } }
  if not ok then return nil, err end
  resource.first_type = nil
  return "back to " .. first
end

-- Tries again after each of some pauses, as long as there is time and the want of capacity is all that is
-- wrong.
local function start_later(ec2, resource, err, pace)
  for _, seconds in ipairs(BACK_OFF) do
    if not pace:sleep(seconds) then break end
    local ok, again = start(ec2, resource)
    if ok then return true end
    err = again
    if not reasons.is_capacity(err.code) then break end
  end
  return nil, err
end

local function start_as(ec2, resource, type)
  local ok, err = remember(ec2, resource)
  if ok then ok, err = set_type(ec2, resource, type) end
  if ok then ok, err = start(ec2, resource) end
  return ok, err
end

-- The other types, those behind the present one first: it has just failed, and those before it have too.
local function candidates(resource)
  local first, rest, passed = {}, {}, false
  for _, type in ipairs(resource.options.types or {}) do
    local list = passed and first or rest
    if type == resource.type then passed = true else list[#list + 1] = type end
  end
  for _, type in ipairs(rest) do first[#first + 1] = type end
  return first
end

local function start_as_other(ec2, resource, err)
  local tried = {}
  for _, type in ipairs(candidates(resource)) do
    local ok, refusal = start_as(ec2, resource, type)
    if ok then return ("as %s, for want of %s"):format(type, resource.first_type) end
    tried[#tried + 1] = ("%s: %s"):format(type, refusal.message or refusal.code)
  end
  if resource.first_type then M.restore(ec2, resource) end
  if #tried == 0 then return nil, err end
  return nil, ("%s; nor as %s"):format(tostring(err), table.concat(tried, ", "))
end

--- Starts one instance.
-- @tparam table ec2 a client
-- @tparam table resource
-- @tparam ?aws.error err what the first try met with; nil where there was none yet
-- @tparam table pace
-- @treturn ?string|boolean a note, or true
-- @treturn ?aws.error|string
function M.start(ec2, resource, err, pace)
  if resource.short and resource.options.types then
    return start_as_other(ec2, resource, resource.trouble)
  end
  if resource.first_type then
    local ok, problem = M.restore(ec2, resource)
    if not ok then return nil, problem end
  end
  if not err then
    local ok
    ok, err = start(ec2, resource)
    if ok then return true end
    if not reasons.is_capacity(err.code) then return nil, err end
  end
  local ok, later = start_later(ec2, resource, err, pace)
  if ok then return "after some tries, for want of capacity" end
  if not reasons.is_capacity(later.code) then return nil, later end
  return start_as_other(ec2, resource, later)
end

return M
