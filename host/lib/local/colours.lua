--- Colours for the log, where a person sees it.
-- @module local.colours

local terminal = require "host.terminal"

local M = {}

local STDERR = 2
local RED, YELLOW, GREY = 31, 33, 90

local colourful = terminal.has_colours(STDERR)

local COLOURS = {
  { '^{.*"level":"ERROR"', RED },
  { '^{.*"level":"FATAL"', RED },
  { '^{.*"level":"WARN"', YELLOW },
  { "^START ", GREY },
  { "^END ", GREY },
  { "^REPORT .*Status: ", RED },
  { "^REPORT ", GREY },
  { "^invoke%-local: ", YELLOW },
}

--- Paints a line of the log by its level.
-- @tparam string line
-- @treturn string the line itself where no terminal shows it
function M.paint(line)
  if not colourful then return line end
  for _, rule in ipairs(COLOURS) do
    if line:find(rule[1]) then return ("\27[%dm%s\27[0m"):format(rule[2], line) end
  end
  return line
end

return M
