--- Header values: as AWS's REST protocols write and read them.
-- Source: Smithy 2.0, "httpHeader trait" and "httpPrefixHeaders trait".
-- @module aws.protocol.header

local json = require "json"
local params_of = require "aws.protocol.params"
local scalar = require "host.scalar"
local text = require "aws.protocol.text"
local timestamp = require "aws.protocol.timestamp"

local M = {}

local function quoted(value)
  return value:find('[",]') and '"' .. value:gsub('"', '\\"') .. '"' or value
end

local function write_item(view, value)
  if view.jsonvalue then return scalar.base64(assert(json.encode(value))) end
  if view.type == "timestamp" then value = math.floor(assert(timestamp.parse(value), "not a timestamp")) end
  return text.write(view, value, "rfc822")
end

--- Writes a member that is bound to a header.
-- @tparam table view
-- @param value
-- @treturn ?string nil where there is nothing to send
function M.write(view, value)
  local written
  if view.type == "list" then
    local items = {}
    for _, item in ipairs(value) do
      if not params_of.absent(item) then
        local one = write_item(view.member, item)
        items[#items + 1] = view.member.type == "string" and quoted(one) or one
      end
    end
    if #items == 0 then return nil end
    written = table.concat(items, ",")
  else
    written = write_item(view, value)
  end
  if written:find("[\r\n%z]") then error(view.shape .. ": a header cannot hold a line break", 0) end
  return written
end

-- Where the text between quotes that begins at a byte ends: at the closing quote.
local function closing_quote(value, at)
  while at <= #value and value:sub(at, at) ~= '"' do
    at = at + (value:sub(at, at) == "\\" and 2 or 1)
  end
  return at
end

-- The parts between commas, of which one in quotes may hold some itself.
local function split(value)
  local items, at = {}, 1
  while at <= #value do
    local item
    local opening = value:match('^%s*"()', at)
    if opening then
      local closing = closing_quote(value, opening)
      item = value:sub(opening, closing - 1):gsub("\\(.)", "%1")
      at = value:match("^[^,]*,?()", closing)
    else
      local comma = value:find(",", at, true) or #value + 1
      item = value:sub(at, comma - 1):match("^%s*(.-)%s*$")
      at = comma + 1
    end
    items[#items + 1] = item
  end
  return items
end

-- A date of RFC 9110 has a comma of its own, after the weekday.
local function date_items(value)
  local items = {}
  for _, part in ipairs(split(value)) do
    if items[#items] and items[#items]:find("^%a+$") then
      items[#items] = items[#items] .. ", " .. part
    else
      items[#items + 1] = part
    end
  end
  return items
end

local function read_item(view, value)
  if view.jsonvalue then
    local decoded = scalar.unbase64(value)
    return decoded and json.decode(decoded)
  end
  return text.read(view, value)
end

local function checked(view, value)
  local item = read_item(view, value)
  if item == nil then error(("a header holds \"%.60s\", which is no %s"):format(value, view.type), 0) end
  return item
end

--- Reads a member that is bound to a header; raises where the value is not of its type.
-- @tparam table view
-- @tparam string value
-- @return the value; nil where the header is empty and the member no string
function M.read(view, value)
  if view.type ~= "list" then
    if value == "" and view.type ~= "string" then return nil end
    return checked(view, value)
  end
  local member = view.member
  local items = member.type == "timestamp" and date_items(value) or split(value)
  for i, item in ipairs(items) do items[i] = checked(member, item) end
  return json.array(items)
end

--- Reads the map of all headers with a prefix; what follows it is the key, as it was spelt.
-- @tparam table view of the map
-- @tparam table answer
-- @treturn table
function M.read_prefixed(view, answer)
  local prefix = (view.locationName or ""):lower()
  local map = {}
  for name, value in pairs(answer.headers) do
    if name:sub(1, #prefix) == prefix then map[answer.header_names[name]:sub(#prefix + 1)] = value end
  end
  return map
end

return M
