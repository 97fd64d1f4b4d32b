--- Errors that answers hold, and answers that are none.
-- @module aws.protocol.failure

local aws_error = require "aws.error"

local M = {}

-- RFC 9110 section 15, for what a service may send without a word of its own.
local REASONS = {
  [300] = "Multiple Choices", [301] = "Moved Permanently", [302] = "Found", [303] = "See Other",
  [304] = "Not Modified", [307] = "Temporary Redirect", [308] = "Permanent Redirect",
  [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found",
  [405] = "Method Not Allowed", [406] = "Not Acceptable", [408] = "Request Timeout", [409] = "Conflict",
  [410] = "Gone", [411] = "Length Required", [412] = "Precondition Failed", [413] = "Content Too Large",
  [414] = "URI Too Long", [415] = "Unsupported Media Type", [416] = "Range Not Satisfiable",
  [417] = "Expectation Failed", [422] = "Unprocessable Content", [429] = "Too Many Requests",
  [500] = "Internal Server Error", [501] = "Not Implemented", [502] = "Bad Gateway",
  [503] = "Service Unavailable", [504] = "Gateway Timeout",
}

local REQUEST_ID_HEADERS = { "x-amzn-requestid", "x-amz-request-id", "x-amz-requestid", "x-amz-id-2" }

--- The request id that an answer's headers give.
-- @tparam table headers by lower-case name
-- @treturn ?string
function M.request_id(headers)
  for _, name in ipairs(REQUEST_ID_HEADERS) do
    if headers[name] then return headers[name] end
  end
end

--- An error that a service has answered with. What is left out is told by the status.
-- @tparam table answer the response, its headers by lower-case name
-- @tparam table fields `code`, `message`, `request_id`, `detail`
-- @treturn nil
-- @treturn aws.error
function M.answered(answer, fields)
  local code = fields.code
  if type(code) ~= "string" or code == "" then code = tostring(answer.status) end
  local message = fields.message
  if type(message) ~= "string" or message == "" then message = REASONS[answer.status] or "" end
  local request_id = fields.request_id
  if type(request_id) ~= "string" or request_id == "" then request_id = M.request_id(answer.headers) end
  return nil, aws_error.new {
    code = code,
    message = message,
    status = answer.status,
    request_id = request_id,
    detail = fields.detail or {},
  }
end

--- An answer that cannot be read.
-- @tparam table answer the response, its headers by lower-case name
-- @tparam string message what is wrong with it
-- @treturn nil
-- @treturn aws.error its code is `InvalidResponse`
function M.invalid(answer, message)
  return nil, aws_error.new {
    code = "InvalidResponse",
    message = message,
    status = answer.status,
    request_id = M.request_id(answer.headers),
    detail = {},
  }
end

--- Whether the status says that the answer is an error.
-- @tparam table answer
-- @treturn boolean
function M.is_error(answer)
  return answer.status >= 300
end

return M
