--- Tags as typed values: a schema says which there are, and reads them from AWS's list.
--
--     local schema = tags.schema {
--       enable = tags.boolean { key = "start-stop:enable", default = true },
--       start = tags.cron { key = "start-stop:start" },
--     }
--     local values, errors = schema:read(instance.Tags, instance.InstanceId)
--
-- A field is a plain table, so a function can bring a kind of its own:
-- `{ key, default, example, convert = function(text, context) → value | nil, what is wrong }`. `convert` gets
-- the text trimmed, and the context that the caller of `read` gave. With `explains = true`, what is wrong
-- already shows a right example.
-- @module fleet.tags

local json = require "json"
local lazy = require "lazy"

local cron, grammar, zone = lazy "schedule.cron", lazy "schedule.grammar", lazy "schedule.zone"

local M = {}

local BOOLEAN = {
  ["1"] = true, ["true"] = true, yes = true, enabled = true, on = true,
  ["0"] = false, ["false"] = false, no = false, disabled = false, off = false,
}

local CRON_EXAMPLE = "0 8 * * mon-fri"

-- For the functions below, which return it by a tail call: level 2 is their caller.
local function field(kind, convert, example, explains)
  if type(kind) ~= "table" or type(kind.key) ~= "string" then
    error("key: expected a string", 2)
  end
  return {
    key = kind.key,
    default = kind.default,
    example = kind.example or example,
    convert = convert,
    explains = explains,
  }
end

--- A switch: 1, true, yes, enabled, on, or 0, false, no, disabled, off, in any case.
-- @tparam table kind
-- @tparam string kind.key the tag's key
-- @param[opt] kind.default the value where the tag is missing
-- @tparam[opt] string kind.example a right value, for the error
-- @treturn table a field for @{schema}
function M.boolean(kind)
  return field(kind, function(text)
    local value = BOOLEAN[text:lower()]
    if value ~= nil then return value end
    return nil, "is none of 1, true, yes, enabled, on, 0, false, no, disabled, off"
  end, "yes")
end

--- A whole number.
-- @tparam table kind as for @{boolean}
-- @tparam[opt] number kind.min
-- @tparam[opt] number kind.max
-- @treturn table a field for @{schema}
function M.integer(kind)
  local min, max = kind.min or -2 ^ 53, kind.max or 2 ^ 53
  return field(kind, function(text)
    local value = text:find("^[+-]?%d+$") and tonumber(text)
    if not value then return nil, "is not a whole number" end
    if value < min then return nil, "is less than " .. min end
    if value > max then return nil, "is more than " .. max end
    return value
  end, tostring(kind.default or kind.min or 1))
end

--- A cron expression, read by `schedule.cron`. One that never comes (30 February) is wrong.
-- @tparam table kind as for @{boolean}
-- @treturn table a field for @{schema}; its value is a schedule
function M.cron(kind)
  return field(kind, function(text)
    local schedule, problem = cron.parse(text)
    if schedule and not schedule:next(0) then
      return nil, "never comes; for example: " .. (kind.example or CRON_EXAMPLE)
    end
    return schedule, problem
  end, CRON_EXAMPLE, true)
end

--- A schedule, read by `schedule.grammar`. Named ones are those of the context's field `schedules`.
-- @tparam table kind as for @{boolean}
-- @treturn table a field for @{schema}; its value is as `grammar.schedule` returns it
function M.schedule(kind)
  return field(kind, function(text, context)
    return grammar.schedule(text, context and context.schedules)
  end, "mon-fri 08:00-18:00", true)
end

--- Moments, read by `schedule.grammar`, and named ones as for @{schedule}.
-- @tparam table kind as for @{boolean}
-- @treturn table a field for @{schema}; its value is as `grammar.moments` returns it
function M.moments(kind)
  return field(kind, function(text, context)
    return grammar.moments(text, context and context.schedules)
  end, "mon-fri 08:00", true)
end

--- A time zone by its IANA name, read by `schedule.zone`.
-- @tparam table kind as for @{boolean}
-- @treturn table a field for @{schema}; its value is a zone
function M.zone(kind)
  return field(kind, function(text) return zone.load(text) end, "Europe/Berlin", true)
end

--- AWS's list of tags as a table.
-- @tparam ?{table,...} list of `{ Key, Value }`; nil is an empty one
-- @treturn {[string]=string} values by key
function M.by_key(list)
  local values = {}
  for _, tag in ipairs(list or {}) do values[tag.Key] = tag.Value or "" end
  return values
end

--- The value of one tag.
-- @tparam ?{table,...} list of `{ Key, Value }`; nil is an empty one
-- @tparam string key
-- @treturn ?string nil where there is none of that key
function M.value(list, key)
  for _, tag in ipairs(list or {}) do
    if tag.Key == key then return tag.Value or "" end
  end
end

local tag_error = {}

function tag_error:__tostring()
  return self.id .. ": " .. self.message
end

local MOST_SHOWN = 256 -- bytes, AWS's own limit of a tag's value

local function new_error(id, of, value, problem)
  return setmetatable({
    id = id,
    key = of.key,
    value = value,
    problem = problem,
    example = of.example,
    message = of.key .. " = " .. json.encode(value:sub(1, MOST_SHOWN)) .. ": " .. problem,
  }, tag_error)
end

--- What is wrong, in one line.
-- @tparam {table,...} errors of @{schema:read}
-- @treturn string
function M.messages(errors)
  local lines = {}
  for i, err in ipairs(errors) do lines[i] = err.message end
  return table.concat(lines, "; ")
end

local function read_field(of, text, context)
  if text == nil then return of.default end
  local trimmed = text:match("^%s*(.-)%s*$")
  if trimmed == "" then return nil, "is empty; for example: " .. of.example end
  local value, problem = of.convert(trimmed, context)
  if problem and not of.explains then problem = problem .. "; for example: " .. of.example end
  return value, problem
end

local schema = {}
schema.__index = schema

--- Makes a schema.
-- @tparam {[string]=table} fields by the names that the values shall have
-- @treturn schema
function M.schema(fields)
  return setmetatable({ fields = fields }, schema)
end

--- @type schema

--- The keys of the schema's tags.
-- @function schema:keys
-- @treturn {string,...} in no order
function schema:keys()
  local keys = {}
  for _, of in pairs(self.fields) do keys[#keys + 1] = of.key end
  return keys
end

--- Reads the schema's tags from a list; other tags are passed over.
-- @function schema:read
-- @tparam ?{table,...} tags AWS's list of `{ Key, Value }`; nil is an empty one
-- @tparam string id whose tags they are, for the errors
-- @param[opt] context what the values may refer to; handed to each `convert`
-- @treturn ?table values by field name, defaults filled in; nil when any tag is wrong
-- @treturn ?{table,...} all that is wrong, by key: `{ id, key, value, problem, example, message }`,
--   printable with `tostring`; the message is without the id
-- @treturn ?table then, the values of the tags that are right
function schema:read(tags, id, context)
  local given = M.by_key(tags)
  local values, errors = {}, {}
  for name, of in pairs(self.fields) do
    local value, problem = read_field(of, given[of.key], context)
    values[name] = value
    if problem then errors[#errors + 1] = new_error(id, of, given[of.key], problem) end
  end
  if #errors > 0 then
    table.sort(errors, function(a, b) return a.key < b.key end)
    return nil, errors, values
  end
  return values
end

return M
