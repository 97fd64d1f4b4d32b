-- Schedules in words: what is wrong is told with a right example, and what is right starts and stops in turn.
local grammar = require "schedule.grammar"

local NAMES = { texts = { office = "mon-fri 08:00-18:00", morning = "mon 08:00", loop = "@loop" } }
local NOW = 1790000000

local last_example = {} -- by reader: most inputs are told the same

local function check_moments(moments)
  local previous, following = moments:previous(NOW), moments:next(NOW)
  assert(not previous or previous <= NOW)
  assert(not following or following > NOW)
  assert(not following or moments:previous(following) == following)
end

return function(input)
  for _, read in ipairs { grammar.schedule, grammar.moments } do
    local value, message = read(input, NAMES)
    if not value then
      assert(type(message) == "string" and not message:find "%.lua:%d+:" and #message < 3000, message)
      local example = message:match "for example: ([^\n]*)$"
      assert(not example or example == last_example[read] or read(example, NAMES), message)
      last_example[read] = example
    else
      for _, field in ipairs { "start", "stop", "at" } do
        if value[field] then check_moments(value[field]) end
      end
    end
  end
end
