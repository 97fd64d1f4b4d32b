--- Signs AWS requests with Signature Version 4.
-- Pure: it reads no clock and no environment. The work is done by host/sigv4.c, whose header tells
-- the rules.
-- @module aws.sigv4

local native = require "host.sigv4"

local type, error = type, error

local M = {}

local MAX_EXPIRES = 7 * 24 * 3600 -- seconds; AWS refuses a pre-signed URL that would live longer
local DEFAULT_EXPIRES = 3600

-- Errors of these are the caller's of the public function: level 4.

local function check(value, expected, name)
  if type(value) ~= expected then
    error(("%s: expected a %s, got %s"):format(name, expected, type(value)), 4)
  end
  return value
end

local function optional(value, expected, name)
  if value ~= nil and type(value) ~= expected then
    error(("%s: expected a %s or nothing, got %s"):format(name, expected, type(value)), 4)
  end
  return value
end

local function check_path(path)
  if type(path) ~= "string" or path:find("^[^/?]") then
    error("path: expected a string that begins with a slash", 4)
  end
  return path
end

-- A slash would make a scope that is another's too.
local function check_name(value, name)
  if type(value) ~= "string" or value:find("/", 1, true) then
    error(name .. ": expected a name", 4)
  end
  return value
end

-- The arguments of the binding's functions, in their order.
local function arguments(request)
  check(request, "table", "the request")
  local credentials = check(request.credentials, "table", "credentials")
  local token = optional(credentials.session_token, "string", "credentials.session_token")
  return check(request.method, "string", "method"),
    check_path(request.path),
    check(request.headers, "table", "headers"),
    optional(request.body, "string", "body"),
    check_name(request.region, "region"),
    check_name(request.service, "service"),
    check(request.time, "number", "time"),
    check(credentials.access_key, "string", "credentials.access_key"),
    check(credentials.secret_key, "string", "credentials.secret_key"),
    token ~= "" and token or nil, -- an empty environment variable is no token
    optional(request.double_encode, "boolean", "double_encode") ~= false,
    optional(request.normalize, "boolean", "normalize") ~= false,
    optional(request.expires, "number", "expires") or DEFAULT_EXPIRES,
    optional(request.payload_hash, "string", "payload_hash")
end

-- The names of HTTP's headers have no case (RFC 9110, section 5.1).
local any_case = {
  __index = function(headers, wanted)
    wanted = type(wanted) == "string" and wanted:lower()
    for name, value in next, headers do
      if name:lower() == wanted then
        return value
      end
    end
  end,
}

--- Signs a request with a header.
--
-- What is signed is what will be sent: the path is encoded as far as the server shall see it, and
-- all headers are there, a host among them. An `x-amz-content-sha256` among them is taken for the
-- body's hash, so that it can be UNSIGNED-PAYLOAD or STREAMING-…. `x-amz-date`, `authorization`
-- and, where the credentials hold a session token, `x-amz-security-token` replace what is given.
-- Headers that change underway are sent unsigned.
-- @tparam table request
-- @tparam string request.method
-- @tparam string request.path with the query
-- @tparam {string=string|{string,...}} request.headers
-- @tparam ?string request.body
-- @tparam string request.region
-- @tparam string request.service the name that the service signs with
-- @tparam number request.time seconds since 1970 UTC
-- @tparam {access_key=string,secret_key=string,session_token=?string} request.credentials
-- @tparam[opt=true] boolean request.double_encode encode the canonical path once more (not for S3)
-- @tparam[opt=true] boolean request.normalize take dot segments and doubled slashes out of the
--  canonical path (not for S3)
-- @treturn {authorization=string,canonical_request=string,string_to_sign=string,headers=table}
--  the headers are those to send, spelled as given, and are found in any spelling
function M.sign(request)
  local authorization, canonical_request, string_to_sign, headers = native.sign(arguments(request))
  if not authorization then
    error(canonical_request, 2)
  end
  return {
    authorization = authorization,
    canonical_request = canonical_request,
    string_to_sign = string_to_sign,
    headers = setmetatable(headers, any_case),
  }
end

--- Signs a request in its query, so that the URL can be handed on.
--
-- Whoever uses it has to send the method and the given headers (usually the host alone) as they
-- were signed.
-- @tparam table request as @{sign} takes it, and
-- @tparam[opt=3600] number request.expires seconds that the URL is good for, seven days at most
-- @tparam ?string request.payload_hash instead of the body's hash: S3 wants "UNSIGNED-PAYLOAD"
-- @treturn {path=string,canonical_request=string,string_to_sign=string} path holds the query, as
--  it is to be sent
function M.presign(request)
  local expires = type(request) == "table" and request.expires
  if type(expires) == "number" and not (expires >= 1 and expires <= MAX_EXPIRES) then
    error(("expires: expected 1 to %d seconds"):format(MAX_EXPIRES), 2)
  end
  local path, canonical_request, string_to_sign = native.presign(arguments(request))
  if not path then
    error(canonical_request, 2)
  end
  return { path = path, canonical_request = canonical_request, string_to_sign = string_to_sign }
end

--- The SHA-256 of a text.
-- @function hash
-- @tparam string data
-- @treturn string 64 hexadecimal digits in lower case
M.hash = native.hash

return M
