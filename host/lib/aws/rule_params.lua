--- What goes into a service's endpoint rules, and which signing comes out.
--
-- Source: Smithy specification, "Rules engine parameters" and "Endpoint authentication schemes".
-- @module aws.rule_params

local jmespath = require "lazy" "aws.jmespath"
local json = require "json"

local M = {}

-- A directory bucket's own session tokens are not implemented; plain signatures serve as well. Nor are
-- hosts for each account.
local FIXED = { DisableS3ExpressSessionAuth = true, AccountIdEndpointMode = "disabled" }

-- A custom endpoint is addressed path-style, because few of them have a name for each bucket.
local function path_style(settings)
  local s3 = settings.config:setting(nil, "s3")
  local style = type(s3) == "table" and s3.addressing_style
  if style == "path" or style == "virtual" then return style == "path" end
  return settings.url ~= nil
end

local BUILT_IN = {
  ["AWS::Region"] = function(settings) return settings.region end,
  ["SDK::Endpoint"] = function(settings) return settings.url end,
  ["AWS::UseFIPS"] = function(settings)
    return settings.config:flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")
  end,
  ["AWS::UseDualStack"] = function(settings)
    return settings.config:flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")
  end,
  ["AWS::S3::ForcePathStyle"] = path_style,
}

-- By the rules' names, what the call's own parameters say.
local function from_call(model, operation, params)
  local found = {}
  local input = operation.input and model.shapes[operation.input.shape]
  for name, member in pairs(input and input.members or {}) do
    if member.contextParam then found[member.contextParam.name] = params[name] end
  end
  for name, context in pairs(operation.operationContextParams or {}) do
    local value = jmespath.search(context.path, params)
    if value ~= json.null then found[name] = value end
  end
  for name, static in pairs(operation.staticContextParams or {}) do found[name] = static.value end
  return found
end

--- Which of the rules' parameters the calls of some operations, or the settings, can give values.
-- @tparam table model
-- @tparam {string,...} operations AWS's names
-- @treturn table true by name; all others have their fixed value always
function M.varying(model, operations)
  local varying = {}
  for name, definition in pairs(model.endpoint_rules.parameters) do
    if BUILT_IN[definition.builtIn] then varying[name] = true end
  end
  for _, operation_name in ipairs(operations) do
    local operation = model.operations[operation_name]
    local input = operation.input and model.shapes[operation.input.shape]
    for _, member in pairs(input and input.members or {}) do
      if member.contextParam then varying[member.contextParam.name] = true end
    end
    for name in pairs(operation.operationContextParams or {}) do varying[name] = true end
    for name in pairs(operation.staticContextParams or {}) do varying[name] = true end
  end
  return varying
end

--- The value of a parameter that does not vary.
-- @tparam string name
-- @tparam table definition in the rule set
-- @return the value; nil where it is never set
function M.fixed(name, definition)
  if FIXED[name] ~= nil then return FIXED[name] end
  return definition.default
end

--- Collects the parameters of the rules.
-- @tparam table model
-- @tparam table operation
-- @tparam table params of the call
-- @tparam table settings `config`, `region`, `url`
-- @treturn table by the rules' names
function M.collect(model, operation, params, settings)
  local found = from_call(model, operation, params)
  for name, definition in pairs(model.endpoint_rules.parameters) do
    local built_in = BUILT_IN[definition.builtIn]
    if found[name] == nil and built_in then found[name] = built_in(settings) end
    if found[name] == nil then found[name] = FIXED[name] end
  end
  return found
end

--- The signing that an endpoint asks for: the first scheme that is SigV4.
-- @tparam ?table properties of the endpoint
-- @treturn table the scheme; empty where the endpoint names none
-- @treturn ?string what is wrong
function M.scheme(properties)
  local schemes = properties and properties.authSchemes
  if not schemes or #schemes == 0 then return {} end
  for _, scheme in ipairs(schemes) do
    if scheme.name == "sigv4" then return scheme end
  end
  return {}, "the endpoint wants " .. schemes[1].name .. " signatures, and only sigv4 is implemented"
end

return M
