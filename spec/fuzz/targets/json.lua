-- JSON: what can be read can be written, and is the same when it is read again.
local check = require "check"
local json = require "json"

return function(input)
  local value = check.given(json.decode(input))
  if value == nil then return end
  local text = assert(json.encode(value))
  local again = json.decode(text)
  assert(check.same(value, again), "another value when read again: " .. text)
end
