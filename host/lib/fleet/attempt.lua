--- One call whose failure is a value, however it fails.
-- @module fleet.attempt

local function with_traceback(err)
  if err == nil then err = "an error without a value" end
  return { error = err, traceback = debug.traceback("", 2):sub(2) }
end

--- Calls a function; what it raises and what it returns as `nil, err` become the same thing.
-- @tparam function fn
-- @param ... its arguments
-- @treturn boolean whether it succeeded
-- @return its first result; or the error, never nil
-- @treturn ?string the traceback, where the error was raised
return function(fn, ...)
  local returned, result, err = xpcall(fn, with_traceback, ...)
  if not returned then return false, result.error, result.traceback end
  if not result and err ~= nil then return false, err end
  return true, result
end
