--- Compression of requests, where a model lets an operation have it.
-- Source: Smithy 2.0, "requestCompression trait".
-- @module aws.protocol.compression

local gzip = require "lazy" "aws.protocol.gzip"

local M = {}

-- The least size that is worth it; what the SDKs have agreed on.
local DEFAULT_LEAST = 10240

local function allows_gzip(operation)
  for _, encoding in ipairs(operation.requestcompression and operation.requestcompression.encodings or {}) do
    if encoding == "gzip" then return true end
  end
  return false
end

--- Compresses a request's body, if the operation allows that and the body is large enough.
-- @tparam table operation
-- @tparam table request changed
-- @tparam ?number|boolean least bytes that are worth it; false for never
function M.apply(operation, request, least)
  if least == false or not allows_gzip(operation) or #request.body < (least or DEFAULT_LEAST) then return end
  request.body = gzip.compress(request.body)
  local before = request.headers["Content-Encoding"]
  request.headers["Content-Encoding"] = before and before .. ",gzip" or "gzip"
end

return M
