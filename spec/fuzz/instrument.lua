--- Lua sources that count which of their blocks run.
--
-- libFuzzer sees nothing of LuaJIT's bytecode. A hook could tell it each line, at the price of machine code
-- and of most of the time: a source that counts by itself runs as what ships does.
local ffi = require "ffi"
local lexer = require "bundle.lexer"

local M = {}

local BEGINS = { ["then"] = true, ["else"] = true, ["do"] = true, ["repeat"] = true }
local OPENS = { ["if"] = true, ["do"] = true, ["repeat"] = true, ["function"] = true }
local CLOSES = { ["end"] = true, ["until"] = true }

-- The positions where a source can count: at the start of each block, and behind one that has ended.
local function places(source)
  local list, open, in_head = {}, {}, false
  for _, token in ipairs(lexer.tokens(source)) do
    local text = token.kind ~= "string" and token.text
    local closed = CLOSES[text] and table.remove(open)
    if OPENS[text] then open[#open + 1] = text end
    local has_ended = closed == "if" or closed == "do"
    if BEGINS[text] or has_ended or in_head and text == ")" then list[#list + 1] = token.after end
    in_head = text == "function" or in_head and text ~= ")"
  end
  return list
end

--- A source that counts in a global table, COUNTERS; its lines are where they were.
-- @tparam string source
-- @tparam number first the first of its counters
-- @treturn string
-- @treturn number the counter behind its last
function M.source(source, first)
  local out, at, counter = { "local COUNTERS = COUNTERS;" }, 1, first
  for _, place in ipairs(places(source)) do
    out[#out + 1] = source:sub(at, place - 1)
    out[#out + 1] = (" COUNTERS[%d] = COUNTERS[%d] + 1;"):format(counter, counter)
    at, counter = place, counter + 1
  end
  return table.concat(out) .. source:sub(at), counter
end

--- Has every module count that is required from now on.
-- @tparam userdata counters libFuzzer's, as light user data
-- @tparam number room how many bytes they are
-- @treturn function loads a file, which counts: path → function
-- @treturn function tells libFuzzer what was counted since the last time
function M.install(counters, room)
  local bytes, counts, used = ffi.cast("uint8_t *", counters), {}, 0
  rawset(_G, "COUNTERS", counts)

  local function load_file(path)
    local file = assert(io.open(path))
    local source, after = M.source(file:read "*a", used)
    file:close()
    assert(after <= room, "more blocks than counters")
    for i = used, after - 1 do counts[i] = 0 end
    used = after
    return assert(loadstring(source, "@" .. path))
  end

  package.loaders[2] = function(name)
    local path, message = package.searchpath(name, package.path)
    return path and load_file(path) or message
  end

  -- A table's numbers are quick even where Lua is interpreted; C's bytes are so in compiled loops alone.
  local function tell()
    for i = 0, used - 1 do
      bytes[i] = counts[i]
      counts[i] = 0
    end
  end

  return load_file, tell
end

return M
