--- The arguments of scripts/invoke-local.
-- @module local.command_line

local nearest = require "nearest"

local M = {}

M.USAGE = [[
Usage: scripts/invoke-local NAME [OPTION...]

Serves the function functions/NAME on this machine, from its source folder, as AWS Lambda would. At
http://127.0.0.1:9001 there are
  /          a page to invoke it from
  /url/...   its function URL
and the endpoint for the SDKs, and for
  aws lambda invoke --endpoint-url http://127.0.0.1:9001 --function-name NAME OUT.json
A changed file is in use with the next invocation. Ctrl-C ends it.

  --event NAME|FILE|-   invoke it once with events/NAME.json, with FILE or with standard input: the result
                        goes to standard output, the log to standard error; exit status 1 when it failed
  --port N              listen there (9001); 0 for a free port. Standard output tells the address
  --timeout SECONDS     in place of what main.tf says
  --memory MB           the same
  --env NAME=VALUE      set a variable for the function, also over one of main.tf; as often as needed
  --concurrency N       processes at once, at the most (10)
  --aws moto            start a local AWS for the run, and send the function's calls there
  --record FILE         write the function's AWS calls to FILE, without secrets, for specs to replay

Without --aws its calls go where the AWS_ variables and ~/.aws of this shell lead them.
scripts/sample-event prints events of AWS's common sources.
]]

local LARGEST_PORT = 65535

-- A whole number within bounds, or what is wrong.
local function whole(option, least, most)
  return function(options, field, value)
    local number = tonumber(value)
    if not number or number % 1 ~= 0 or number < least or number > most then
      return ("%s takes a whole number from %d to %d, not '%s'"):format(option, least, most, value)
    end
    options[field] = number
  end
end

local function text(options, field, value)
  if value == "" then return ("--%s takes a value"):format(field) end
  options[field] = value
end

local function variable(options, _, value)
  local name, set = value:match("^([%a_][%w_]*)=(.*)$")
  if not name then return ("--env takes NAME=VALUE, not '%s'"):format(value) end
  options.env[name] = set
end

local function local_aws(options, _, value)
  if value ~= "moto" then return ("--aws takes moto, not '%s'"):format(value) end
  options.aws = value
end

local READ = {
  event = text,
  port = whole("--port", 0, LARGEST_PORT),
  timeout = whole("--timeout", 1, 900),
  memory = whole("--memory", 16, 10240),
  env = variable,
  concurrency = whole("--concurrency", 1, 1000),
  aws = local_aws,
  record = text,
}

local function unknown(name)
  local known = {}
  for option in pairs(READ) do known[#known + 1] = option end
  return ("unknown option --%s%s"):format(name, nearest.suggest(name, known))
end

-- Reads one option; returns how many arguments it took, or nil and what is wrong.
local function read_option(options, word, following)
  local name, value = word:match("^%-%-([%w-]+)=(.*)$")
  local taken = 1
  if not name then
    name, value, taken = word:match("^%-%-?([%w-]*)$"), following, 2
  end
  local read = READ[name]
  if not read then return nil, unknown(name or word) end
  if not value then return nil, ("--%s takes a value"):format(name) end
  local problem = read(options, name, value)
  if problem then return nil, problem end
  return taken
end

--- Reads the arguments.
-- @tparam {string,...} arguments
-- @treturn ?table `{ name, help, event, port, timeout, memory, env, concurrency, aws, record }`
-- @treturn ?string what is wrong
function M.read(arguments)
  local options = { env = {}, port = 9001, concurrency = 10 }
  local at = 1
  while at <= #arguments do
    local word = arguments[at]
    local taken, problem = 1, nil
    if word == "--help" or word == "-h" then
      options.help = true
    elseif word:sub(1, 1) == "-" then
      taken, problem = read_option(options, word, arguments[at + 1])
    elseif options.name then
      problem = ("one function at a time: %s or %s"):format(options.name, word)
    else
      options.name = word
    end
    if problem then return nil, problem end
    at = at + taken
  end
  if not options.name and not options.help then return nil, "name a function" end
  return options
end

return M
