-- JMESPath: an expression is refused by kind and column, or has a value that JSON can hold.
local jmespath = require "aws.jmespath"
local json = require "json"

local DATA = json.decode [=[{
  "a": {"b": {"c": [1, 2.5, -3, null, true, "x", {"d": "e"}]}, "b-c": "ü"},
  "list": [{"n": 1, "s": "one"}, {"n": 2, "s": "two"}, {"n": 2, "s": "zwei"}], "nested": [[1, [2]], [3], []],
  "empty": {}, "none": [], "null": null, "text": "some text", "number": 12345, "true": true,
  "Reservations": [{"Instances": [{"State": {"Name": "running"}, "Tags": [{"Key": "k", "Value": "v"}]}]}]
}]=]
local KINDS = {
  ["syntax"] = true, ["unknown-function"] = true, ["invalid-arity"] = true, ["invalid-type"] = true,
  ["invalid-value"] = true,
}

return function(input)
  local value, message = jmespath.search(input, DATA)
  if message == nil then return end
  assert(value == nil and type(message) == "string")
  assert(KINDS[message:match "^([%a-]+):"], message)
end
