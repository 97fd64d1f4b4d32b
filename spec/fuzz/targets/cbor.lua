-- CBOR: what can be read can be written by the writers, and is the same when it is read again.
local cbor = require "aws.protocol.cbor"
local check = require "check"
local json = require "json"

local write

local function write_table(value, out)
  if json.is_array(value) then
    out[#out + 1] = cbor.array(#value)
    for _, item in ipairs(value) do write(item, out) end
    return
  end
  local count = 0
  for _ in pairs(value) do count = count + 1 end
  out[#out + 1] = cbor.map(count)
  for key, item in pairs(value) do
    write(key, out)
    write(item, out)
  end
end

function write(value, out)
  local kind = type(value)
  if kind == "table" then return write_table(value, out) end
  out[#out + 1] = kind == "string" and cbor.text(value) or kind == "number" and cbor.double(value)
    or kind == "boolean" and cbor.boolean(value) or cbor.null
end

-- Keys that are tables are other tables when read again, and a map of an array's keys is written as one.
local function has_table_keys(value)
  if type(value) ~= "table" then return false end
  for key, item in pairs(value) do
    if type(key) == "table" or has_table_keys(item) then return true end
  end
  return false
end

return function(input)
  local value = check.given(cbor.decode(input))
  if value == nil or has_table_keys(value) then return end
  local out = {}
  write(value, out)
  assert(check.same(value, cbor.decode(table.concat(out))), "another value when read again")
end
