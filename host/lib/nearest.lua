--- What a mistyped word was meant to be.
-- @module nearest

local M = {}

local byte, min = string.byte, math.min

-- The number of insertions, deletions, substitutions and swaps of neighbours that turn one word into the
-- other (optimal string alignment).
local function distance(a, b)
  local before, last, row = {}, {}, {}
  for j = 0, #b do last[j] = j end
  for i = 1, #a do
    row[0] = i
    for j = 1, #b do
      local cost = byte(a, i) == byte(b, j) and 0 or 1
      row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
      if i > 1 and j > 1 and byte(a, i) == byte(b, j - 1) and byte(a, i - 1) == byte(b, j) then
        row[j] = min(row[j], before[j - 2] + 1)
      end
    end
    before, last, row = last, row, before
  end
  return last[#b]
end

local function plain(word)
  return (word:lower():gsub("[_%-%s]", ""))
end

-- The least distance between a word and the spellings of a candidate, or nil when it is beyond the limit.
local function distance_to(word, spellings, limit)
  local best
  for _, spelling in ipairs(spellings) do
    spelling = plain(spelling)
    if math.abs(#spelling - #word) <= limit then
      local away = distance(word, spelling)
      if away <= limit and away < (best or math.huge) then best = away end
    end
  end
  return best
end

--- The candidates nearest to a word, best first; letter case, `_`, `-` and spaces do not count.
-- @tparam string word what was written
-- @tparam {string,...} candidates what could have been meant
-- @tparam[opt] function spellings `(candidate) → list` of the forms that a candidate is known by; itself when
--   left out
-- @treturn {string,...} at most three that are about as near; empty when nothing is
function M.names(word, candidates, spellings)
  word = plain(word)
  local limit = math.max(1, math.floor(#word / 3))
  local found = {}
  for order, candidate in ipairs(candidates) do
    local away = distance_to(word, spellings and spellings(candidate) or { candidate }, limit)
    if away then found[#found + 1] = { candidate = candidate, away = away, order = order } end
  end
  table.sort(found, function(a, b)
    if a.away ~= b.away then return a.away < b.away end
    return a.order < b.order
  end)
  local names = {}
  for i = 1, min(3, #found) do
    if found[i].away <= found[1].away + 1 then names[i] = found[i].candidate end
  end
  return names
end

--- The end of an error message that proposes the nearest names.
-- @tparam string word
-- @tparam {string,...} candidates
-- @treturn string such as `; did you mean "stop_instances"?`, or empty
function M.suggest(word, candidates)
  local names = M.names(word, candidates)
  if #names == 0 then return "" end
  return '; did you mean "' .. table.concat(names, '" or "') .. '"?'
end

return M
