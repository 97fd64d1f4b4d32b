--- Finds the handler that `_HANDLER` names.
-- @module lambda.loader

local bytecode = require "host.bytecode"
local failure = require "lazy" "lambda.failure"

local M = {}

-- Where a module may be, below the function's root.
local PLACES = { "%s.lua", "%s/init.lua", "rocks/%s.lua", "rocks/%s/init.lua" }

-- Loads the function's own files under their names relative to its root, so that a message and a
-- stack trace say `handler.lua:12` wherever the bundle lies.
local function searcher(root)
  local files = bytecode.open(root)
  return function(name)
    local stem = name:gsub("%.", "/")
    local tried = {}
    for i, place in ipairs(PLACES) do
      local path = place:format(stem)
      local chunk, problem = files:load(path)
      if chunk or problem then return assert(chunk, problem) end
      tried[i] = "\n\tno file '" .. root .. "/" .. path .. "'"
    end
    return table.concat(tried)
  end
end

--- Lets `require` find the modules of the function.
-- @tparam string root LAMBDA_TASK_ROOT
function M.install(root)
  table.insert(package.loaders, 3, searcher(root)) -- behind the standard library, whose names stand
  package.cpath = root .. "/?.so;" .. package.cpath
end

-- `require` raises for a missing module and for one with an error in it; their messages differ.
local function classify(message)
  if message:find("^module '.-' not found") then return "Runtime.ImportModuleError" end
  if message:find("near '.-'$") or message:find("unfinished") then return "Runtime.UserCodeSyntaxError" end
  return "Runtime.ImportModuleError"
end

local function import(name)
  local traceback
  local ok, result = xpcall(require, function(raised)
    traceback = debug.traceback("", 2)
    return raised
  end, name)
  if ok then return result end
  local described = failure.describe(result, traceback)
  described.errorType = type(result) == "string" and classify(result) or described.errorType
  return nil, described
end

-- "module" or "module.field"; a module in a folder is "folder/module".
local function split(handler)
  local module, field = handler:match("^([%w_/-]+)%.([%w_]+)$")
  if module then return module, field end
  return handler:match("^[%w_/-]+$")
end

local function pick(exported, field, handler)
  if type(exported) == "function" and not field then return exported end
  local found = type(exported) == "table" and exported[field or "handler"]
  if type(found) == "function" then return found end
  return nil, failure.report("Runtime.HandlerNotFound", ("the handler %q names no function: module %q "
    .. "must return %s"):format(handler, handler:match("^[^.]+"), field
    and ("a table with a function %q"):format(field)
    or "a function, or a table with a function \"handler\""))
end

--- Loads the handler.
-- @tparam ?string handler `module` or `module.field`; the module returns the function, or a table
--   that holds it under `field` (`handler` where none is named)
-- @treturn ?function
-- @treturn ?table what is wrong, as @{lambda.failure.describe} gives it
function M.load(handler)
  local module, field = split(handler or "")
  if not module then
    return nil, failure.report("Runtime.MalformedHandlerName",
      ("_HANDLER is %q; expected \"module\" or \"module.field\""):format(tostring(handler)))
  end
  local exported, problem = import((module:gsub("/", ".")))
  if problem then return nil, problem end
  return pick(exported, field, handler)
end

return M
