--- The command line of scripts/plan-schedule; gives the exit status.

local arguments = require "plan.arguments"
local attempt = require "fleet.attempt"
local inventory = require "plan.inventory"
local kinds = require "kinds"
local new_place = require "fleet.place"
local paces = require "pace"
local prices = require "plan.prices"
local read_settings = require "settings"
local sources = require "sources"
local start_of = require "plan.start"
local task = require "task"
local terminal = require "host.terminal"
local text = require "plan.text"
local timeline = require "plan.timeline"

local DAY = 86400
local STDOUT, STDERR = 1, 2
local FINE, FAILED, MISUSED, ERRORS = 0, 1, 2, 3
local STEP = 500 -- rows from one word of progress to the next

-- What ends it before its time: { status, message }.
local function stop(status, message)
  error({ status = status, message = message }, 0)
end

local function must(value, message, prefix)
  if not value then stop(FAILED, (prefix or "") .. message) end
  return value
end

local function warn(message)
  io.stderr:write("plan-schedule: ", message, "\n")
end

local function progress(message)
  if terminal.is_terminal(STDERR) then io.stderr:write("\r\27[K", message) end
end

-- ---- what goes in ----

local function read_file(path)
  if path == "-" then return io.read "*a" end
  local file, problem = io.open(path, "rb")
  must(file, problem)
  local content
  content, problem = file:read "*a"
  file:close()
  return must(content, ("%s: %s"):format(path, problem))
end

-- The regions and accounts that the function serves.
local function places_of(settings, home)
  if not settings.regions and not settings.roles then return { home } end
  local places, refusals = require("fleet.places").list {
    home = home,
    regions = settings.regions,
    roles = settings.roles,
    external_id = settings.external_id,
    session_name = "plan-schedule",
  }
  for _, refusal in ipairs(refusals) do
    stop(FAILED, ("%s cannot be listed: %s"):format(refusal.name, kinds.words(refusal.error)))
  end
  return places
end

local function name_of(place)
  local words = { place.account }
  words[#words + 1] = place.region
  return table.concat(words, " ")
end

local function list_live(settings, home)
  progress("listing " .. table.concat(settings.targets, ", ") .. " ...")
  local all, places, pace = {}, places_of(settings, home), paces.new(math.huge, task)
  for _, place in ipairs(places) do
    local resources, refusals = kinds.find(place.clients, settings.targets, pace)
    for _, refusal in ipairs(refusals) do
      stop(FAILED, ("%s cannot be listed: %s"):format(refusal.kind, kinds.words(refusal.error)))
    end
    for _, resource in ipairs(resources) do
      if #places > 1 then resource.place = name_of(place) end
      all[#all + 1] = resource
    end
  end
  progress ""
  return all, 0
end

local function list(options, settings, home)
  if options.live then return list_live(settings, home) end
  local resources, left_out = inventory.read(read_file(options.file))
  return must(resources, left_out, options.file .. ": "), left_out
end

local function settings_of(options)
  local settings, problem = read_settings(function(name) return options.env[name] or os.getenv(name) end)
  return must(settings, problem)
end

local function window_of(options, settings)
  local from, zone = os.time(), settings.zone
  if options.at then
    from, zone = start_of(options.at, settings.zone)
    if not from then stop(FAILED, "--at: " .. zone) end
  end
  return { from = from, to = from + options.days * DAY, period = settings.period }, zone
end

-- ---- the plan ----

-- Where the code that acts breaks on a resource, that is the resource's error.
local function foresee(resource, window, settings)
  local ok, row = attempt(timeline.of, resource, window, settings)
  if ok then return row end
  local broken = { id = resource.id, kind = resource.kind, name = resource.name, state = resource.state,
    skip = tostring(row) }
  return timeline.of(broken, window, settings)
end

-- Errors first, then conflicts, else in the order given.
local function sort(rows)
  for order, row in ipairs(rows) do
    row.order, row.rank = order, #row.errors > 0 and 0 or #row.conflicts > 0 and 1 or 2
  end
  table.sort(rows, function(a, b)
    if a.rank ~= b.rank then return a.rank < b.rank end
    return a.order < b.order
  end)
end

local function totals_of(rows)
  local totals = { running = 0, errors = 0, conflicts = 0 }
  for _, row in ipairs(rows) do
    totals.running = totals.running + row.running
    totals.errors = totals.errors + (#row.errors > 0 and 1 or 0)
    totals.conflicts = totals.conflicts + (#row.conflicts > 0 and 1 or 0)
    if row.saving then totals.saving = (totals.saving or 0) + row.saving end
  end
  return totals
end

local function add_prices(rows, window, path)
  local read, problem = prices.read(read_file(path))
  must(read, problem, path .. ": ")
  for _, missing in ipairs(prices.apply(rows, window, read)) do
    warn(("%s has no price for %s, of %d instance%s: not in the estimate"):format(path, missing.type,
      missing.count, missing.count == 1 and "" or "s"))
  end
  return read.currency
end

local function make(options)
  local settings = settings_of(options)
  local window, zone = window_of(options, settings)
  local home = new_place { region = os.getenv "AWS_REGION" }
  local resources, left_out = list(options, settings, home)
  settings.schedules = sources.schedules(settings, home.clients)
  settings.calendars = sources.calendars(settings, home.clients)(resources)
  local rows = {}
  for i, resource in ipairs(resources) do
    rows[i] = foresee(resource, window, settings)
    if i % STEP == 0 then progress(("%d of %d"):format(i, #resources)) end
  end
  progress ""
  local currency = options.prices and add_prices(rows, window, options.prices)
  sort(rows)
  return {
    rows = rows, window = window, zone = zone, left_out = left_out, totals = totals_of(rows),
    currency = currency,
  }
end

-- ---- what comes out ----

-- A new file takes the old one's place when it is whole.
local function write_file(path, content)
  local part = path .. ".part"
  local file, problem = io.open(part, "wb")
  must(file, problem)
  local ok
  ok, problem = file:write(content)
  if ok then ok, problem = file:close() end
  if ok then ok, problem = os.rename(part, path) end
  if ok then return end
  os.remove(part)
  stop(FAILED, problem)
end

local function write_all(options, plan)
  if options.html then write_file(options.html, require("plan.page").of(plan)) end
  if options.svg then write_file(options.svg, require("plan.picture").of(plan)) end
end

local function run(given)
  local options, problem = arguments.read(given)
  if not options then stop(MISUSED, problem .. "; see scripts/plan-schedule --help") end
  if options.help then
    io.write(arguments.USAGE)
    return FINE
  end
  local plan = make(options)
  write_all(options, plan)
  io.write(text.of(plan, terminal.has_colours(STDOUT)))
  return plan.totals.errors > 0 and ERRORS or FINE
end

--- @tparam {string,...} given the arguments
-- @treturn number the exit status
return function(given)
  local ok, result = xpcall(run, function(err)
    if type(err) == "table" and err.status then return err end
    return { status = FAILED, message = debug.traceback(tostring(err)) }
  end, given)
  if ok then return result end
  warn(result.message)
  return result.status
end
