--- What a function runs with: its handler, timeout, memory and environment, from `requirements.lua` and
-- `main.tf` beside it, and the Terraform module's defaults.
-- @module local.settings

local files = require "bundle.files"
local hcl = require "local.hcl"
local requirements = require "bundle.requirements"

local M = {}

local MODULE = "terraform/modules/function"
local NUMBERS = { "timeout", "memory" }

local function blocks_of(path, shown)
  local text = files.read(path)
  if not text then return {} end
  return hcl.read(text, shown)
end

local function find(blocks, kind, matches)
  for _, block in ipairs(blocks) do
    if block.kind == kind and matches(block) then return block end
  end
end

-- The defaults of the module's variables.
local function defaults(root)
  local blocks, message = blocks_of(root .. "/" .. MODULE .. "/variables.tf", MODULE .. "/variables.tf")
  if not blocks then return nil, message end
  local values = { timeout = 60, memory = 128 }
  for _, name in ipairs(NUMBERS) do
    local variable = find(blocks, "variable", function(block) return block.labels[1] == name end)
    if variable then values[name] = variable.arguments.default end
  end
  return values
end

local function is_function(block)
  local source = block.arguments.source
  return type(source) == "string" and source:find(MODULE .. "$") ~= nil
end

-- The environment's text of a value, as Terraform makes strings of it.
local function environment_of(given, notes)
  local environment = {}
  if given == hcl.UNKNOWN then
    notes[#notes + 1] = "main.tf: environment is an expression; give its variables with --env NAME=VALUE"
  elseif type(given) == "table" then
    for name, value in pairs(given) do
      if type(value) == "table" then
        notes[#notes + 1] = ("main.tf: environment.%s is an expression; give it with --env %s=VALUE")
          :format(name, name)
      else
        environment[name] = tostring(value)
      end
    end
  end
  table.sort(notes)
  return environment
end

local function check_number(name, value, notes, default)
  if value == nil then return default end
  if type(value) ~= "number" then
    notes[#notes + 1] = ("main.tf: %s is %s; it is taken for %d, unless --%s says otherwise")
      :format(name, value == hcl.UNKNOWN and "an expression" or "no number", default, name)
    return default
  end
  return value
end

local function of_terraform(root, name)
  local path = ("functions/%s/main.tf"):format(name)
  local values, message = defaults(root)
  if not values then return nil, message end
  local blocks
  blocks, message = blocks_of(root .. "/" .. path, path)
  if not blocks then return nil, message end
  local notes = {}
  local module = find(blocks, "module", is_function)
  local arguments = module and module.arguments or {}
  return {
    timeout = check_number("timeout", arguments.timeout, notes, values.timeout),
    memory = check_number("memory", arguments.memory, notes, values.memory),
    environment = environment_of(arguments.environment, notes),
    notes = notes,
  }
end

--- Reads a function's settings.
-- @tparam string root the checkout
-- @tparam string name the function's
-- @treturn ?table `{ handler, aws, timeout, memory, environment, notes }`: seconds and megabytes; the
--   operations that are declared; and what could not be read
-- @treturn ?string what is wrong
function M.read(root, name)
  local path = ("functions/%s/requirements.lua"):format(name)
  local declared, message = requirements.load(root .. "/" .. path, path)
  if not declared then return nil, message end
  local settings
  settings, message = of_terraform(root, name)
  if not settings then return nil, message end
  settings.handler, settings.aws = declared.handler, declared.aws
  return settings
end

return M
