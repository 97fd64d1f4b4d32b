--- A service's operations as methods, in boto3's spelling.
--
--     local ec2 = aws.client("ec2", { region = "eu-central-1" })
--     local output, err = ec2:describe_instances{ MaxResults = 10 }
--     for reservation in ec2:each("describe_instances") do ... end
--     local ok, err = ec2:wait("instance_running", { InstanceIds = ids })
--
-- What the world does comes back as `nil, err`, an `aws.error`; only `pages` and `each` raise it,
-- because a loop would take it for the end. A caller's mistake (an unknown operation, parameters that
-- do not fit the model) is raised with the caller's line.
-- @module aws.client

local call = require "aws.call"
local credentials = require "aws.credentials"
local customizations = require "aws.customizations"
local models = require "aws.model"
local names = require "aws.names"
local nearest = require "lazy" "nearest"
local platform = require "aws.platform"
local sessions = require "aws.session"
local validate = require "aws.validate"

local M = {}

local OPTIONS = { "region", "endpoint", "credentials", "max_attempts", "timeout", unpack(platform.fields) }

local Client = {}

-- AWS's name by boto3's, for the operations or the waiters of a model.
local function spellings(entries)
  local by_name = {}
  for name in pairs(entries or {}) do by_name[names.snake_case(name)] = name end
  return by_name
end

