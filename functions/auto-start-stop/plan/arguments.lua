--- The arguments of scripts/plan-schedule.

local option = require "local.options"

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

local READ = {
  file = option.text,
  at = option.text,
  html = option.text,
  svg = option.text,
  prices = option.text,
  ["function"] = option.text,
  days = option.whole(1, MOST_DAYS),
  env = option.variable,
}

-- Reads one option; returns how many arguments it took, or nil and what is wrong.
local function read_option(options, word, following)
  if word == "--live" then
    options.live = true
    return 1
  end
  if not word:find("^%-%-[%w-]+%f[=%z]") then return nil, ("'%s' is no option"):format(word) end
  return option.read(READ, options, word, following, { "live", "help" })
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
