--- Endpoint rule sets, as the services' models bring them.
--
-- A rule applies when all its conditions hold; what a condition assigns is seen by the conditions
-- after it and by the rules within. A tree tries its rules in turn, an endpoint or an error ends it.
--
-- Source: Smithy specification, "Rules engine".
-- @module aws.endpoint_rules

local functions = require "aws.rule_functions"

local M = {}

local resolve

local function lookup(scope, path)
  local value = scope
  for name in path:gmatch("[^#]+") do value = value[name] end
  return value
end

local function call(expression, scope)
  local arguments, count = {}, #expression.argv
  for i = 1, count do arguments[i] = resolve(expression.argv[i], scope) end
  local fn = scope.functions[expression.fn] or functions[expression.fn]
  return fn(unpack(arguments, 1, count))
end

-- The value of a literal, a template, a reference or a call.
function resolve(value, scope)
  if type(value) == "string" then
    return (value:gsub("{([%w_#]+)}", function(path) return tostring(lookup(scope, path)) end))
  elseif type(value) ~= "table" then
    return value
  elseif value.ref then
    return scope[value.ref]
  elseif value.fn then
    return call(value, scope)
  end
  local resolved = {}
  for key, element in pairs(value) do resolved[key] = resolve(element, scope) end
  return resolved
end

local function inner(scope)
  return setmetatable({}, { __index = scope })
end

local function holds(conditions, scope)
  for _, condition in ipairs(conditions) do
    local value = call(condition, scope)
    if value == nil or value == false then return false end
    if condition.assign then scope[condition.assign] = value end
  end
  return true
end

local function first(rules, scope)
  for _, rule in ipairs(rules) do
    local own = inner(scope)
    if holds(rule.conditions, own) then
      if rule.endpoint then return resolve(rule.endpoint, own) end
      if rule.error then return nil, resolve(rule.error, own) end
      local endpoint, message = first(rule.rules, own)
      if endpoint or message then return endpoint, message end
    end
  end
end

--- Finds the endpoint.
-- @tparam table ruleset of `endpoint-rule-set-1.json`
-- @tparam table partitions of `partitions.json`
-- @tparam table params by the names of the rule set's parameters; those left out get their default
-- @treturn ?table `{ url, properties, headers }`
-- @treturn ?string what is wrong
function M.evaluate(ruleset, partitions, params)
  local scope = { functions = { ["aws.partition"] = functions.partition_of(partitions) } }
  for name, definition in pairs(ruleset.parameters) do
    local value = params[name]
    if value == nil then value = definition.default end
    if value == nil and definition.required then return nil, name .. " is needed and not set" end
    scope[name] = value
  end
  local endpoint, message = first(ruleset.rules, scope)
  if endpoint or message then return endpoint, message end
  return nil, "the service's rules have no endpoint for these settings"
end

return M
