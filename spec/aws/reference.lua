--- What the reference scripts beside the specs print: an independent implementation's answers.

local here = debug.getinfo(1, "S").source:match("^@(.*)/") or "."

--- Runs a script of this folder.
-- @tparam string name its file
-- @param ... its arguments
-- @treturn {string,...} the lines that it prints
return function(name, ...)
  local words = { "python3", here .. "/" .. name, ... }
  for i, word in ipairs(words) do words[i] = "'" .. word .. "'" end
  local pipe = assert(io.popen(table.concat(words, " ")))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end
