--- Resources from a file: what the AWS CLI prints, served to the code that lists as though AWS answered, or
-- resources as that code makes them.

local json = require "json"
local kinds = require "kinds"
local options = require "options"
local paces = require "pace"
local tag_keys = require "tag_keys"
local task = require "task"

local M = {}

local EXPECTED = "expected what \"aws ec2 describe-instances\" prints"

-- What the CLI prints of each kind: the list's name, the operation that AWS gives it for, the fields that
-- count, and where the tags are.
local ANSWERS = {
  {
    kind = "ec2", list = "Reservations", service = "ec2", operation = "describe_instances",
    inner = "Instances", fields = { InstanceId = "string", ["State.Name"] = "string" }, tags = "Tags",
  },
  {
    kind = "rds", list = "DBInstances", service = "rds", operation = "describe_db_instances",
    fields = { DBInstanceIdentifier = "string", DBInstanceStatus = "string" }, tags = "TagList",
  },
  {
    kind = "aurora", list = "DBClusters", service = "rds", operation = "describe_db_clusters",
    fields = { DBClusterIdentifier = "string", Status = "string" }, tags = "TagList",
  },
  {
    kind = "autoscaling", list = "AutoScalingGroups", service = "autoscaling",
    operation = "describe_auto_scaling_groups", tags = "Tags",
    fields = {
      AutoScalingGroupName = "string", MinSize = "number", MaxSize = "number", DesiredCapacity = "number",
    },
  },
}
local RESOURCE = { fields = { id = "string", state = "string" }, tags = "tags" }

local function wrong(path, problem)
  error({ shape = ("%s %s; %s"):format(path, problem, EXPECTED) }, 0)
end

-- ---- the shape ----

-- JSON's null is nothing.
local function without_nulls(value)
  if type(value) ~= "table" then return value end
  for key, member in pairs(value) do
    if member == json.null then value[key] = nil else without_nulls(member) end
  end
  return value
end

local function list_at(value, path)
  if type(value) ~= "table" or not json.is_array(value) then wrong(path, "is no list") end
  return ipairs(value)
end

local function check_field(item, name, kind, path)
  local value = item
  for part in name:gmatch "[^.]+" do value = type(value) == "table" and value[part] or nil end
  if value == nil then wrong(path .. "." .. name, "is missing") end
  if type(value) ~= kind then wrong(path .. "." .. name, "is no " .. kind) end
end

local function check_tags(tags, path)
  if tags == nil then return end
  for i, tag in list_at(tags, path) do
    local is_tag = type(tag) == "table" and type(tag.Key) == "string" and type(tag.Value) == "string"
    if not is_tag then wrong(("%s[%d]"):format(path, i - 1), "is no { Key, Value }") end
  end
end

local function check_item(item, of, path)
  if type(item) ~= "table" then wrong(path, "is no object") end
  local names = {}
  for name in pairs(of.fields) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do check_field(item, name, of.fields[name], path) end
  check_tags(item[of.tags], path .. "." .. of.tags)
end

local function check_list(list, of, path)
  for i, item in list_at(list, path) do
    local here = ("%s[%d]"):format(path, i - 1)
    if of.inner then
      if type(item) ~= "table" then wrong(here, "is no object") end
      check_list(item[of.inner], { fields = of.fields, tags = of.tags }, here .. "." .. of.inner)
    else
      check_item(item, of, here)
    end
  end
end

-- ---- what it holds ----

-- Only what has one of the tags is ours; this is what AWS filters.
local function tagged(list, of)
  local kept, left_out = json.array {}, 0
  for _, item in ipairs(list) do
    if of.inner then
      local inner, others = tagged(item[of.inner], { tags = of.tags })
      left_out = left_out + others
      kept[#kept + 1] = { [of.inner] = inner }
    elseif options.has_any(item[of.tags], tag_keys) then
      kept[#kept + 1] = item
    else
      left_out = left_out + 1
    end
  end
  return kept, left_out
end

-- A client that answers one operation from a list, and any other with nothing.
local function client_of(of, list)
  return {
    each = function(_, operation)
      local i, items = 0, operation == of.operation and list or {}
      return function()
        i = i + 1
        return items[i]
      end
    end,
  }
end

local function from_answer(of, list)
  check_list(list, of, of.list)
  local kept, left_out = tagged(list, of)
  local nothing = client_of({}, {})
  local clients = { [of.service] = client_of(of, kept) }
  setmetatable(clients, { __index = function() return nothing end })
  local resources, errors = kinds.find(clients, { of.kind }, paces.new(math.huge, task))
  if errors[1] then error(errors[1].error, 0) end
  return resources, left_out
end

local function from_resources(list, path)
  check_list(list, RESOURCE, path)
  local kept, left_out = tagged(list, RESOURCE)
  for _, resource in ipairs(kept) do options.read(resource) end
  return kept, left_out
end

local function from_list(list)
  local first = list[1]
  if type(first) == "table" and first.InstanceId then
    return from_answer(ANSWERS[1], json.array { { Instances = list } })
  end
  return from_resources(list, "resources")
end

local function read(document)
  if type(document) ~= "table" then wrong("it", "is no object") end
  if json.is_array(document) then return from_list(document) end
  for _, of in ipairs(ANSWERS) do
    if document[of.list] then return from_answer(of, document[of.list]) end
  end
  if document.resources then return from_resources(document.resources, "resources") end
  wrong("it", "has none of Reservations, DBInstances, DBClusters, AutoScalingGroups, resources")
end

--- Reads resources: those with one of the tags.
-- @tparam string text JSON: what `describe-instances`, `describe-db-instances`, `describe-db-clusters` or
--   `describe-auto-scaling-groups` of the AWS CLI prints, a list of instances, or `{ "resources": [ … ] }`
--   with resources as `targets.ec2` makes them: `id`, `state`, `tags`, …
-- @treturn[1] {table,...} resources
-- @treturn[1] number how many others there are, without a tag
-- @treturn[2] nil
-- @treturn[2] string what is wrong
function M.read(text)
  local document, problem = json.decode(text)
  if document == nil then return nil, ("it is no JSON: %s; %s"):format(problem, EXPECTED) end
  local ok, resources, left_out = pcall(read, without_nulls(document))
  if ok then return resources, left_out end
  if type(resources) == "table" and resources.shape then return nil, resources.shape end
  error(resources, 0)
end

return M
