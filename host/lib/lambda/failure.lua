--- What went wrong, in the form that Lambda shows it.
--
--    error(failure.new("Payment.Refused", "the card was refused", err))
--
-- A raised table may have `type` (or `code`), `message`, `cause` and `traceback`; anything else that
-- is raised is described by its text. Causes are reported with what they caused.
--
-- Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes"; AWS X-Ray
-- Developer Guide, "X-Ray segment documents", for the cause.
-- @module lambda.failure

local host = require "host"
local json = require "json"
local scalar = require "host.scalar"

local M = {}

--- The type of the error that Lua raises when memory is short.
M.OUT_OF_MEMORY = "Runtime.OutOfMemory"

local MOST_CAUSES = 10
local LONGEST_MESSAGE = 256 * 1024 -- bytes; the whole report must stay below Lambda's 6 MB
local LARGEST_CAUSE = 1024 * 1024 -- bytes of the X-Ray header

local meta = { __tostring = function(self) return self.message end }

--- Makes an error to raise.
-- @tparam string error_type such as `Payment.Refused`
-- @tparam string message
-- @param[opt] cause the error that led to this one
-- @treturn table
function M.new(error_type, message, cause)
  return setmetatable({
    type = error_type,
    message = message,
    cause = cause,
    traceback = debug.traceback("", 2),
  }, meta)
end

-- The frames of a traceback, innermost first.
local function frames(traceback)
  local list = json.array {}
  for line in (traceback or ""):gmatch("[^\n]+") do
    if line:sub(1, 1) == "\t" then list[#list + 1] = line:sub(2) end
  end
  return list
end

-- The type travels in a header too: it keeps to a name's characters.
local function type_of(raised)
  local name = type(raised) == "table" and (raised.type or raised.errorType or raised.code)
  return (tostring(name or "Error"):gsub("[^%w._-]", "_"))
end

-- A table without words of its own still says more than its address.
local function text_of(raised)
  if type(raised) ~= "table" then return tostring(raised) end
  local own = getmetatable(raised)
  if own and own.__tostring then return tostring(raised) end
  if raised.message ~= nil then return tostring(raised.message) end
  return json.encode(raised) or tostring(raised)
end

--- What a raised value says. One whose `__tostring` or `__index` raises must not take the report with it.
-- @param raised anything
-- @treturn string
function M.message(raised)
  local ok, text = pcall(text_of, raised)
  text = ok and text or "(an error that cannot be described)"
  if #text > LONGEST_MESSAGE then text = text:sub(1, LONGEST_MESSAGE) .. "..." end
  return text
end

local OUT_OF_MEMORY = "not enough memory" -- the words that LuaJIT raises

-- What to do about it, where the process has a cap.
local function out_of_memory()
  local cap = host.memory_cap()
  if not cap then return OUT_OF_MEMORY end
  return ("out of memory: the handler's values and the answers it waits for may take %d MB of the "
    .. "function's %s MB (AWS_LAMBDA_FUNCTION_MEMORY_SIZE); give the function more memory, or let it hold "
    .. "less at once"):format(cap, os.getenv "AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
end

local function describe(raised, traceback, depth)
  local own = type(raised) == "table" and raised or {}
  local cause = rawget(own, "cause")
  return {
    errorMessage = raised == OUT_OF_MEMORY and out_of_memory() or M.message(raised),
    errorType = raised == OUT_OF_MEMORY and M.OUT_OF_MEMORY or type_of(raised),
    stackTrace = frames(traceback or rawget(own, "traceback")),
    cause = cause ~= nil and depth < MOST_CAUSES and describe(cause, nil, depth + 1) or nil,
  }
end

--- Describes a raised value.
-- @param raised what `error` was called with
-- @tparam ?string traceback
-- @treturn table `{ errorMessage, errorType, stackTrace, cause }`
function M.describe(raised, traceback)
  return describe(raised, traceback, 1)
end

--- Describes what the runtime itself has found wrong.
-- @tparam string error_type such as `Runtime.HandlerNotFound`
-- @tparam string message
-- @treturn table as @{describe}
function M.report(error_type, message)
  return { errorMessage = message, errorType = error_type, stackTrace = json.array {} }
end

-- ---- the cause for X-Ray ----

local function utf16(code)
  if code < 0x10000 then return ("\\u%04x"):format(code) end
  code = code - 0x10000
  return ("\\u%04x\\u%04x"):format(0xD800 + math.floor(code / 0x400), 0xDC00 + code % 0x400)
end

-- A header's value is ASCII: the rest of JSON's text becomes escapes, and what is no UTF-8 becomes "?".
local function ascii(text)
  text = text:gsub("[\194-\244][\128-\191]+", function(sequence)
    local lead, bytes = sequence:byte(), #sequence
    local expected = lead < 0xE0 and 2 or lead < 0xF0 and 3 or 4
    if bytes ~= expected then return ("?"):rep(bytes) end
    local code = lead % 2 ^ (7 - bytes)
    for i = 2, bytes do code = code * 64 + sequence:byte(i) % 64 end
    return utf16(code)
  end)
  return (text:gsub("[\127-\255]", "?"))
end

-- A frame as debug.traceback prints it: "file.lua:12: in function 'name'".
local function xray_frame(frame)
  local path, line, label = frame:match("^(.-):(%d+): in (.*)$")
  return { path = path or "", line = tonumber(line) or 0, label = label or frame }
end

local function xray_cause(report, directory)
  local exceptions, paths, seen = json.array {}, json.array {}, {}
  while report do
    local stack = json.array {}
    for i, frame in ipairs(report.stackTrace) do
      stack[i] = xray_frame(frame)
      local path = stack[i].path
      if path ~= "" and not seen[path] then
        seen[path] = true
        paths[#paths + 1] = path
      end
    end
    exceptions[#exceptions + 1] = { type = report.errorType, message = report.errorMessage, stack = stack }
    report = report.cause
  end
  return { working_directory = directory, exceptions = exceptions, paths = paths }
end

--- Makes of a description what is posted to the Runtime API.
-- @tparam table report as @{describe} gives it
-- @tparam[opt] string directory the function's, for X-Ray
-- @treturn table `{ type, text, base64, cause }`: the JSON and the same in base64 for a trailer; the
--   X-Ray cause in a header's characters, nil where it is too large for one
function M.encode(report, directory)
  local text = assert(json.encode(report))
  local cause = ascii(assert(json.encode(xray_cause(report, directory or ""))))
  return {
    type = report.errorType,
    text = text,
    base64 = scalar.base64(text),
    cause = #cause < LARGEST_CAUSE and cause or nil,
  }
end

return M
