--- A world for the client's specs: its clock, network, environment, disk and processes.
local platforms = require "aws.platform"
local sessions = require "aws.session"

local World = {}
World.__index = World

local function new(fields)
  local world = setmetatable({
    now = 1600000000,
    requests = {},
    slept = {},
    answers = {},
    environment = {
      AWS_ACCESS_KEY_ID = "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY = "the-secret",
      AWS_REGION = "eu-west-1",
    },
    files = {},
    opened = {},
    commands = {},
  }, World)
  for name, value in pairs(fields or {}) do world[name] = value end
  return world
end

-- The next answer: of a list in turn, the last one for ever, or what a function makes of the request.
local function answer(world, request)
  local answers = world.answers
  if type(answers) == "function" then return answers(request, #world.requests) end
  local given = answers[#world.requests] or answers[#answers]
  if given == nil then error("the world has no answer for " .. request.url) end
  if type(given) == "function" then given = given(request) end
  if given.kind then return nil, given end
  return given
end

function World:exchange(request)
  local sent = {}
  for name, value in pairs(request) do sent[name] = value end
  self.requests[#self.requests + 1] = sent
  local response, failure = answer(self, request)
  if not response then return nil, failure end
  local headers = { date = response.date }
  for name, value in pairs(response.headers or {}) do headers[name] = value end
  local body = response.body or ""
  if request.sink and response.status < 300 then
    if body ~= "" and not request.sink:write(body) then
      return nil, { kind = "sink", message = "the sink refused the body" }
    end
    body = ""
  end
  return { status = response.status, headers = headers, body = body }
end

--- The options that hand this world to a client.
function World:options(more)
  local options = {
    http = function(request) return self:exchange(request) end,
    clock = function() return self.now end,
    sleep = function(seconds)
      self.slept[#self.slept + 1] = seconds
      self.now = self.now + seconds
    end,
    deadline = function() return self.ends end,
    random = function() return self.chance or 0.5 end,
    spawn = function(fn, ...)
      local results = { pcall(fn, ...) }
      return { join = function() return unpack(results, 1, 4) end }
    end,
    environment = function(name) return self.environment[name] end,
    read_file = function(path)
      self.opened[#self.opened + 1] = path
      return self.files[path]
    end,
    execute = function(command)
      self.commands[#self.commands + 1] = command
      return self.output
    end,
  }
  for name, value in pairs(more or {}) do options[name] = value end
  return options
end

function World:session()
  return sessions.new((platforms.of(self:options())))
end

--- A header of a request that was sent; nil where it had none.
function World.header(request, name)
  for _, line in ipairs(request.headers) do
    local found, value = line:match("^([^:]+): (.*)$")
    if found:lower() == name then return value end
  end
end

return { new = new, header = World.header }
