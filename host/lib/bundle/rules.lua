--- Endpoint rules evaluated as far as a build can: what never varies is worked out, and the rules that
-- can no longer apply are dropped.
-- @module bundle.rules

local functions = require "aws.rule_functions"
local rule_params = require "aws.rule_params"

local M = {}

local reduce_rules

-- A text that is the same for equal conditions.
local function key_of(value)
  if type(value) ~= "table" then return type(value):sub(1, 1) .. tostring(value) end
  local names, parts = {}, {}
  for name in pairs(value) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, name in ipairs(names) do parts[#parts + 1] = tostring(name) .. "=" .. key_of(value[name]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function is_template(value)
  return type(value) == "string" and value:find("{", 1, true) ~= nil
end

-- Whether an expression's value is known, and the value.
local function known(expression, state)
  if type(expression) ~= "table" then return not is_template(expression), expression end
  if expression.ref then return state.fixed[expression.ref] or false, state.values[expression.ref] end
  local fact = state.facts[key_of{ fn = expression.fn, argv = expression.argv }]
  if fact ~= nil then return true, fact end
  if expression.fn == "isSet" and state.always[expression.argv[1].ref] then return true, true end
  local fn = functions[expression.fn]
  if not fn then return false end
  local arguments = {}
  for i, argument in ipairs(expression.argv) do
    local is_known, value = known(argument, state)
    if not is_known then return false end
    arguments[i] = value
  end
  return true, fn(unpack(arguments, 1, #expression.argv))
end

local function inner(state)
  local facts = setmetatable({}, { __index = state.facts })
  return { fixed = state.fixed, values = state.values, always = state.always, facts = facts }
end

local function suppose(state, condition, holds)
  state.facts[key_of{ fn = condition.fn, argv = condition.argv }] = holds
end

-- The conditions that remain; nil where one of them cannot hold.
local function reduce_conditions(conditions, state)
  local kept = {}
  for _, condition in ipairs(conditions) do
    local is_known, value = known(condition, state)
    if is_known and not value then return nil end
    if not is_known or condition.assign then
      kept[#kept + 1] = condition
      -- What it assigns is no plain truth, so it says nothing about the same call elsewhere.
      if not condition.assign then suppose(state, condition, true) end
    end
  end
  return kept
end

-- Whether the evaluation of a list always ends within it.
local function is_conclusive(rules)
  local last = rules[#rules]
  return last ~= nil and #last.conditions == 0 and (not last.rules or is_conclusive(last.rules))
end

-- A rule without what is known; nil where it cannot apply.
local function reduce_rule(rule, state)
  local own = inner(state)
  local conditions = reduce_conditions(rule.conditions, own)
  if not conditions then return nil end
  local reduced = {
    conditions = conditions,
    endpoint = rule.endpoint,
    error = rule.error,
    rules = rule.rules and reduce_rules(rule.rules, own),
  }
  if reduced.rules and #reduced.rules == 0 then return nil end
  return reduced
end

function reduce_rules(rules, state)
  local own, kept = inner(state), {}
  for _, rule in ipairs(rules) do
    local reduced = reduce_rule(rule, own)
    if reduced then
      local splice = reduced.rules and #reduced.conditions == 0
      for _, one in ipairs(splice and reduced.rules or { reduced }) do kept[#kept + 1] = one end
      if is_conclusive(kept) then break end
      local ends = not reduced.rules or is_conclusive(reduced.rules)
      if ends and #reduced.conditions == 1 then suppose(own, reduced.conditions[1], false) end
    end
  end
  return kept
end

--- Reduces a service's rules to what the given operations can meet.
-- @tparam table model a whole model
-- @tparam {string,...} operations AWS's names
-- @treturn ?table a rule set of the same form; nil where the model has none
function M.reduce(model, operations)
  local ruleset = model.endpoint_rules
  if not ruleset then return nil end
  local varying = rule_params.varying(model, operations)
  local state = { fixed = {}, values = {}, always = { Region = true }, facts = {} }
  local parameters = {}
  for name, definition in pairs(ruleset.parameters) do
    if varying[name] then
      parameters[name] = {
        builtIn = definition.builtIn,
        default = definition.default,
        required = definition.required,
      }
      if definition.default ~= nil then state.always[name] = true end
    else
      state.fixed[name], state.values[name] = true, rule_params.fixed(name, definition)
    end
  end
  return { parameters = parameters, rules = reduce_rules(ruleset.rules, state) }
end

return M
