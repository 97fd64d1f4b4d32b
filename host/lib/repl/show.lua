--- Values as text for a person: nested tables laid out, cut where they go too deep or on for too long.
-- @module repl.show

local json = require "json"
local keywords = require "repl.keywords"

local M = {}

local WIDTH, DEPTH, ITEMS, BYTES = 100, 6, 50, 1000

local ESCAPES = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ['"'] = '\\"', ["\\"] = "\\\\" }

local function quoted(text)
  local shown = text:sub(1, BYTES):gsub('[%c"\\]', function(letter)
    return ESCAPES[letter] or ("\\%03d"):format(letter:byte())
  end)
  local rest = #text - BYTES
  return '"' .. shown .. '"' .. (rest > 0 and (" … %d bytes more"):format(rest) or "")
end

local function scalar(value)
  if value == json.null then return "json.null" end
  return type(value) == "string" and quoted(value) or tostring(value)
end

local function label(key)
  if type(key) == "string" and key:find("^[%a_][%w_]*$") and not keywords[key] then return key end
  return "[" .. scalar(key) .. "]"
end

local function before(a, b)
  if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then return a < b end
  if type(a) ~= type(b) then return type(a) < type(b) end
  return tostring(a) < tostring(b)
end

-- The keys that are not the list's, sorted.
local function other_keys(value, length)
  local keys = {}
  for key in next, value do
    local in_list = type(key) == "number" and key % 1 == 0 and key >= 1 and key <= length
    if not in_list then keys[#keys + 1] = key end
  end
  table.sort(keys, before)
  return keys
end

local function has_text(value)
  local metatable = debug.getmetatable(value)
  return type(metatable) == "table" and rawget(metatable, "__tostring") ~= nil
end

local function laid_out(parts, indent)
  local line = "{ " .. table.concat(parts, ", ") .. " }"
  if #line + #indent <= WIDTH and not line:find("\n", 1, true) then return line end
  local inner = "\n" .. indent .. "  "
  return "{" .. inner .. table.concat(parts, "," .. inner) .. "\n" .. indent .. "}"
end

local function render(value, indent, depth, above)
  if type(value) ~= "table" or has_text(value) then return scalar(value) end
  if above[value] then return "(itself)" end
  if next(value) == nil then return "{}" end
  if depth == 0 then return "{…}" end

  above[value] = true
  local parts, length = {}, #value
  local keys = other_keys(value, length)
  local function add(prefix, element)
    parts[#parts + 1] = prefix .. render(element, indent .. "  ", depth - 1, above)
  end
  for i = 1, math.min(length, ITEMS) do add("", rawget(value, i)) end
  for i = 1, math.min(#keys, ITEMS - #parts) do add(label(keys[i]) .. " = ", rawget(value, keys[i])) end
  local more = length + #keys - #parts
  if more > 0 then parts[#parts + 1] = ("… %d more"):format(more) end
  above[value] = nil
  return laid_out(parts, indent)
end

--- A value as text.
-- @param value
-- @tparam[opt=6] number depth levels of tables that are shown
-- @treturn string several lines where one would be too long
function M.value(value, depth)
  return render(value, "", depth or DEPTH, {})
end

return M
