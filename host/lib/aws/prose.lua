--- The models' descriptions, which are pieces of HTML, as plain text.
-- @module aws.prose

local M = {}

local ENTITIES = { amp = "&", lt = "<", gt = ">", quot = '"', apos = "'", nbsp = " " }

-- Words whose dot ends no sentence.
local ABBREVIATIONS = { ["e.g."] = true, ["i.e."] = true, ["etc."] = true, ["vs."] = true }

local function entity(name)
  local code = tonumber(name:match("^#(%d+)$"))
  if code and code < 128 then return string.char(code) end
  return ENTITIES[name]
end

local function plain(html)
  local text = html:gsub("<[^>]*>", ""):gsub("&(#?%w+);", entity):gsub("%s+", " ")
  return (text:gsub("^ ", ""):gsub(" $", ""))
end

local function first_sentence(text)
  for stop in text:gmatch("[.!?]() ") do
    local word = text:sub(1, stop - 1):match("(%S+)$")
    if not ABBREVIATIONS[word:gsub("^%(", "")] then return text:sub(1, stop - 1) end
  end
  return text
end

--- The first sentence of a description.
-- @tparam ?string html
-- @treturn string empty where there is no description
function M.summary(html)
  local paragraphs = (html or ""):gsub("<fullname>.-</fullname>", ""):gsub("</p>", "\0"):gsub("<li>", "\0")
  for paragraph in paragraphs:gmatch("%Z+") do
    local text = plain(paragraph)
    if text ~= "" then return first_sentence(text) end
  end
  return ""
end

--- Breaks a text into lines.
-- @tparam string text its words are separated by single spaces
-- @tparam number width the most characters of a line; a longer word has its own
-- @tparam string indent in front of each line but the first
-- @treturn {string,...}
function M.wrap(text, width, indent)
  local lines, line = {}, nil
  for word in text:gmatch("%S+") do
    if line and #line + 1 + #word > width then
      lines[#lines + 1] = line
      line = indent .. word
    else
      line = line and line .. " " .. word or word
    end
  end
  lines[#lines + 1] = line
  return lines
end

return M
