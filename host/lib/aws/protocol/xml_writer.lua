--- XML bodies of requests, written along the shapes.
-- Source: Smithy 2.0, "XML bindings".
-- @module aws.protocol.xml_writer

local params_of = require "aws.protocol.params"
local text = require "aws.protocol.text"

local M = {}

local ENTITIES = {
  ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
  -- Written plainly these would be read as a line feed or a space.
  ["\r"] = "&#xD;", ["\n"] = "&#xA;", ["\t"] = "&#x9;",
}

local function escape_text(value)
  return (value:gsub("[&<>\r]", ENTITIES))
end

local function escape_attribute(value)
  return (value:gsub('[&<"\r\n\t]', ENTITIES))
end

local function namespace(view)
  local declared = view.xmlNamespace
  if not declared then return "" end
  if type(declared) == "string" then declared = { uri = declared } end
  local name = declared.prefix and "xmlns:" .. declared.prefix or "xmlns"
  return (' %s="%s"'):format(name, escape_attribute(declared.uri))
end

local write

local function element(out, name, attributes, content)
  out[#out + 1] = "<" .. name .. attributes .. ">"
  content()
  out[#out + 1] = "</" .. name .. ">"
end

local kind = {}

function kind.structure(view, value, name, out)
  local attributes, children = { namespace(view) }, {}
  for key, member, item in params_of.each(view, value) do
    if member.xmlAttribute then
      attributes[#attributes + 1] =
        (' %s="%s"'):format(member.locationName or key, escape_attribute(text.write(member, item, "iso8601")))
    else
      children[#children + 1] = { member, item, member.locationName or key }
    end
  end
  element(out, name, table.concat(attributes), function()
    for _, child in ipairs(children) do write(child[1], child[2], child[3], out) end
  end)
end

function kind.list(view, value, name, out)
  local function items(tag)
    for _, item in ipairs(value) do write(view.member, item, tag, out) end
  end
  if view.flattened then return items(name) end
  element(out, name, namespace(view), function() items(view.member.locationName or "member") end)
end

function kind.map(view, value, name, out)
  local function entries(tag)
    for _, key in ipairs(params_of.sorted_keys(value)) do
      element(out, tag, "", function()
        write(view.key, key, view.key.locationName or "key", out)
        write(view.value, value[key], view.value.locationName or "value", out)
      end)
    end
  end
  if view.flattened then return entries(name) end
  element(out, name, namespace(view), function() entries("entry") end)
end

function write(view, value, name, out)
  local writer = kind[view.type]
  if writer then
    if type(value) ~= "table" then
      error(("%s: expected a %s, got a %s"):format(name, view.type, type(value)), 0)
    end
    return writer(view, value, name, out)
  end
  element(out, name, namespace(view), function()
    out[#out + 1] = escape_text(text.write(view, value, "iso8601"))
  end)
end

--- Writes a value as a document.
-- @tparam table view of its shape, which names the root
-- @param value
-- @treturn string XML
function M.write(view, value)
  local out = {}
  write(view, value, view.locationName or view.shape, out)
  return table.concat(out)
end

return M
