--- Percent-encoding as AWS signs it: RFC 3986, with only the unreserved characters left as they are.
-- @module aws.protocol.uri

local M = {}

local function percent(c)
  return ("%%%02X"):format(c:byte())
end

--- Encodes a whole segment, key or value.
-- @tparam string text
-- @treturn string
function M.encode(text)
  return (text:gsub("[^%w%-%._~]", percent))
end

--- Encodes a path, whose slashes stay.
-- @tparam string text
-- @treturn string
function M.encode_path(text)
  return (text:gsub("[^%w%-%._~/]", percent))
end

--- Joins pairs as `a=1&b=2`.
-- @tparam table pairs_ list of `{ key, value }`, not yet encoded
-- @treturn string
function M.form(pairs_)
  local parts = {}
  for i, pair in ipairs(pairs_) do
    parts[i] = M.encode(pair[1]) .. "=" .. M.encode(pair[2])
  end
  return table.concat(parts, "&")
end

return M
