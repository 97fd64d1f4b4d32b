--- What holds of every module that reads what others have written.
local json = require "json"

local M = {}

-- The place that Lua puts before a message, and words of its own: the module did not foresee it.
local UNFORESEEN = {
  "^[%w_/]+%.lua:%d+: ", ": [%w_/]+%.lua:%d+: ", "^attempt to ",
  "^bad argument #", "^stack overflow",
}

--- A refusal: nil and one readable message.
function M.refusal(value, message)
  assert(value == nil, "a message beside a value")
  assert(type(message) == "string" and message ~= "", "nil without a message")
  for _, pattern in ipairs(UNFORESEEN) do
    assert(not message:find(pattern), message)
  end
end

--- What a module gives: the value, or nil after the refusal was looked at.
function M.given(value, message)
  if value == nil or message ~= nil then
    M.refusal(value, message)
    return nil
  end
  return value
end

--- Whether two values of JSON are the same.
function M.same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b or a ~= a and b ~= b
  end
  if json.is_array(a) ~= json.is_array(b) then return false end
  for key, value in pairs(a) do
    if not M.same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

--- The first byte as a number (0 where there is none), and the rest.
function M.choice(input)
  return input:byte(1) or 0, input:sub(2)
end

return M
