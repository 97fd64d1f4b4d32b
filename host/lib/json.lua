--- JSON values as Lua values, and back, without losing what Lua has no word for.
--
-- An object is a table, an array is a table that carries a mark (its metatable), so that `[]`
-- stays `[]` and `{}` stays `{}`; null is `json.null`. A table without the mark is encoded as an
-- array when it has elements 1..n and nothing else, otherwise as an object.
--
-- Source: RFC 8259.
-- @module json

local cjson = require "host.cjson"

cjson.encode_number_precision(17)
cjson.encode_sparse_array(true, 2, 10) -- what has few of many numbers as keys is no array
cjson.decode_max_depth(1000)
cjson.encode_max_depth(1000)
cjson.decode_invalid_numbers(false) -- NaN, Infinity, what is as large, and hexadecimal are none of JSON's

local array_mt = cjson.array_mt

local M = {}

--- JSON's null.
M.null = cjson.null

--- Marks a table as an array, so that it is encoded as one even when it is empty.
-- @tparam[opt] table t the elements; a new table when left out
-- @treturn table t itself
function M.array(t)
  return setmetatable(t or {}, array_mt)
end

--- Whether a value is a table marked as an array.
-- @param value any value
-- @treturn boolean
function M.is_array(value)
  return type(value) == "table" and getmetatable(value) == array_mt
end

-- cjson raises; a bad value of the world's is no reason to.
local function protected(f)
  return function(value)
    local ok, result = pcall(f, value)
    if ok then return result end
    return nil, result
  end
end

--- Encodes a value.
-- @function encode
-- @param value a string, number, boolean, table, `json.null` or nil. Keys 1, 2, 3 make a table an array, with
-- null where one is left out; numbers of which most are left out are an object's names
-- @treturn ?string the text; nil where JSON cannot hold the value (a function, NaN, a mixed table)
-- @treturn ?string what is wrong
M.encode = protected(cjson.encode)

--- Decodes a text.
-- @function decode
-- @tparam string text one JSON value
-- @return the value; nil where the text is no JSON
-- @treturn ?string what is wrong, with the position
M.decode = protected(cjson.decode)

return M
