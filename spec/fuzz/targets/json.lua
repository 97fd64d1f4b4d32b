-- JSON: what can be read can be written, and is the same when it is read again.
local check = require "check"
local json = require "json"

-- A number beyond all that a double can hold is read as infinity, which JSON has no word for.
local function is_finite(value)
  if type(value) == "number" then return math.abs(value) < math.huge end
  for _, item in pairs(type(value) == "table" and value or {}) do
    if not is_finite(item) then return false end
  end
  return true
end

return function(input)
  local value = check.given(json.decode(input))
  if value == nil or not is_finite(value) then return end
  local text = assert(json.encode(value))
  local again = json.decode(text)
  assert(check.same(value, again), "another value when read again: " .. text)
end
