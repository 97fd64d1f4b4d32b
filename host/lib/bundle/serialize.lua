--- Data as a Lua chunk: the same table gives the same bytes, whatever order it was filled in.
-- @module bundle.serialize

local keywords = require "repl.keywords"

local M = {}

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) ~= type(b) then return type(a) == "number" end
    return a < b
  end)
  return keys
end

local function scalar(value)
  if type(value) == "number" then return ("%.17g"):format(value) end
  if type(value) == "string" then return (("%q"):format(value):gsub("\n", "n")) end
  if type(value) == "boolean" then return tostring(value) end
  error(("a %s cannot be written as data"):format(type(value)), 0)
end

-- Puts a table into the pool, each different one once, and gives the mark `\0id\0` that stands for it in the
-- source of others. No other text has a NUL: %q writes it as an escape. `bodies` holds the sources by id,
-- `uses` how many marks there are for each.
local function intern(value, pool)
  if type(value) ~= "table" then return scalar(value) end
  local parts, position = {}, 1
  for _, key in ipairs(sorted_keys(value)) do
    local element = intern(value[key], pool)
    if key == position then
      position = position + 1
    elseif type(key) == "string" and key:find("^[%a_][%w_]*$") and not keywords[key] then
      element = key .. "=" .. element
    else
      element = ("[%s]=%s"):format(scalar(key), element)
    end
    parts[#parts + 1] = element
  end
  local body = "{" .. table.concat(parts, ",") .. "}"
  local id = pool.ids[body]
  if not id then
    id = #pool.bodies + 1
    pool.ids[body], pool.bodies[id], pool.uses[id] = id, body, 0
    for child in body:gmatch("%z(%d+)%z") do
      pool.uses[tonumber(child)] = pool.uses[tonumber(child)] + 1
    end
  end
  return "\0" .. id .. "\0"
end

--- The source of a chunk that returns a value. Tables that are equal become one table, which makes models a
-- good deal smaller and faster to load; who reads the value must therefore not change it.
-- @param value a string, number, boolean, or a table of such; no cycles
-- @treturn string
function M.source(value)
  local pool = { ids = {}, bodies = {}, uses = {} }
  local root = intern(value, pool)
  local out, places, count = { "local t={}\n" }, {}, 0

  local function expand(text)
    return (text:gsub("%z(%d+)%z", function(mark)
      local id = tonumber(mark)
      return places[id] or expand(pool.bodies[id])
    end))
  end

  for id, body in ipairs(pool.bodies) do
    if pool.uses[id] > 1 then
      count = count + 1
      out[#out + 1] = ("t[%d]=%s\n"):format(count, expand(body))
      places[id] = ("t[%d]"):format(count)
    end
  end
  out[#out + 1] = "return " .. expand(root) .. "\n"
  return table.concat(out)
end

--- The bytecode of a chunk that returns a value: faster to load than its source, and the same for
-- x86_64 and arm64, which both run LuaJIT's 64-bit little-endian form.
-- @param value as for `source`
-- @treturn string
function M.bytecode(value)
  -- "d": without it, tables are dumped in the order of their hashes, which differs from run to run.
  return string.dump(assert(load(M.source(value), "=model")), "sd")
end

return M
