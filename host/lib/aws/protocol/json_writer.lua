--- JSON bodies of requests, written along the shapes.
-- @module aws.protocol.json_writer

local json = require "json"
local params_of = require "aws.protocol.params"
local scalar = require "host.scalar"
local text = require "aws.protocol.text"
local timestamp = require "aws.protocol.timestamp"

local M = {}

local function quoted(value)
  return assert(json.encode(value))
end

local write

local kind = {}

function kind.structure(view, value, out)
  if view.document then
    local encoded, message = json.encode(value)
    if not encoded then error(("%s: %s"):format(view.shape, message), 0) end
    out[#out + 1] = encoded
    return
  end
  local separator = "{"
  for name, member, item in params_of.each(view, value) do
    out[#out + 1] = separator .. quoted(member.locationName or name) .. ":"
    write(member, item, out)
    separator = ","
  end
  out[#out + 1] = separator == "{" and "{}" or "}"
end

-- Null elements and values are what makes a list or map sparse.
local function write_or_null(view, value, out)
  if value == json.null then
    out[#out + 1] = "null"
  else
    write(view, value, out)
  end
end

function kind.list(view, value, out)
  out[#out + 1] = "["
  for i, item in ipairs(value) do
    if i > 1 then out[#out + 1] = "," end
    write_or_null(view.member, item, out)
  end
  out[#out + 1] = "]"
end

function kind.map(view, value, out)
  out[#out + 1] = "{"
  for i, key in ipairs(params_of.sorted_keys(value)) do
    out[#out + 1] = (i > 1 and "," or "") .. quoted(tostring(key)) .. ":"
    write_or_null(view.value, value[key], out)
  end
  out[#out + 1] = "}"
end

local function write_timestamp(view, value, out)
  local form = view.timestampFormat or "unixtimestamp"
  local written = timestamp.format(value, form)
  out[#out + 1] = form:lower() == "unixtimestamp" and written or quoted(written)
end

local function write_scalar(view, value, out)
  local is = view.type
  if is == "timestamp" then return write_timestamp(view, value, out) end
  if is == "blob" then
    out[#out + 1] = quoted(scalar.base64(value))
  elseif is == "boolean" then
    out[#out + 1] = value and "true" or "false"
  elseif type(value) == "number" or type(value) == "cdata" then
    local written = text.number(value)
    out[#out + 1] = written:find("%a%a") and quoted(written) or written
  elseif type(value) == "string" then
    out[#out + 1] = quoted(value)
  else
    error(("%s: expected a %s, got a %s"):format(view.shape, is, type(value)), 0)
  end
end

function write(view, value, out)
  local writer = kind[view.type]
  if not writer then return write_scalar(view, value, out) end
  if type(value) ~= "table" and not view.document then
    error(("%s: expected a %s, got a %s"):format(view.shape, view.type, type(value)), 0)
  end
  writer(view, value, out)
end

--- Writes a value.
-- @tparam table view of its shape
-- @param value
-- @treturn string JSON
function M.write(view, value)
  local out = {}
  write(view, value, out)
  return table.concat(out)
end

return M
