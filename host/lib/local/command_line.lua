--- The arguments of scripts/invoke-local.
-- @module local.command_line

local option = require "local.options"

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

local function local_aws(options, _, value)
  if value ~= "moto" then return ("--aws takes moto, not '%s'"):format(value) end
  options.aws = value
end

local READ = {
  event = option.text,
  port = option.whole(0, LARGEST_PORT),
  timeout = option.whole(1, 900),
  memory = option.whole(16, 10240),
  env = option.variable,
  concurrency = option.whole(1, 1000),
  aws = local_aws,
  record = option.text,
}

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
      taken, problem = option.read(READ, options, word, arguments[at + 1])
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
