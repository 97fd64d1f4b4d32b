--- Views of a service model's shapes: a shape together with the traits of the place that refers
-- to it, where the reference's own traits win.
--
-- A view has the fields of the shape's definition and of the reference (`type`, `locationName`,
-- `flattened`, …), `shape` (the shape's name), and, made at first use, views of its parts:
-- `members` (name → view) and `names` (sorted) of a structure, `member` of a list, `key` and
-- `value` of a map. Views are made once for a model and live as long as it.
-- @module aws.protocol.shapes

local M = {}

-- A view must not lead back to its model, or the weak table would keep both for ever: it holds
-- the model's `shapes` alone.
local universes = setmetatable({}, { __mode = "k" })

local PARTS = { members = true, member = true, key = true, value = true, shape = true, documentation = true }

local View = {}
local part = {}

local function view_of(universe, ref)
  local view = universe.seen[ref]
  if view then return view end
  local definition = universe.shapes[ref.shape]
  if not definition then error("the model has no shape " .. tostring(ref.shape), 0) end
  view = setmetatable({ shape = ref.shape, definition = definition, universe = universe }, View)
  for field, value in pairs(definition) do
    if not PARTS[field] then view[field] = value end
  end
  for field, value in pairs(ref) do
    if not PARTS[field] then view[field] = value end
  end
  universe.seen[ref] = view
  return view
end
-- Every view is made once: compiling this to machine code would cost more than it saves.
jit.off(view_of)

function part.members(view)
  local members = {}
  for name, ref in pairs(view.definition.members or {}) do
    members[name] = view_of(view.universe, ref)
  end
  return members
end

function part.names(view)
  local names = {}
  for name in pairs(view.definition.members or {}) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

for _, field in ipairs { "member", "key", "value" } do
  part[field] = function(view)
    local ref = view.definition[field]
    return ref and view_of(view.universe, ref)
  end
end

function View.__index(view, field)
  local make = part[field]
  if not make then return nil end
  local made = make(view)
  rawset(view, field, made)
  return made
end
for _, make in pairs(part) do jit.off(make) end

local function universe_of(model)
  local universe = universes[model]
  if not universe then
    universe = { shapes = model.shapes or {}, seen = {} }
    universes[model] = universe
  end
  return universe
end

--- The view of a reference, such as an operation's `input`.
-- @tparam table model a service model
-- @tparam ?table ref `{ shape = name, … }`
-- @treturn ?table the view; nil for no reference
function M.of(model, ref)
  return ref and view_of(universe_of(model), ref)
end

local function error_code(definition, name)
  return definition.error and definition.error.code or name
end

-- References to a service's errors, by code. Where several have the same, the first by name is meant.
local function exceptions_of(universe)
  if universe.exceptions then return universe.exceptions end
  local by_code = {}
  for name, definition in pairs(universe.shapes) do
    local code = definition.exception and error_code(definition, name)
    if code and not (by_code[code] and by_code[code].shape < name) then by_code[code] = { shape = name } end
  end
  universe.exceptions = by_code
  return by_code
end

local function find_error(universe, operation, code)
  for _, ref in ipairs(operation.errors or {}) do
    local definition = universe.shapes[ref.shape]
    if definition and (error_code(definition, ref.shape) == code or ref.shape == code) then return ref end
  end
  return exceptions_of(universe)[code]
end

--- The view of the structure that a model declares for an error code: one of the operation's own
-- errors, else any of the service's.
-- @tparam table model a service model
-- @tparam table operation one of its operations
-- @tparam string code AWS's error code
-- @treturn ?table the view
function M.of_error(model, operation, code)
  local universe = universe_of(model)
  local ref = find_error(universe, operation, code)
  return ref and view_of(universe, ref)
end

return M
