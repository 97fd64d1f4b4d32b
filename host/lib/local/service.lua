--- A function of this checkout, served from its source folder: its settings, its processes, and new ones when
-- its files have changed.
-- @module local.service

local background = require "local.background"
local collect = require "bundle.collect"
local environ = require "local.environ"
local environments = require "local.environment"
local files = require "local.files"
local invocations = require "local.invocation"
local pools = require "local.pool"
local settings = require "local.settings"
local task = require "task"

local M = {}

local LOOK = 0.5 -- seconds between two looks at the files; an invocation looks by itself
local ACCOUNT = "123456789012"

local Service = {}
Service.__index = Service

-- ---- the environment of its processes ----

-- What of this shell a function sees: where AWS is, and whom to be there.
local SHARED = { "^AWS_", "^HOME$", "^PATH$", "^https?_proxy$", "^HTTPS?_PROXY$", "^no_proxy$", "^NO_PROXY$",
  "^SSL_CERT_", "^LANG$" }

local function shared(variables)
  local kept = {}
  for name, value in pairs(variables) do
    for _, pattern in ipairs(SHARED) do
      if name:find(pattern) and not name:find("^AWS_LAMBDA_") then kept[name] = value end
    end
  end
  return kept
end

local function has_profile(variables)
  local path = variables.AWS_CONFIG_FILE or (variables.HOME or "") .. "/.aws/config"
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

local function region_of(variables)
  return variables.AWS_REGION or variables.AWS_DEFAULT_REGION
    or not has_profile(variables) and "us-east-1" or nil
end

local function add(into, from)
  for name, value in pairs(from) do into[name] = value end
end

-- The variables of its processes, by name.
local function function_variables(self)
  local variables = shared(self.variables)
  add(variables, {
    AWS_REGION = region_of(variables),
    AWS_EC2_METADATA_DISABLED = "true", -- as in Lambda, where no instance's metadata are
    AWS_LAMBDA_FUNCTION_NAME = self.name,
    AWS_LAMBDA_FUNCTION_VERSION = "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE = ("%d"):format(self.settings.memory),
    AWS_LAMBDA_LOG_GROUP_NAME = "/aws/lambda/" .. self.name,
    AWS_LAMBDA_LOG_STREAM_NAME = "local",
    LAMBDA_TASK_ROOT = self.folder,
    TZ = ":UTC",
    _HANDLER = self.settings.handler,
  })
  add(variables, self.settings.environment)
  add(variables, self.aws)
  add(variables, self.overrides.env)
  return variables
end

--- A variable as the function sees it.
-- @tparam string name
-- @treturn ?string
function Service:variable(name)
  return function_variables(self)[name]
end

-- ---- its files ----

function Service:stamps()
  local stamps = {}
  for path, stamp in pairs(files.stamps(self.folder)) do
    if not collect.LEFT_OUT[path:match("^([^/]+)/")] then stamps[path] = stamp end
  end
  return stamps
end

-- The names of the files that two looks differ in, sorted.
local function differences(before, after)
  local names = {}
  for path, stamp in pairs(after) do
    if before[path] ~= stamp then names[#names + 1] = path end
  end
  for path in pairs(before) do
    if after[path] == nil then names[#names + 1] = path end
  end
  table.sort(names)
  return names
end

-- Whether there is one among them that the settings are read from.
local function declares(paths)
  for _, path in ipairs(paths) do
    if path == "main.tf" or path == "requirements.lua" then return true end
  end
  return false
end

local function note(self)
  local text = table.concat(self.settings.notes, "\n")
  if text ~= "" and text ~= self.noted then self.say("invoke-local: " .. text) end
  self.noted = text
end

-- Reads the settings; those from before stay where they cannot be read.
function Service:read_settings()
  local read, message = settings.read(self.root, self.name)
  if not read then return nil, message end
  read.timeout = self.overrides.timeout or read.timeout
  read.memory = self.overrides.memory or read.memory
  self.settings = read
  note(self)
  return true
end

--- Looks whether the function has changed, and replaces its processes if so.
function Service:refresh()
  local stamps = self:stamps()
  local changed = differences(self.seen, stamps)
  if #changed == 0 then return end
  self.seen = stamps
  self.say(("invoke-local: changed: %s"):format(table.concat(changed, ", ")))
  if declares(changed) then
    local ok, message = self:read_settings()
    if not ok then self.say("invoke-local: " .. message .. "; the settings from before stay") end
  end
  self.pool:renew()
end

-- ---- invocations ----

--- Sends an event to the function. It returns at once.
-- @tparam table options as @{local.invocation.new} takes them
-- @treturn invocation
function Service:invoke(options)
  options.say = self.say
  local invocation = invocations.new(options)
  self:refresh()
  self.pool:submit(invocation)
  background(function()
    invocation:wait()
    if not self.recorder then return end
    local ok, message = self.recorder:save()
    if not ok then self.say("invoke-local: " .. message) end
  end)
  return invocation
end

local function is_declared(aws, call)
  for _, operation in ipairs(aws[call.service] or {}) do
    if operation == call.operation then return true end
  end
  return false
end

-- Here every operation can be called, in a bundle only those declared.
function Service:on_aws_call(call, line, invocation)
  if self.recorder then self.recorder:add(line) end
  if not invocation or is_declared(self.settings.aws, call) then return end
  local key = call.service .. "." .. call.operation
  if self.warned[key] then return end
  self.warned[key] = true
  invocation:log(("invoke-local: %s is not declared, and would fail in a bundle; requirements.lua: add %q "
    .. "to aws.%s"):format(key, call.operation, call.service))
end

local function launch(self, changed)
  return environments.start {
    argv = { self.root .. "/build/bootstrap", "run", self.root .. "/host/lib/local/observe.lua", self.root },
    environment = environ.lines(function_variables(self)),
    folder = self.folder,
    settings = self.settings,
    arn = ("arn:aws:lambda:%s:%s:function:%s")
      :format(region_of(self.variables) or "us-east-1", ACCOUNT, self.name),
    say = self.say,
    on_aws_call = function(...) self:on_aws_call(...) end,
    changed = changed,
  }
end

--- Makes the service of a function. It has no process yet.
-- @tparam table options
-- @tparam string options.root the checkout
-- @tparam string options.name the function's
-- @tparam function options.say takes the lines of the log
-- @tparam table options.overrides `{ env, timeout, memory, concurrency }` of the command line
-- @tparam[opt] recorder options.recorder
-- @treturn ?service
-- @treturn ?string what is wrong
function M.new(options)
  local self = setmetatable({
    root = options.root,
    name = options.name,
    folder = options.root .. "/functions/" .. options.name,
    say = options.say,
    overrides = options.overrides,
    recorder = options.recorder,
    variables = environ.own(),
    aws = {},
    warned = {},
  }, Service)
  self.seen = self:stamps()
  local ok, message = self:read_settings()
  if not ok then return nil, message end
  self.pool = pools.new {
    launch = function(changed) return launch(self, changed) end,
    limit = options.overrides.concurrency,
    say = self.say,
  }
  return self
end

--- Sends the function's calls to a local AWS.
-- @tparam {[string]=string} variables
function Service:use(variables)
  self.aws = variables
end

--- Starts a process before there is an event, and keeps looking at the files.
function Service:watch()
  self.pool:start()
  background(function()
    while not self.closed do
      task.sleep(LOOK)
      if not self.closed then self:refresh() end
    end
  end)
end

--- Ends all that it has started.
function Service:close()
  self.closed = true
  self.pool:close()
end

return M
