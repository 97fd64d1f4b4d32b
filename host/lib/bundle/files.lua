--- Files, folders and programs, for the tools that build.
--
-- Lua itself has no folders; what it lacks is asked of the system's own find, mkdir and the like.
-- @module bundle.files

local M = {}

--- Quotes an argument for the shell.
-- @tparam string text
-- @treturn string
function M.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- Runs a program and collects what it prints.
-- @tparam {string,...} argv the program and its arguments, each passed on as it is
-- @tparam[opt] table options
-- @tparam[opt] string options.folder where to run it
-- @tparam[opt] {string,...} options.environment lines of the form `NAME=value`, added
-- @treturn boolean whether its exit status was 0
-- @treturn string its standard output and standard error
function M.run(argv, options)
  options = options or {}
  local words = { "env" }
  for _, pair in ipairs(options.environment or {}) do words[#words + 1] = M.quote(pair) end
  for _, word in ipairs(argv) do words[#words + 1] = M.quote(word) end
  local folder = options.folder and "cd " .. M.quote(options.folder) .. " && " or ""
  -- Lua 5.1's close() does not tell the exit status, so the shell prints it last.
  local command = ("{ %s%s; } 2>&1 </dev/null; echo \"\n$?\""):format(folder, table.concat(words, " "))
  local pipe = assert(io.popen(command, "r"))
  local output, status = pipe:read("*a"):match("^(.*)\n(%d+)\n$")
  pipe:close()
  return status == "0", output
end

--- Runs a program that must succeed.
-- @param ... as `run`
-- @treturn string what it printed
-- @raise what it printed, when it failed
function M.must(...)
  local ok, output = M.run(...)
  if not ok then error(("%s failed: %s"):format((...)[1], output:gsub("%s+$", "")), 0) end
  return output
end

--- Whether a file or folder is there.
-- @tparam string path
-- @treturn boolean
function M.exists(path)
  return (M.run { "test", "-e", path })
end

--- Reads a whole file.
-- @tparam string path
-- @treturn ?string its bytes
-- @treturn ?string why not
function M.read(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local bytes
  bytes, message = file:read("*a")
  file:close()
  return bytes, message
end

--- Writes a whole file, making the folders above it.
-- @tparam string path
-- @tparam string bytes
-- @raise when it cannot be written
function M.write(path, bytes)
  local folder = path:match("^(.+)/[^/]*$")
  if folder then M.must { "mkdir", "-p", folder } end
  local file = assert(io.open(path, "wb"))
  assert(file:write(bytes))
  assert(file:close())
end

--- Lists the files below a folder, symbolic links followed, hidden ones and hidden folders left out.
-- @tparam string folder
-- @treturn {string,...} paths relative to the folder, sorted by their bytes
function M.list(folder)
  local output = M.must(
    { "find", "-L", ".", "-name", ".?*", "-prune", "-o", "-type", "f", "-print0" }, { folder = folder })
  local paths = {}
  for path in output:gmatch("%./(%Z+)") do paths[#paths + 1] = path end
  table.sort(paths)
  return paths
end

--- Lists the folders directly inside a folder.
-- @tparam string folder
-- @treturn {string,...} names, sorted
function M.folders(folder)
  local names = {}
  if not M.exists(folder) then return names end
  local output = M.must(
    { "find", "-L", ".", "-mindepth", "1", "-maxdepth", "1", "-type", "d", "-print0" }, { folder = folder })
  for name in output:gmatch("%./(%Z+)") do names[#names + 1] = name end
  table.sort(names)
  return names
end

return M
