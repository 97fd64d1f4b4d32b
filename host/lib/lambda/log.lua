--- Log lines, in Lambda's own formats.
--
--    log.info("instance stopped", { instance = id })
--
-- `AWS_LAMBDA_LOG_FORMAT` chooses between `JSON`, one object a line, which is also what is written
-- where it is not set, and `Text`; `AWS_LAMBDA_LOG_LEVEL` sets the least level. Every line has
-- `timestamp`, `level`, `message` and, inside an invocation, `requestId`; the caller's fields follow.
-- The lines go where `_LAMBDA_TELEMETRY_LOG_FD` says, framed; otherwise to standard output.
--
-- Source: AWS Lambda Developer Guide, "Using Lambda advanced logging controls".
-- @module lambda.log

local host = require "host"
local json = require "json"
local task = require "task"
local telemetry = require "lazy" "lambda.telemetry"
local utc = require "lambda.utc"

local RANK = { TRACE = 1, DEBUG = 2, INFO = 3, WARN = 4, ERROR = 5, FATAL = 6 }
local STANDARD = { timestamp = true, level = true, requestId = true, tenantId = true, message = true }
local STDOUT = 1

-- What JSON cannot hold is logged as what it prints.
local function value_text(value)
  return json.encode(value) or json.encode(tostring(value))
end

-- The caller's fields, sorted. One with a standard field's name must not hide it, nor be lost.
local function field_parts(fields)
  local names, parts = {}, {}
  for name in pairs(fields or {}) do names[#names + 1] = tostring(name) end
  table.sort(names)
  for i, name in ipairs(names) do
    local shown = STANDARD[name] and name .. "_" or name
    parts[i] = json.encode(shown) .. ":" .. value_text(fields[name])
  end
  return parts
end

local formats = {}

-- Standard fields come first and in this order, because people read the lines too.
function formats.JSON(time, level, context, message, fields)
  local parts = { '"timestamp":"' .. utc.format(time) .. '"', '"level":"' .. level .. '"' }
  if context then
    parts[#parts + 1] = '"requestId":' .. json.encode(context.request_id)
    if context.tenant_id then parts[#parts + 1] = '"tenantId":' .. json.encode(context.tenant_id) end
  end
  parts[#parts + 1] = '"message":' .. json.encode(message)
  for _, part in ipairs(field_parts(fields)) do parts[#parts + 1] = part end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- A line break would make two events of it in CloudWatch, a carriage return does not.
function formats.TEXT(time, level, context, message, fields)
  local parts = { utc.format(time), context and context.request_id or "-", level, (message:gsub("\n", "\r")) }
  if fields and next(fields) ~= nil then
    parts[#parts + 1] = "{" .. table.concat(field_parts(fields), ",") .. "}"
  end
  return table.concat(parts, "\t")
end

-- One write a line: lines of several tasks never mix, and none waits in a buffer.
local function writer(fd, framed, now)
  if not framed then
    return function(line) host.write(fd, line .. "\n") end
  end
  return function(line, kind, level)
    host.write(fd, telemetry.frame(line, kind, level, now()))
  end
end

local function printed(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = tostring((select(i, ...))) end
  return table.concat(parts, "\t")
end

--- Makes a log.
-- @tparam table options
-- @tparam[opt="JSON"] string options.format `JSON` or `Text`
-- @tparam[opt="INFO"] string options.level the least that is written
-- @tparam[opt] number options.telemetry_fd a descriptor that takes frames
-- @tparam[opt] function options.write of a line, its format and its level, in place of a descriptor
-- @tparam[opt] function options.now
-- @treturn table of the functions of this module
local function new(options)
  local M = { new = new }
  local kind = (options.format or ""):upper() == "TEXT" and "TEXT" or "JSON"
  local threshold = RANK[(options.level or "INFO"):upper()] or RANK.INFO
  local now = options.now or task.now
  local write = options.write
    or writer(options.telemetry_fd or STDOUT, options.telemetry_fd ~= nil, now)

  local function logger(level)
    return function(message, fields)
      if RANK[level] < threshold then return end
      local text = formats[kind](now(), level, task.locals().context, tostring(message), fields)
      write(text, kind, level)
    end
  end

  --- Logs at level TRACE.
  -- @function trace
  -- @param message any value, made a string
  -- @tparam[opt] table fields further members of the line; what JSON cannot hold becomes a string
  M.trace = logger("TRACE")

  --- Logs at level DEBUG, as @{trace}.
  -- @function debug
  M.debug = logger("DEBUG")

  --- Logs at level INFO, as @{trace}.
  -- @function info
  M.info = logger("INFO")

  --- Logs at level WARN, as @{trace}.
  -- @function warn
  M.warn = logger("WARN")

  --- Logs at level ERROR, as @{trace}.
  -- @function error
  M.error = logger("ERROR")

  --- Logs at level FATAL, as @{trace}.
  -- @function fatal
  M.fatal = logger("FATAL")

  --- Writes one line as it is, for formats that CloudWatch parses itself.
  -- @tparam string line without its newline
  function M.raw(line)
    write(line, "TEXT")
  end

  --- What `print` is inside Lambda: a line of level INFO in JSON, the bare text otherwise.
  function M.print(...)
    if kind == "JSON" then M.info(printed(...)) else M.raw(printed(...)) end
  end

  return M
end

return new {
  format = os.getenv("AWS_LAMBDA_LOG_FORMAT"),
  level = os.getenv("AWS_LAMBDA_LOG_LEVEL"),
  telemetry_fd = tonumber(os.getenv("_LAMBDA_TELEMETRY_LOG_FD")),
}
