--- What a function declares it needs: `functions/NAME/requirements.lua`.
--
--     return {
--       handler = "handler",                      -- a module, or module.field
--       arch = "x86_64",                          -- or "arm64"
--       aws = { ec2 = { "DescribeInstances" } },  -- service → operations
--       iam = { "ec2:CreateTags" },               -- actions that these need besides their own
--       rocks = { "penlight ~> 1.14" },           -- pure-Lua rocks
--     }
-- @module bundle.requirements

local files = require "bundle.files"

local M = {}

local function is_list_of_strings(value)
  if type(value) ~= "table" then return false end
  local count = 0
  for key, element in pairs(value) do
    if type(key) ~= "number" or type(element) ~= "string" then return false end
    count = count + 1
  end
  return count == #value
end

-- Each check returns nil, or what the field must be.
local checks = {}

function checks.handler(value)
  if type(value) ~= "string" or not value:match("^[%w_/-]+%.?[%w_]*$") then
    return [[the name of a module, such as "handler" or "handler.main"]]
  end
end

function checks.arch(value)
  if value ~= "x86_64" and value ~= "arm64" then return [["x86_64" or "arm64"]] end
end

function checks.aws(value)
  local expected = [[services with their operations, such as { ec2 = { "DescribeInstances" } }]]
  if type(value) ~= "table" then return expected end
  for service, operations in pairs(value) do
    if type(service) ~= "string" or not is_list_of_strings(operations) then return expected end
  end
end

function checks.iam(value)
  local expected = [[a list of IAM actions, such as { "ec2:CreateTags" }]]
  if not is_list_of_strings(value) then return expected end
  for _, action in ipairs(value) do
    if not action:find("^[%l%d-]+:%a%w*$") then return expected end
  end
end

function checks.rocks(value)
  if not is_list_of_strings(value) then return [[a list such as { "penlight ~> 1.14" }]] end
end

--- Reads a declaration. It is run in an empty environment: it is data, and sees nothing.
-- @tparam string path the file
-- @tparam[opt=path] string shown its name in messages
-- @treturn ?table `{ handler, arch, aws, iam, rocks }`, what was left out set to its default
-- @treturn ?string what is wrong
function M.load(path, shown)
  shown = shown or path
  local source = files.read(path)
  if not source then
    return nil, ("%s is missing: it declares the handler and the AWS operations"):format(shown)
  end
  local chunk, message = load(source, "@" .. shown, "t", {})
  if not chunk then return nil, message end
  local ok, declared = pcall(chunk)
  if not ok then
    return nil, ("%s (requirements are data only: they see no globals)"):format(tostring(declared))
  end
  if type(declared) ~= "table" then
    return nil, ("%s returns a %s, not a table of data"):format(shown, type(declared))
  end
  for key, value in pairs(declared) do
    local check = checks[key]
    if not check then
      return nil, ("%s: unknown field %s; there are handler, arch, aws, iam and rocks")
        :format(shown, tostring(key))
    end
    local expected = check(value)
    if expected then return nil, ("%s: %s must be %s"):format(shown, key, expected) end
  end
  return {
    handler = declared.handler or "handler",
    arch = declared.arch or "x86_64",
    aws = declared.aws or {},
    iam = declared.iam or {},
    rocks = declared.rocks or {},
  }
end

return M
