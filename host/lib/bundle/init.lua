--- Builds a function's bundle: `output/NAME.zip`, with `NAME.policy.json` and `NAME.build.json` beside it.
-- @module bundle

local bytecode = require "bundle.bytecode"
local check = require "bundle.check"
local collect = require "bundle.collect"
local files = require "bundle.files"
local policy = require "bundle.policy"
local program = require "bundle.program"
local prune = require "bundle.prune"
local publish = require "bundle.publish"
local record = require "bundle.record"
local report = require "bundle.report"
local requirements = require "bundle.requirements"
local rocks = require "bundle.rocks"
local serialize = require "bundle.serialize"
local zip = require "bundle.zip"
local zones = require "bundle.zones"

local M = {}

-- Raised as `{ messages }`, caught by `build`: what the caller is to be told, a line each.
local function fail(messages)
  error({ messages = type(messages) == "table" and messages or { messages } }, 0)
end

local function fail_if_any(messages)
  if #messages > 0 then fail(messages) end
end

local function need(value, message)
  if not value then fail(message) end
  return value
end

-- The function's own files, checked for what needs no model.
local function own_files(root, folder, declared)
  local entries = collect.files(root .. "/" .. folder, folder)
  for _, entry in ipairs(entries) do
    if not entry.path:find("^[\32-\126]+$") then
      fail(("%s: a bundle's file names are plain ASCII"):format(entry.shown))
    end
  end
  local found, expected = collect.has_handler(declared.handler, entries)
  if not found then
    fail(("%s/requirements.lua: handler %q: there is no %s/%s")
      :format(folder, declared.handler, folder, expected))
  end
  fail_if_any(collect.syntax_errors(entries))
  return entries
end

local function pruned_models(declared, entries, load, shown)
  local models, messages = check.models(declared, load, shown)
  fail_if_any(messages)
  fail_if_any(check.calls(entries, declared, models, shown))
  local pruned = {}
  for service, model in pairs(models) do pruned[service] = prune.model(model, declared[service]) end
  return pruned
end

-- The pruned models, and the partitions where a model's endpoint rules refer to them.
local function model_entries(models, partitions)
  local entries, ruled = {}, false
  local function add(name, value)
    entries[#entries + 1] = { path = ("models/%s.lua"):format(name), bytes = serialize.bytecode(value) }
  end
  for service, model in pairs(models) do
    add(service, model)
    ruled = ruled or model.endpoint_rules ~= nil
  end
  if ruled then add("partitions", prune.partitions(partitions())) end
  return entries
end

-- What the Lua files compile to, beside them.
local function bytecode_entries(...)
  local all = {}
  for _, entries in ipairs { ... } do
    for _, entry in ipairs(entries) do all[#all + 1] = entry end
  end
  return { { path = bytecode.FILE, bytes = bytecode.pack(all) } }
end

-- Everything that goes into the archive, and the part of the report that each path belongs to.
local function assemble(parts)
  local all, part_of = {}, {}
  for _, part in ipairs(parts) do
    for _, entry in ipairs(part.entries) do
      if part_of[entry.path] then
        fail(("%s comes from the %s and from the %s"):format(entry.path, part_of[entry.path], part.name))
      end
      part_of[entry.path] = part.name
      all[#all + 1] = entry
    end
  end
  return all, part_of
end

local function build(options)
  local root, name, stage = options.root, options.name, options.stage
  local output = options.output or root .. "/output"
  need(collect.has_function(root, name))
  local folder = "functions/" .. name
  local shown = folder .. "/requirements.lua"
  local declared = need(requirements.load(root .. "/" .. shown, shown))
  local own = own_files(root, folder, declared)
  local models = pruned_models(declared.aws, own, options.load, shown)
  local modules = need(rocks.entries(declared.rocks, {
    lock = root .. "/" .. folder .. "/rocks.lock", cache = root .. "/build/rocks", stage = stage .. "/rocks",
  }))
  fail_if_any(collect.syntax_errors(modules))
  declared.arch = options.arch or declared.arch
  if options.make and not options.make(declared.arch) then
    fail(("the program for %s could not be built; what make says is above"):format(declared.arch))
  end
  local stripped = program.stripped(root, declared.arch, stage)
  local runtime = { { path = "bootstrap", mode = "755", file = stripped } }
  local entries, part_of = assemble {
    { name = "program", entries = options.layer and {} or runtime },
    { name = "function", entries = own },
    { name = "models", entries = model_entries(models, options.partitions) },
    { name = "rocks", entries = modules },
    { name = "bytecode", entries = bytecode_entries(own, modules) },
    { name = "time zones", entries = zones.entries(root, own) },
  }

  local made = ("%s/made/%s"):format(stage, name)
  files.write(made .. ".policy.json", policy.document(models, declared.iam))
  files.write(made .. ".build.json", record.document(declared, own))
  zip.write(made .. ".zip", entries, stage .. "/tree")
  local archive = assert(files.read(made .. ".zip"))
  if options.layer then
    local layer = ("runtime-%s.layer.zip"):format(declared.arch)
    zip.write(stage .. "/" .. layer, runtime, stage .. "/layer")
    assert(os.rename(stage .. "/" .. layer, output .. "/" .. layer))
  end
  publish.folder(stage .. "/made", output, name)
  return report.text(zip.directory(archive), part_of, #archive, program.sizes(root, declared.arch))
end

--- Builds the bundle of a function. What an earlier build wrote is replaced at the very end, or stays.
-- @tparam table options
-- @tparam string options.root the checkout, absolute, with `functions/` and `build/bootstrap`
-- @tparam string options.name the function
-- @tparam string options.stage an empty folder on the output's file system, absolute; the caller removes it
-- @tparam[opt] string options.output where to write to, absolute; the checkout's `output/` when left out
-- @tparam[opt] function options.make builds the program for an architecture; returns whether it could
-- @tparam function options.load service → model | nil, message, as `aws.model.load`
-- @tparam function options.partitions → the table of AWS's partitions, as `aws.model.partitions`
-- @tparam[opt] string options.arch "x86_64" or "arm64", before what the function declares
-- @tparam[opt] boolean options.layer puts the program into a layer of its own, and not into the bundle
-- @treturn ?string the report of the sizes
-- @treturn ?{string,...} what is wrong, a line each
function M.build(options)
  local ok, result = pcall(build, options)
  if ok then return result end
  if type(result) == "table" and result.messages then return nil, result.messages end
  return nil, { tostring(result) }
end

return M
