--- JSON bodies of answers, and the errors that they hold.
-- @module aws.protocol.json_reader

local failure = require "aws.protocol.failure"
local json = require "json"
local scalar = require "host.scalar"
local shapes = require "aws.protocol.shapes"
local timestamp = require "aws.protocol.timestamp"
local tree = require "aws.protocol.tree"

local M = {}

-- What stands in an answer, for a message.
local function shown(value)
  local text = tostring(value)
  return #text > 60 and text:sub(1, 60) .. "..." or text
end

local function expected(what, parse, own_type)
  return function(value)
    if type(value) == own_type then return value end
    local parsed
    if type(value) == "string" then parsed = parse(value) end
    if parsed == nil then error(("not %s: %s"):format(what, shown(value)), 0) end
    return parsed
  end
end

local TRUTH = { ["true"] = true, ["false"] = false }
local integer = expected("an integer", scalar.integer, "number")
local float = expected("a number", scalar.float, "number")

-- Strings are the commonest values by far and JSON has them already: they are not looked at.
local reader = tree.reader {
  blob = expected("base64", scalar.unbase64),
  timestamp = expected("a timestamp", timestamp.parse, "number"),
  boolean = expected("true or false", function(value) return TRUTH[value:lower()] end, "boolean"),
  integer = integer, long = integer, float = float, double = float,
}

--- Reads a body.
-- @tparam table view of the body
-- @tparam string body
-- @return ?the value
-- @treturn ?string what is wrong
function M.read(view, body)
  return reader:read_body(json.decode, view, body)
end

--- The error code in any of its written forms: `namespace#Code:http://uri` and what is left of it.
-- @param code
-- @treturn ?string
function M.bare_code(code)
  if type(code) ~= "string" then return nil end
  return (code:gsub(":.*$", ""):gsub("^.*#", ""))
end

-- Services that once spoke the query protocol tell the code that they had then.
local function query_code(header)
  return header and header:match("^([^;]+);[^;]*$")
end

--- The error that an answer's decoded body and its headers hold.
-- @tparam table model
-- @tparam table operation
-- @tparam table answer
-- @tparam table parsed the body; changed
-- @tparam table code_fields where the body may have the code, in order
-- @tparam function read takes the view of a modelled error and the body, gives its members
-- @treturn nil
-- @treturn aws.error
function M.failed_with(model, operation, answer, parsed, code_fields, read)
  local code = M.bare_code(answer.headers["x-amzn-errortype"])
  for _, field in ipairs(code_fields) do
    code = code or M.bare_code(parsed[field])
  end
  local message = parsed.message or parsed.Message or parsed.errorMessage
  local view = code and shapes.of_error(model, operation, code)
  local ok, detail
  if view then ok, detail = pcall(read, view, parsed) end
  return failure.answered(answer, {
    code = query_code(answer.headers["x-amzn-query-error"]) or code,
    message = message,
    detail = ok and detail or {},
  })
end

--- The error that an answer in JSON holds.
-- @tparam table model
-- @tparam table operation
-- @tparam table answer
-- @tparam table code_fields where the body may have the code, in order
-- @tparam ?function extra takes the view of a modelled error and its members, and adds those that
-- the headers hold
-- @treturn nil
-- @treturn aws.error
function M.failed(model, operation, answer, code_fields, extra)
  local body = answer.body or ""
  local parsed = json.decode(body)
  if parsed == nil then
    local is_sentence = #body < 500 and not body:find("^%s*<")
    parsed = { message = is_sentence and body or nil }
  elseif type(parsed) ~= "table" or json.is_array(parsed) then
    parsed = {}
  end
  return M.failed_with(model, operation, answer, parsed, code_fields, function(view, value)
    local detail = reader:read(view, value)
    if extra then extra(view, detail) end
    return detail
  end)
end

return M
