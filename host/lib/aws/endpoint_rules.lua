--- Endpoint rule sets, as the services' models bring them.
--
-- A rule applies when all its conditions hold; what a condition assigns is seen by the conditions
-- after it and by the rules within. A tree tries its rules in turn, an endpoint or an error ends it.
--
-- Source: Smithy specification, "Rules engine".
-- @module aws.endpoint_rules

local functions = require "aws.rule_functions"

local M = {}

local DEEPEST = 64 -- levels of rules, calls and values; AWS's own have 25
local TOO_DEEP = {} -- raised

local resolve

local function deeper(depth)
  if depth == DEEPEST then error(TOO_DEEP, 0) end
  return depth + 1
end

local function lookup(scope, path)
  local value = scope
  for name in path:gmatch("[^#]+") do value = value[name] end
  return value
end

local function call(expression, scope, depth)
  local arguments, count = {}, #expression.argv
  for i = 1, count do arguments[i] = resolve(expression.argv[i], scope, depth) end
  local fn = scope.functions[expression.fn] or functions[expression.fn]
  return fn(unpack(arguments, 1, count))
end

-- The value of a literal, a template, a reference or a call.
function resolve(value, scope, depth)
  if type(value) == "string" then
    return (value:gsub("{([%w_#]+)}", function(path) return tostring(lookup(scope, path)) end))
  elseif type(value) ~= "table" then
    return value
  elseif value.ref then
    return scope[value.ref]
  elseif value.fn then
    return call(value, scope, deeper(depth))
  end
  local resolved, within = {}, deeper(depth)
  for key, element in pairs(value) do resolved[key] = resolve(element, scope, within) end
  return resolved
end

local function inner(scope)
  return setmetatable({}, { __index = scope })
end

local function holds(conditions, scope, depth)
  for _, condition in ipairs(conditions) do
    local value = call(condition, scope, depth)
    if value == nil or value == false then return false end
    if condition.assign then scope[condition.assign] = value end
  end
  return true
end

local function first(rules, scope, depth)
  for _, rule in ipairs(rules) do
    local own = inner(scope)
    if holds(rule.conditions, own, depth) then
      if rule.endpoint then return resolve(rule.endpoint, own, depth) end
      if rule.error then return nil, resolve(rule.error, own, depth) end
      local endpoint, message = first(rule.rules, own, deeper(depth))
      if endpoint or message then return endpoint, message end
    end
  end
end

local function evaluate(ruleset, partitions, params)
  local scope = { functions = { ["aws.partition"] = functions.partition_of(partitions) } }
  for name, definition in pairs(ruleset.parameters) do
    local value = params[name]
    if value == nil then value = definition.default end
    if value == nil and definition.required then return nil, name .. " is needed and not set" end
    scope[name] = value
  end
  local ok, endpoint, message = pcall(first, ruleset.rules, scope, 1)
  if ok and (endpoint or message) then return endpoint, message end
  if ok then return nil, "the service's rules have no endpoint for these settings" end
  if endpoint ~= TOO_DEEP then error(endpoint, 0) end
  return nil, ("the service's rules are nested more than %d deep"):format(DEEPEST)
end

-- By rule set, what was asked last and its answer: most calls ask what the one before them did.
local last = setmetatable({}, { __mode = "k" })

local function is_part(params, of)
  for name, value in pairs(params) do
    if of[name] ~= value then return false end
  end
  return true
end

--- Finds the endpoint.
-- @tparam table ruleset of `endpoint-rule-set-1.json`
-- @tparam table partitions of `partitions.json`
-- @tparam table params by the names of the rule set's parameters; those left out get their default
-- @treturn ?table `{ url, properties, headers }`, which others may have, too
-- @treturn ?string what is wrong
function M.evaluate(ruleset, partitions, params)
  local before = last[ruleset]
  if before and is_part(params, before.params) and is_part(before.params, params) then
    return before.endpoint
  end
  local endpoint, message = evaluate(ruleset, partitions, params)
  last[ruleset] = endpoint and { params = params, endpoint = endpoint }
  return endpoint, message
end

return M
