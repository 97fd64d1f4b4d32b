--- What every protocol does with an operation's parameters before it writes them.
-- @module aws.protocol.params

local json = require "json"

local M = {}

--- Whether a parameter counts as not given.
-- @param value
-- @treturn boolean
function M.absent(value)
  return value == nil or value == json.null
end

--- The parameters, with the idempotency tokens that the caller left out.
-- @tparam ?table input view of the operation's input
-- @tparam ?table params
-- @tparam ?function token makes a token; without one none is filled in
-- @treturn table
function M.complete(input, params, token)
  params = params or {}
  if not input or not token then return params end
  local filled
  for _, name in ipairs(input.names) do
    if input.members[name].idempotencyToken and M.absent(params[name]) then
      if not filled then
        filled = {}
        for key, value in pairs(params) do filled[key] = value end
      end
      filled[name] = token()
    end
  end
  return filled or params
end

--- The members that are set, in a fixed order: same parameters, same request.
-- @tparam table view of a structure
-- @tparam table value
-- @treturn function iterator of name, view of the member, value
function M.each(view, value)
  if type(value) ~= "table" then
    error(("%s: expected a structure, got a %s"):format(view.shape, type(value)), 0)
  end
  local keys = M.sorted_keys(value)
  local i = 0
  return function()
    repeat i = i + 1 until keys[i] == nil or not M.absent(value[keys[i]])
    local name = keys[i]
    if name == nil then return nil end
    local member = view.members[name]
    if not member then error(("%s has no member %s"):format(view.shape, tostring(name)), 0) end
    return name, member, value[name]
  end
end

--- The keys of a table as a sorted list.
-- @tparam table value
-- @treturn table
function M.sorted_keys(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

--- What goes in front of the endpoint's host, its labels filled in.
-- @tparam table operation
-- @tparam ?table input view of its input
-- @tparam table params
-- @treturn ?string
function M.host_prefix(operation, input, params)
  local template = operation.endpoint and operation.endpoint.hostPrefix
  if not template then return nil end
  return (template:gsub("{(.-)}", function(label)
    local value = input and input.members[label] and params[label]
    if type(value) ~= "string" or not value:find("^[%w%.%-]+$") then
      error(label .. ": expected letters, digits, hyphens and dots, as it becomes part of a host name", 0)
    end
    return value
  end))
end

return M
