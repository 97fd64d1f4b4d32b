--- A module that is loaded when its first field is asked for.
--
--     local failure = lazy "lambda.failure"
--
-- For what a start does not need and an invocation may never: each module costs a start some 50 µs.
-- @module lazy

local meta = {}

function meta:__index(field)
  return require(self[1])[field]
end

--- Stands in for a module that returns a table.
-- @tparam string name as `require` takes it
-- @treturn table
return function(name)
  return setmetatable({ name }, meta)
end
