--- Takes the secrets out of what an AWS call was given and gave, and makes JSON's values of the rest.
--
-- A secret is what the model marks `sensitive`, a member whose name says so, and, anywhere inside a
-- text, what looks like a credential or a signed URL, or is one of the given texts. The token of a next
-- page is none: a replay needs it.
-- @module local.redact

local json = require "json"
local scalar = require "host.scalar"
local shapes = require "aws.protocol.shapes"

local M = {}

--- What stands in the place of a secret.
M.MARK = "***"

-- Parts of a member's name, in lower case and without separators, which make its text a secret.
local SECRET_NAMES = {
  "password", "passphrase", "secretaccesskey", "secretkey", "secretstring", "secretbinary", "clientsecret",
  "sessiontoken", "securitytoken", "accesstoken", "refreshtoken", "idtoken", "authtoken", "bearertoken",
  "authorizationtoken", "webidentitytoken", "tokenvalue", "privatekey", "apikey", "credential", "plaintext",
}

-- Identifiers of a secret that are none themselves.
local HARMLESS_ENDS = { "arn", "id", "name", "version", "versionid", "length", "policy", "status" }

-- Texts that are secrets wherever they are. Each begins at a word's start.
local PATTERNS = {
  "%f[%w]A[KS]IA[A-Z2-7]%w%w%w%w%w%w%w%w%w%w%w+", -- access key ids
  "%-%-%-%-%-BEGIN [%w ]*PRIVATE KEY%-%-%-%-%-.*", -- PEM, to its end
  "%f[%w]eyJ[%w_-]+%.[%w_-]+%.[%w_-]*", -- JWTs
}
local AFTER = {
  "([Bb]earer +)[%w%-._~+/]+=*",
  "(X%-Amz%-Signature=)[^&%s\"']+",
  "(X%-Amz%-Security%-Token=)[^&%s\"']+",
  "(X%-Amz%-Credential=)[^&%s\"']+",
  "([?&]Signature=)[^&%s\"']+",
  "([?&]sig=)[^&%s\"']+",
}

--- Whether a member's or a variable's name says that its text is a secret.
-- @tparam string name
-- @treturn boolean
function M.is_secret_name(name)
  local plain = name:lower():gsub("[^%w]", "")
  for _, word in ipairs(SECRET_NAMES) do
    local _, last = plain:find(word, 1, true)
    local rest = last and plain:sub(last + 1)
    if rest == "" then return true end
    if rest then
      for _, harmless in ipairs(HARMLESS_ENDS) do
        if rest == harmless then return false end
      end
      return true
    end
  end
  return false
end

local function replace_plain(text, secret)
  local escaped = secret:gsub("%p", "%%%0")
  return (text:gsub(escaped, M.MARK))
end

--- Takes the secrets out of a text.
-- @tparam string text
-- @tparam[opt] {string,...} secrets texts that are secrets
-- @treturn string
function M.text(text, secrets)
  for _, secret in ipairs(secrets or {}) do text = replace_plain(text, secret) end
  for _, pattern in ipairs(PATTERNS) do text = text:gsub(pattern, M.MARK) end
  for _, pattern in ipairs(AFTER) do text = text:gsub(pattern, "%1" .. M.MARK) end
  return text
end

local walk

local function walk_list(value, view, secrets)
  local list = json.array {}
  for i, element in ipairs(value) do list[i] = walk(element, view and view.member, secrets) end
  return list
end

local function walk_members(value, view, secrets)
  local members = {}
  for key, element in pairs(value) do
    local name = tostring(key)
    local member = view and (view.members and view.members[key] or view.type == "map" and view.value) or nil
    if type(element) == "string" and M.is_secret_name(name) then
      members[name] = M.MARK
    else
      members[name] = walk(element, member, secrets)
    end
  end
  return members
end

local function is_list(value, view)
  if view then
    if view.type == "list" then return true end
    if view.type == "structure" or view.type == "map" then return false end
  end
  return json.is_array(value) or #value > 0
end

function walk(value, view, secrets)
  if view and view.sensitive and value ~= json.null then return M.MARK end
  local kind = type(value)
  if kind == "string" then
    local text = M.text(value, secrets)
    return view and view.type == "blob" and scalar.base64(text) or text
  elseif kind == "table" then
    return (is_list(value, view) and walk_list or walk_members)(value, view, secrets)
  elseif kind == "number" and (value ~= value or math.abs(value) == math.huge) then
    return tostring(value)
  elseif kind == "number" or kind == "boolean" or value == json.null then
    return value
  end
end

--- Takes the secrets out of a value.
-- @param value parameters, or an output
-- @tparam[opt] table view of its shape, as `aws.protocol.shapes` makes them
-- @tparam[opt] {string,...} secrets texts that are secrets
-- @return JSON's value: blobs in base64, lists marked as arrays
function M.value(value, view, secrets)
  return walk(value, view, secrets or {})
end

--- Takes the secrets out of what an operation was given or gave.
-- @tparam table model
-- @tparam ?table reference the operation's `input` or `output`
-- @tparam table value
-- @tparam[opt] {string,...} secrets
-- @treturn table
function M.document(model, reference, value, secrets)
  return M.value(value, shapes.of(model, reference), secrets)
end

return M
