--- Pictures for READMEs: SVG that is good on a light page and on a dark one. Shared by the functions'
-- spec/picture.lua.

local M = {}

--- The page: its width, and the bounds of what is drawn by time, to the right of the names.
M.WIDTH, M.MARGIN = 1120, 28
M.LEFT, M.RIGHT = 336, 1092

-- Light first, then what differs in the dark.
local LIGHT = [[
text { font-size: 13px; fill: #1f2328;
  font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
.page { fill: #ffffff; }
.title { font-size: 20px; font-weight: 600; }
.group { font-size: 14px; font-weight: 600; }
.name { font-weight: 500; }
.tags { font-size: 11px; fill: #59636e;
  font-family: ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; }
.key { font-weight: 600; }
.note, .hour { font-size: 11px; fill: #59636e; }
.note { stroke: #ffffff; stroke-width: 4; stroke-linejoin: round; paint-order: stroke; }
.hour { text-anchor: middle; }
.last { text-anchor: end; }
.grid { stroke: #d1d9e0; stroke-width: 1; }
.rule { stroke: #d1d9e0; stroke-width: 1; }
]]
local DARK = [[
text { fill: #f0f6fc; }
.page { fill: #0d1117; }
.tags, .note, .hour { fill: #9198a1; }
.note { stroke: #0d1117; }
.grid, .rule { stroke: #2a313c; }
]]

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

--- @tparam string text
-- @treturn string as it may stand in XML
function M.escape(text)
  return (text:gsub("[&<>\"]", ESCAPES))
end

--- @tparam number value
-- @treturn string with at most one decimal
function M.number(value)
  return (("%.1f"):format(value):gsub("%.0$", ""))
end

local number = M.number

function M.text(class, x, y, words)
  return ('<text class="%s" x="%s" y="%s">%s</text>'):format(class, number(x), number(y), M.escape(words))
end

function M.line(class, x1, y1, x2, y2)
  return ('<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>'):format(class, number(x1), number(y1),
    number(x2), number(y2))
end

--- A rectangle around the height `y`.
function M.box(class, x1, x2, y, height, radius)
  return ('<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="%s"/>'):format(class, number(x1),
    number(y - height / 2), number(x2 - x1), number(height), number(radius))
end

--- A row's tags, keys before values.
-- @tparam {string,...} keys in their order; those without a value are left out
-- @tparam {[string]=string} tags
function M.tags(keys, tags, x, y)
  local spans = {}
  for _, key in ipairs(keys) do
    if tags[key] then
      spans[#spans + 1] = ('<tspan class="key"%s>%s</tspan> %s'):format(#spans > 0 and ' dx="14"' or "", key,
        M.escape(tags[key]))
    end
  end
  return ('<text class="tags" x="%s" y="%s">%s</text>'):format(number(x), number(y), table.concat(spans))
end

--- The beginning of a picture: its title, a line below it, and the styles that it adds. The pattern `hatch`
-- is there to fill with.
-- @tparam {string,...} out the picture's parts, added to
-- @tparam table page `{ title, note, height, light, dark }`, the last two CSS rules
function M.head(out, page)
  out[#out + 1] = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" '
    .. 'role="img">'):format(M.WIDTH, page.height, M.WIDTH, page.height)
  out[#out + 1] = "<title>" .. M.escape(page.title) .. "</title>"
  out[#out + 1] = ("<style>\n%s%s@media (prefers-color-scheme: dark) {\n%s%s}\n</style>")
    :format(LIGHT, page.light, DARK, page.dark)
  out[#out + 1] = '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
    .. 'patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>'
  out[#out + 1] = ('<rect class="page" width="%d" height="%d" rx="8"/>'):format(M.WIDTH, page.height)
  out[#out + 1] = M.text("title", M.MARGIN, 42, page.title)
  out[#out + 1] = M.text("note", M.MARGIN, 64, page.note)
end

-- ---- cases by time ----

--- Where the first group of cases begins, below the axis.
M.TOP = 104
local GROUP, ROW = 46, 62

local function height_of(groups)
  local height = 0
  for _, group in ipairs(groups) do height = height + GROUP + #group * ROW end
  return height
end

--- A picture of cases by time, in groups below one another: the axis above them, the legend below.
-- @tparam table of
-- @tparam string of.title
-- @tparam string of.note
-- @tparam string of.light CSS rules, as for @{head}
-- @tparam string of.dark
-- @tparam {table,...} of.groups lists of cases, each with its `title`
-- @tparam function of.axis called as `axis(out, bottom)`
-- @tparam function of.case called as `case(out, case, y)`, y being its upper end
-- @tparam function of.legend called as `legend(out, y)`
-- @treturn string SVG
function M.cases(of)
  local bottom = M.TOP + height_of(of.groups) + 4
  local out, y = {}, M.TOP
  M.head(out, { title = of.title, note = of.note, height = bottom + 56, light = of.light, dark = of.dark })
  of.axis(out, bottom)
  for _, group in ipairs(of.groups) do
    out[#out + 1] = M.text("group", M.MARGIN, y + 30, group.title)
    y = y + GROUP
    for _, case in ipairs(group) do
      of.case(out, case, y)
      y = y + ROW
    end
  end
  out[#out + 1] = M.line("rule", M.MARGIN, bottom, M.RIGHT, bottom)
  of.legend(out, bottom + 30)
  out[#out + 1] = "</svg>\n"
  return table.concat(out, "\n")
end

return M
