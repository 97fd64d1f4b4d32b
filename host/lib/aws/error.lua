--- The one shape of an error of the world's: `{ code, message, status, request_id, service,
-- operation, detail }`.
--
-- `code` is AWS's own (`UnauthorizedOperation`), or one of the client's for what never became an
-- answer: `ResolveError`, `ConnectError`, `TlsError`, `Timeout`, `DeadlineExceeded`,
-- `ResponseTooLarge`, `InvalidResponse`, `NoCredentials`, `CredentialsError`, `NoRegion`,
-- `ConfigError`, `EndpointError`, `WaiterFailed`, `WaiterTimeout`, `PaginationError`, `PresignError`.
-- It prints with `tostring` and joins strings with `..`.
-- @module aws.error

local M = {}

local Error = {}
Error.__index = Error

function Error:__tostring()
  local where = (self.service or "") .. (self.operation and " " .. self.operation or "")
  local text = (where ~= "" and where .. ": " or "") .. self.code
  if self.message and self.message ~= "" then text = text .. ": " .. self.message end
  local marks = {}
  if self.status then marks[#marks + 1] = "HTTP " .. self.status end
  if self.request_id then marks[#marks + 1] = "request " .. self.request_id end
  if #marks > 0 then text = text .. " (" .. table.concat(marks, ", ") .. ")" end
  return text
end

function Error.__concat(a, b)
  return tostring(a) .. tostring(b)
end

--- Makes an error, or gives an existing table of that shape its manners.
-- @tparam table fields `code` and `message` at least
-- @treturn aws.error the same table
function M.new(fields)
  fields.code = fields.code or "Unknown"
  return setmetatable(fields, Error)
end

--- Whether a value is such an error.
-- @param value anything, for instance what `pcall` caught
-- @treturn boolean
function M.is(value)
  return getmetatable(value) == Error
end

return M
