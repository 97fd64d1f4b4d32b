-- Profiles: sections of settings, which are strings or tables of strings.
local check = require "check"
local ini = require "aws.ini"

local function check_settings(settings, depth)
  for name, value in pairs(settings) do
    assert(type(name) == "string" and name == name:lower())
    if type(value) == "table" then
      assert(depth == 1, "settings nested too deep")
      check_settings(value, 2)
    else
      assert(type(value) == "string")
    end
  end
end

return function(input)
  local sections = check.given(ini.parse(input))
  if not sections then return end
  for name, settings in pairs(sections) do
    assert(type(name) == "string")
    check_settings(settings, 1)
  end
end
