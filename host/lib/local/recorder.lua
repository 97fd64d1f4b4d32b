--- The file of `--record`: lines of `local.recording`, of all the processes of a run. Whoever looks finds
-- the recording before the run, or this run's up to the last invocation that has ended.
-- @module local.recorder

local bundle_files = require "bundle.files"
local files = require "local.files"

local M = {}

local Recorder = {}
Recorder.__index = Recorder

local function write(path, text)
  local ok, message = files.write(path, text)
  if not ok then return nil, ("cannot write %s: %s"):format(path, message) end
  return true
end

--- Begins a recording. What the file holds stays until there is more.
-- @tparam string path
-- @treturn ?recorder
-- @treturn ?string why it cannot be written
function M.new(path)
  local ok, message = write(path, bundle_files.read(path) or "")
  if not ok then return nil, message end
  return setmetatable({ path = path, lines = {}, written = 0 }, Recorder)
end

--- Adds a line.
function Recorder:add(line)
  self.lines[#self.lines + 1] = line
end

--- Writes what has been added.
-- @treturn ?boolean
-- @treturn ?string
function Recorder:save()
  if self.written == #self.lines then return true end
  self.written = #self.lines
  return write(self.path, table.concat(self.lines, "\n") .. "\n")
end

return M
