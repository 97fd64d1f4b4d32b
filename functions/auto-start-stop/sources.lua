--- Where named schedules and calendars of holidays come from: SSM, S3, and the files beside the handler.
--
-- What cannot be read is logged once, and is an error of the resources that name it, not of the invocation.

local attempt = require "fleet.attempt"
local grammar = require "lazy" "schedule.grammar"
local holidays_tag = require "holidays_tag"
local log = require "lambda.log"
local task = require "task"

local M = {}

local FOLDER = debug.getinfo(1, "S").source:match "^@(.*)/" or "."
local MAX_SIZE = 1024 * 1024 -- of a calendar's file
local KINDS = { "ics", "txt" }

-- ---- named schedules ----

-- The schedules of a file that returns them, by name; none where there is no such file.
local function from_file(path)
  local file = io.open(path, "rb")
  if not file then return {} end
  file:close()
  local chunk, problem = loadfile(path)
  local ok, texts = attempt(chunk or function() return nil, problem end)
  if ok and type(texts) ~= "table" then ok, texts = false, "does not return a table" end
  if ok then return texts end
  log.error("schedules.lua: " .. tostring(texts))
  return {}
end

-- The parameters directly below a path, by the last part of their names.
local function from_parameters(ssm, path)
  return attempt(function()
    local texts = {}
    for parameter in ssm:each("get_parameters_by_path", { Path = path }) do
      texts[parameter.Name:match "[^/]+$"] = parameter.Value
    end
    return texts
  end)
end

-- Why a text is no schedule, nor moments.
local function problem_of(name, text, names)
  local fit, problem = grammar.check_name(name)
  if not fit then return problem end
  if type(text) ~= "string" then return "is not a text" end
  local schedule
  schedule, problem = grammar.schedule(text, names)
  if not schedule and not grammar.moments(text, names) then return problem end
end

local function check(names)
  local sorted = {}
  for name in pairs(names.texts) do sorted[#sorted + 1] = tostring(name) end
  table.sort(sorted)
  for _, name in ipairs(sorted) do
    local text = names.texts[name]
    local problem = problem_of(name, text, names)
    if problem then log.error(("named schedule %q: %s"):format(name, problem), { schedule = name }) end
    if type(text) ~= "string" then names.texts[name] = nil end
  end
end

--- Reads the named schedules.
-- @tparam table settings `schedules_path`, of SSM, if there is one
-- @tparam table clients by service
-- @tparam[opt] string folder of `schedules.lua`; the handler's by default
-- @treturn table as `schedule.grammar` takes it
function M.schedules(settings, clients, folder)
  local names = { texts = {} }
  for name, text in pairs(from_file((folder or FOLDER) .. "/schedules.lua")) do names.texts[name] = text end
  if settings.schedules_path then
    local ok, texts = from_parameters(clients.ssm, settings.schedules_path)
    if ok then
      for name, text in pairs(texts) do names.texts[name] = text end
    else
      names.problem = tostring(texts)
      log.error(("named schedules of %s: %s"):format(settings.schedules_path, names.problem))
    end
  end
  check(names)
  return names
end

-- ---- calendars ----

local function bundled(name, folder)
  for _, kind in ipairs(KINDS) do
    local file = io.open(("%s/data/holidays/%s.%s"):format(folder, name, kind), "rb")
    local text = file and file:read(MAX_SIZE + 1)
    if file then file:close() end
    if text then return text, kind end
  end
end

-- The calendars below an S3 prefix, by name: `{ key, kind, size }`.
local function list_objects(s3, place)
  return attempt(function()
    local objects = {}
    for object in s3:each("list_objects_v2", { Bucket = place.bucket, Prefix = place.prefix }) do
      local name, kind = object.Key:sub(#place.prefix + 1):match "^([^/]+)%.(%w+)$"
      local better = objects[name] and objects[name].kind == "ics"
      if name and (kind == "ics" or kind == "txt") and not better then
        objects[name] = { key = object.Key, kind = kind, size = object.Size }
      end
    end
    return objects
  end)
end

local function get_object(s3, place, object)
  if object.size > MAX_SIZE then
    return nil, ("s3://%s/%s is larger than %d bytes"):format(place.bucket, object.key, MAX_SIZE)
  end
  local output, err = s3:get_object { Bucket = place.bucket, Key = object.key }
  return output and output.Body, tostring(err)
end

local function text_of(name, objects, settings, clients, folder)
  local object = objects.list and objects.list[name]
  if object then
    local text, problem = get_object(clients.s3, settings.holidays, object)
    return text, text and object.kind or problem
  end
  local text, kind = bundled(name, folder)
  if text or not objects.problem then return text, kind end
  return nil, objects.problem
end

-- The calendar of a name, `{ problem }`, or nil where there is none.
local function load_calendar(name, ...)
  local text, kind = text_of(name, ...)
  local calendar, problem
  if text then
    calendar, problem = require("schedule.holidays").parse(text, kind)
  else
    problem = kind
  end
  if problem then log.error(("calendar %q: %s"):format(name, problem), { calendar = name }) end
  return calendar or problem and { problem = problem } or nil
end

-- The names of calendars that resources have in their tags, each once.
local function names_in(resources)
  local list, seen = {}, {}
  for _, resource in ipairs(resources) do
    for _, name in ipairs(holidays_tag.names(resource.tags)) do
      if not seen[name] then list[#list + 1] = name end
      seen[name] = true
    end
  end
  return list
end

--- Makes a reader of the calendars that resources name. Whoever asks it, and how many at once, each calendar
-- is read once.
-- @tparam table settings `holidays`, the `bucket` and the `prefix` of S3, if there are any
-- @tparam table clients by service
-- @tparam[opt] string folder of `data/holidays`; the handler's by default
-- @treturn function of a list of resources with their `tags`; gives a table by name, always the same one:
--   each a calendar of `schedule.holidays`, or `{ problem }`
function M.calendars(settings, clients, folder)
  local calendars, tried, objects, last = {}, {}, nil, nil

  local function list()
    if not settings.holidays then return {} end
    local ok, result = list_objects(clients.s3, settings.holidays)
    return ok and { list = result } or { problem = tostring(result) }
  end

  local function read(names)
    for _, name in ipairs(names) do
      if not tried[name] then
        tried[name], objects = true, objects or list()
        calendars[name] = load_calendar(name, objects, settings, clients, folder or FOLDER)
      end
    end
    for name in pairs(objects and objects.list or {}) do -- so that they can be proposed for a mistyped one
      calendars[name] = calendars[name] or { problem = "was not read" }
    end
  end

  -- One after the other, so that nobody goes on while another reads what he needs.
  local function read_in_turn(names)
    local before = last
    local turn = task.spawn(function()
      if before then before:join() end
      read(names)
    end)
    last = turn
    local ok, err = turn:join()
    if not ok then error(err, 0) end
  end

  return function(resources)
    local names = names_in(resources)
    if #names > 0 then read_in_turn(names) end
    return calendars
  end
end

return M
