--- AWS's shared config and credentials files.
--
-- Sections, `name = value` or `name: value`, comments on lines of their own (`#`, `;`), and indented
-- lines, which continue the value above or, where that is empty, are settings nested in it.
-- Names of settings are folded to lower case.
--
-- Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files"; botocore reads
-- the same dialect through Python's configparser.
-- @module aws.ini

local M = {}

local function trim(text)
  return text:match("^%s*(.-)%s*$")
end

-- "profile 'my name'" is one section with quotes around a word.
local function section_name(text)
  return (trim(text):gsub("(['\"])(.-)%1", "%2"))
end

local function setting(line)
  local name, value = line:match("^%s*([^=:]-)%s*[=:]%s*(.-)%s*$")
  if not name or name == "" then return nil end
  return name:lower(), value
end

local function continue(section, name, line)
  local value = section[name]
  if type(value) == "table" or value == "" then
    local nested, nested_value = setting(line)
    if not nested then return false end
    if value == "" then section[name] = {} end
    section[name][nested] = nested_value
  else
    section[name] = value .. "\n" .. trim(line)
  end
  return true
end

-- Takes a line into its section: the name of the setting that the next line may continue, or nil and
-- what is wrong.
local function read_line(section, last, line)
  if not section then return nil, "a setting before the first [section]" end
  if last and line:find("^%s") then
    if continue(section, last, line) then return last end
    return nil, "expected name = value"
  end
  local name, value = setting(line)
  if not name then return nil, "expected name = value" end
  section[name] = value
  return name
end

--- Reads a file's text.
-- @tparam string text
-- @treturn ?table by section, then by setting: a string, or a table of nested settings
-- @treturn ?string what is wrong, with the line
function M.parse(text)
  local sections, section, last = {}, nil, nil
  local number = 0
  for line in (text:gsub("^\239\187\191", "") .. "\n"):gmatch("(.-)\r?\n") do
    number = number + 1
    local header = line:match("^%[(.-)%]")
    if header then
      local name = section_name(header)
      section, last = sections[name] or {}, nil
      sections[name] = section
    elseif not line:find("^%s*$") and not line:find("^%s*[#;]") then
      local problem
      last, problem = read_line(section, last, line)
      if problem then return nil, ("line %d: %s"):format(number, problem) end
    end
  end
  return sections
end

return M
