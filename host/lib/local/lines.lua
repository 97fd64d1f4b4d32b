--- Takes whole lines out of text that comes piece by piece.
-- @module local.lines

--- Gives each line that is whole to `each`.
-- @tparam string text what has come, with what was left before
-- @tparam function each takes a line
-- @treturn string what is left: the beginning of a line
return function(text, each)
  local at = 1
  for line, after in text:gmatch("([^\n]*)\n()") do
    each(line)
    at = after
  end
  return text:sub(at)
end
