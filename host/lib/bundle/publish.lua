--- Puts a build's files where they are looked for, all of them at once.
--
-- They lie in a folder of their own, `output/.NAME.XXXXXX`, to which `output/.NAME` leads, a symbolic link.
-- `output/NAME.zip` and its siblings lead through that link, for good: so one rename decides for all of them
-- whether they are the old build's or the new one's, whenever the program is killed.
-- @module bundle.publish

local files = require "bundle.files"

local M = {}

-- Where a symbolic link leads; nil where there is none.
local function target_of(path)
  local ok, output = files.run { "readlink", path }
  return ok and output:match "^(.-)\n?$" or nil
end

-- Makes a symbolic link by a name that is free, and gives it the right one, in place of what is there.
local function link(target, path, free)
  if target_of(path) == target then return end
  files.must { "ln", "-s", target, free }
  assert(os.rename(free, path))
end

-- Removes the build of before, and those that were killed long ago.
local function tidy(output, name, home, before)
  local homes = (".%s.??????"):format(name)
  files.must { "find", output, "-maxdepth", "1", "-type", "d", "-name", homes,
    "!", "-name", home, "(", "-name", before or "", "-o", "-mmin", "+60", ")",
    "-exec", "rm", "-rf", "{}", "+" }
end

--- Publishes the files of a build.
-- @tparam string folder holds them, and nothing else; it goes away
-- @tparam string output where they are looked for, absolute, on the folder's file system
-- @tparam string name the function
function M.folder(folder, output, name)
  local current = output .. "/." .. name
  local before, made = target_of(current), files.list(folder)
  local home = files.must { "mktemp", "-d", current .. ".XXXXXX" }:match "([^/]+)\n$"
  assert(os.rename(folder, output .. "/" .. home))
  for _, file in ipairs(made) do link((".%s/%s"):format(name, file), output .. "/" .. file, folder) end
  link(home, current, folder)
  tidy(output, name, home, before)
end

return M
