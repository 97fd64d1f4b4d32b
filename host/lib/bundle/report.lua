--- The size of a bundle, by part.
-- @module bundle.report

local M = {}

-- 1234567 as "1,234,567".
local function thousands(number)
  local grouped = ("%d"):format(number):reverse():gsub("%d%d%d", "%0,"):reverse()
  return (grouped:gsub("^,", ""))
end

--- Tells the sizes.
-- @tparam {table,...} directory the archive's entries `{ path, size, packed }`
-- @tparam {[string]=string} parts path → the part that the entry belongs to
-- @tparam number total bytes of the archive
-- @treturn string a table, a line a part, the largest first
function M.text(directory, parts, total)
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
  table.sort(order, function(a, b)
    if a.packed ~= b.packed then return a.packed > b.packed end
    return a.part < b.part
  end)

  local lines = { ("  %-20s %12s %12s"):format("", "bytes", "zipped") }
  for _, sum in ipairs(order) do
    lines[#lines + 1] = ("  %-20s %12s %12s"):format(sum.part, thousands(sum.size), thousands(sum.packed))
  end
  lines[#lines + 1] = ("  %-20s %12s %12s"):format("the whole zip", "", thousands(total))
  return table.concat(lines, "\n")
end

return M