local function keys(map)
  local list = {}
  for key in pairs(map) do list[#list + 1] = key end
  return list
end

-- The message for an operation that the model does not hold. A bundle names those it leaves out.
local function unknown_operation(model, name)
  for undeclared in (model.undeclared or ""):gmatch("%S+") do
    if names.snake_case(undeclared) == name then
      return ("%s:%s is not declared; requirements.lua: add %q to aws.%s")
        :format(model.service, name, undeclared, model.service)
    end
  end
  local known = keys(spellings(model.operations))
  return ("%s has no operation %q%s%s"):format(model.service, name, nearest.suggest(name, known),
    model.bundled and " (the bundle holds only what requirements.lua declares)" or "")
end

-- AWS's name of an operation; raises at `level` above the caller.
local function operation_name(core, name, level)
  core.operations = core.operations or spellings(core.model.operations)
  local operation = core.operations[name]
  if not operation then error(unknown_operation(core.model, tostring(name)), level + 1) end
  return operation
end

-- The parameters as they are to be sent, and what is to be done to the output.
local function checked(core, operation, params, level)
  local complete, finish = customizations.params(core.model, operation, params or {})
  local problems = validate.problems(core.model, operation, complete)
  if #problems == 0 then return complete, finish end
  error(("%s.%s: parameters do not fit:\n  %s"):format(core.model.service,
    names.snake_case(operation), table.concat(problems, "\n  ")), level + 1)
end

local function method(core, name)
  local operation = operation_name(core, name, 3)
  return function(_, params)
    local complete, finish = checked(core, operation, params, 2)
    local output, err = call.run(core, operation, complete)
    if output and finish then finish(output) end
    return output, err
  end
end

local function paginator_of(core, name)
  local operation = operation_name(core, name, 3)
  local paginator = core.model.paginators and core.model.paginators[operation]
  if paginator then return paginator, operation end
  error(("%s.%s has no pages; call client:%s(params)"):format(core.model.service, name, name), 3)
end

--- Iterates over the pages of an operation's output.
-- @tparam string name such as `describe_instances`
-- @tparam[opt] table params
-- @treturn function iterator, which gives an output a time and raises an `aws.error`
function Client:pages(name, params)
  local paginator, operation = paginator_of(self.core, name)
  checked(self.core, operation, params, 2)
  return require("aws.paginate").iterator(self, name, params, paginator)
end

--- Iterates over the items on the pages of an operation's output.
-- @tparam string name such as `describe_instances`
-- @tparam[opt] table params
-- @treturn function iterator, which gives an item and the name of the list it is from, and raises an
--   `aws.error`
function Client:each(name, params)
  local paginator, operation = paginator_of(self.core, name)
  checked(self.core, operation, params, 2)
  local paginate = require "aws.paginate"
  return paginate.items(paginate.iterator(self, name, params, paginator), paginator)
end

--- Waits until a state is reached.
-- @tparam string name such as `instance_running`
-- @tparam[opt] table params of the operation that the waiter calls
-- @tparam[opt] table options `delay` (seconds) and `max_attempts` in place of the waiter's own
-- @treturn ?boolean true
-- @treturn ?aws.error
function Client:wait(name, params, options)
  local core = self.core
  local waiters = core.model.waiters
  local known = spellings(waiters)
  if not known[name] then
    error(("%s has no waiter %q%s"):format(core.model.service, tostring(name),
      nearest.suggest(tostring(name), keys(known))), 2)
  end
  local waiter = waiters[known[name]]
  if not core.model.operations[waiter.operation] then
    error(unknown_operation(core.model, names.snake_case(waiter.operation)), 2)
  end
  params = checked(core, waiter.operation, params, 2)
  return require("aws.wait").run(core, name, waiter, function()
    return call.run(core, waiter.operation, params)
  end, options or {})
end

--- Makes a URL that calls an operation, for somebody without credentials.
--
-- Headers that the parameters stand for (a ContentType, for instance) have to be sent with it as they
-- are here. Operations of the `query` and `ec2` protocols become a GET.
-- @tparam string name such as `get_object`
-- @tparam[opt] table params
-- @tparam[opt] table options `expires`: seconds that the URL is good for, 3600 by default
-- @treturn ?string the URL
-- @treturn ?aws.error
function Client:presign(name, params, options)
  local operation = operation_name(self.core, name, 2)
  params = checked(self.core, operation, params, 2)
  local expires = options and options.expires or 3600
  if type(expires) ~= "number" or expires < 1 or expires > 604800 then
    error("aws.client: presign: expires: expected 1 to 604800 seconds", 2)
  end
  return require("aws.presign").url(self.core, operation, params, expires)
end

-- An operation's method is made when it is first asked for.
local metatable = {
  __index = function(client, name)
    local found = Client[name]
    if found then return found end
    found = method(client.core, name)
    rawset(client, name, found)
    return found
  end,
  __tostring = function(client) return "aws.client " .. client.core.model.service end,
}

--- Makes a client over a model.
-- @tparam table model
-- @tparam session session
-- @tparam table options see @{new}; its `credentials` may be nil for operations that are not signed
-- @treturn aws.client
function M.over(model, session, options)
  local given = options.credentials
  return setmetatable({
    core = {
      model = model,
      session = session,
      region = options.region,
      endpoint = options.endpoint,
      credentials = given and credentials.given(given) or session.credentials,
      max_attempts = options.max_attempts,
      timeout = options.timeout,
    },
  }, metatable)
end

local function check_options(options, level)
  local known = {}
  for _, name in ipairs(OPTIONS) do known[name] = true end
  for name in pairs(options) do
    if not known[name] then
      error(("aws.client: unknown option %q%s"):format(tostring(name),
        nearest.suggest(tostring(name), OPTIONS)), level + 1)
    end
  end
  if options.credentials and not credentials.given(options.credentials) then
    error("aws.client: credentials: expected { access_key = ..., secret_key = ... }", level + 1)
  end
end

--- Makes a client.
-- @tparam string service boto3's name, such as `ec2`
-- @tparam[opt] table options
-- @tparam[opt] string options.region else the environment's or the profile's
-- @tparam[opt] string options.endpoint a URL in place of AWS's
-- @tparam[opt] table options.credentials `{ access_key, secret_key, session_token }` or a provider
-- @tparam[opt=3] number options.max_attempts of a call, the first included
-- @tparam[opt=60] number options.timeout seconds for one attempt
-- @treturn aws.client
function M.new(service, options)
  if type(service) ~= "string" then
    error("aws.client: expected the name of a service, got a " .. type(service), 2)
  end
  options = options or {}
  check_options(options, 2)
  local session = sessions.of(options)
  local model, message = models.load(service, session.platform.environment)
  if not model then error("aws.client: " .. message, 2) end
  return M.over(model, session, options)
end

return M
