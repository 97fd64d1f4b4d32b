--- The size of a bundle, by part.
-- @module bundle.report

local M = {}

-- 1234567 as "1,234,567".
local function thousands(number)
  local grouped = ("%d"):format(number):reverse():gsub("%d%d%d", "%0,"):reverse()
  return (grouped:gsub("^,", ""))
end

local function line(...)
  return (("  %-20s %12s %12s"):format(...):gsub(" +$", ""))
end

-- The largest first.
local function sort(sums, by)
  table.sort(sums, function(a, b)
    if a[by] ~= b[by] then return a[by] > b[by] end
    return a.part < b.part
  end)
end

local function add_program(lines, program)
  local order = {}
  for part, size in pairs(program) do order[#order + 1] = { part = part, size = size } end
  sort(order, "size")
  for _, sum in ipairs(order) do lines[#lines + 1] = line("  " .. sum.part, thousands(sum.size), "") end
end

--- Tells the sizes.
-- @tparam {table,...} directory the archive's entries `{ path, size, packed }`
-- @tparam {[string]=string} parts path → the part that the entry belongs to
-- @tparam number total bytes of the archive
-- @tparam[opt] {[string]=number} program the program's parts, and how many bytes of it are theirs
-- @treturn string a table, a line a part, the largest first
function M.text(directory, parts, total, program)
  local sums, order = {}, {}
  for _, entry in ipairs(directory) do
    local part = parts[entry.path]
    if not sums[part] then
      sums[part] = { part = part, size = 0, packed = 0 }
      order[#order + 1] = sums[part]
    end
    sums[part].size = sums[part].size + entry.size
    sums[part].packed = sums[part].packed + entry.packed
  end
  sort(order, "packed")

  local lines = { line("", "bytes", "zipped") }
  for _, sum in ipairs(order) do
    lines[#lines + 1] = line(sum.part, thousands(sum.size), thousands(sum.packed))
    if sum.part == "program" then add_program(lines, program or {}) end
  end
  lines[#lines + 1] = line("the whole zip", "", thousands(total))
  return table.concat(lines, "\n")
end

return M
