--- Credentials as a JSON document: what processes, containers and instances answer with.
-- @module aws.credentials.document

local error_of = require("aws.error").new
local json = require "json"
local timestamp = require "aws.protocol.timestamp"

local M = {}

local function failure(source, message)
  return nil, error_of{ code = "CredentialsError", message = source .. ": " .. message }
end

local function text_field(document, name)
  local value = document[name]
  return type(value) == "string" and value ~= "" and value or nil
end

--- Reads a document. What it holds is in no error.
-- @tparam string text
-- @tparam string source for errors
-- @tparam[opt="Token"] string token the name of the session token's field
-- @treturn ?table credentials
-- @treturn ?aws.error
function M.read(text, source, token)
  local document = json.decode(text)
  if type(document) ~= "table" then return failure(source, "the answer is no JSON object") end
  local credentials = {
    access_key = text_field(document, "AccessKeyId"),
    secret_key = text_field(document, "SecretAccessKey"),
    session_token = text_field(document, token or "Token"),
    source = source,
  }
  if not credentials.access_key or not credentials.secret_key then
    return failure(source, "the answer lacks AccessKeyId or SecretAccessKey")
  end
  local expiration = text_field(document, "Expiration")
  if expiration then
    credentials.expires = timestamp.parse(expiration)
    if not credentials.expires then return failure(source, "Expiration is no time") end
  end
  return credentials
end

return M
