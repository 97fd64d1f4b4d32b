--- The arguments of scripts/plan-schedule.

local nearest = require "nearest"

local M = {}

M.USAGE = [[
Usage: scripts/plan-schedule (--file FILE | --live) [OPTION...]

Tells what will happen to each instance, when and why, without doing any of it: the code that acts is asked
what it would do at each trigger. Errors and conflicts come first.

  --file FILE      what "aws ec2 describe-instances" printed, or describe-db-instances, describe-db-clusters,
                   describe-auto-scaling-groups; - is standard input
  --live           list what is there now, with the credentials of this shell
  --at TIME        from when on (now): 2026-11-24T08:00, and if wanted a zone, Z or +01:00 behind it
  --days N         for how long (7)
  --html FILE      write a page: a timeline of all instances, to be opened in a browser
  --svg FILE       write a picture of the timeline, for a document
  --prices FILE    hourly prices, to estimate what is saved against always running:
                   { "currency": "USD", "hourly": { "m5.large": 0.096 } }
  --env NAME=VALUE set a variable of the function; as often as needed
  --function NAME  of which function, where more than one can be planned

The function's variables, such as TIMEZONE and PERIOD_MINUTES, are those of this shell, or else its defaults.
Exit status: 0 a plan without errors, 3 a plan with errors in it, 1 no plan, 2 wrong arguments.
]]

local MOST_DAYS = 366

local function text(options, field, value)
  if value == "" then return ("--%s takes a value"):format(field) end
  options[field] = value
end

local function days(options, _, value)
  local number = tonumber(value)
  if not number or number % 1 ~= 0 or number < 1 or number > MOST_DAYS then
    return ("--days takes a whole number from 1 to %d, not '%s'"):format(MOST_DAYS, value)
  end
  options.days = number
end

local function variable(options, _, value)
  local name, set = value:match "^([%a_][%w_]*)=(.*)$"
  if not name then return ("--env takes NAME=VALUE, not '%s'"):format(value) end
  options.env[name] = set
end

local READ = {
  file = text, at = text, html = text, svg = text, prices = text, ["function"] = text,
  days = days, env = variable,
}

local function unknown(name)
  local known = { "live", "help" }
  for option in pairs(READ) do known[#known + 1] = option end
  return ("unknown option --%s%s"):format(name, nearest.suggest(name, known))
end

-- Reads one option; returns how many arguments it took, or nil and what is wrong.
local function read_option(options, word, following)
  if word == "--live" then
    options.live = true
    return 1
  end
  local name, value = word:match "^%-%-([%w-]+)=(.*)$"
  local taken = 1
  if not name then
    name, value, taken = word:match "^%-%-([%w-]+)$", following, 2
  end
  if not name then return nil, ("'%s' is no option"):format(word) end
  local read = READ[name]
  if not read then return nil, unknown(name) end
  if not value then return nil, ("--%s takes a value"):format(name) end
  local problem = read(options, name, value)
  if problem then return nil, problem end
  return taken
end

--- Reads the arguments.
-- @tparam {string,...} arguments
-- @treturn ?table `{ help, live, file, at, days, html, svg, prices, env, function }`
-- @treturn ?string what is wrong
function M.read(arguments)
  local options, i = { env = {}, days = 7 }, 1
  while i <= #arguments do
    if arguments[i] == "--help" or arguments[i] == "-h" then return { help = true } end
    local taken, problem = read_option(options, arguments[i], arguments[i + 1])
    if problem then return nil, problem end
    i = i + taken
  end
  if options.live and options.file then return nil, "either --file or --live, not both" end
  if not options.live and not options.file then return nil, "give --file FILE or --live" end
  return options
end

return M
