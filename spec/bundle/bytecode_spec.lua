local bytecode = require "bundle.bytecode"
local files = require "bundle.files"
local host = require "host.bytecode"

local SOURCES = {
  { path = "handler.lua", bytes = "return function() error('no') end\n" },
  { path = "targets/some thing.lua", bytes = "return 'as compiled'\n" },
  { path = "data/list.csv", bytes = "return 'not Lua'" },
}
local THING = SOURCES[2].path

describe("bytecode beside its source", function()
  local root

  local function write(path, bytes)
    local file = assert(io.open(root .. "/" .. path, "wb"))
    file:write(bytes)
    file:close()
  end

  -- The function's files, as they are opened with that bytecode.
  local function open(text)
    if text then write(bytecode.FILE, text) end
    return host.open(root)
  end

  -- Bytecode of other sources that passes for those entries': it shows where a chunk is from.
  local function disguised(entries, source_of)
    local others = {}
    for i, entry in ipairs(entries) do
      others[i] = { path = entry.path, bytes = source_of(i) or entry.bytes }
    end
    local text = bytecode.pack(others)
    for i, entry in ipairs(entries) do
      local at = text:find(host.sum(others[i].bytes), 1, true)
      text = text:sub(1, at - 1) .. host.sum(entry.bytes) .. text:sub(at + 8)
    end
    return text
  end

  local function with_other_code(entries)
    return disguised({ entries[1], entries[2] }, function(i) return i == 2 and "return 'from bytecode'\n" end)
  end

  before_each(function()
    root = os.tmpname()
    os.remove(root)
    files.must { "mkdir", "-p", root .. "/targets", root .. "/folder.lua" }
    for _, entry in ipairs(SOURCES) do
      if entry.path:find "%.lua$" then write(entry.path, entry.bytes) end
    end
  end)

  after_each(function()
    files.must { "rm", "-r", root }
  end)

  it("is the same for the same files, and of Lua files alone", function()
    assert.equal(bytecode.pack(SOURCES), bytecode.pack(SOURCES))
    assert.equal(bytecode.pack { SOURCES[1], SOURCES[2] }, bytecode.pack(SOURCES))
  end)

  it("is what is loaded while the source is what it was", function()
    assert.equal("from bytecode", open(with_other_code(SOURCES)):load(THING)())
    assert.equal("as compiled", open(bytecode.pack(SOURCES)):load(THING)())
  end)

  it("gives way to a source that was edited, at its first byte, its last or between", function()
    local text = with_other_code(SOURCES)
    for _, source in ipairs { "return 'as compiled'\t", "\treturn 'as compiled'", "return  'as compiled'",
      "return 'as compiled'\n\n", "return 'as compiled'" } do
      write(THING, source)
      assert.equal("as compiled", open(text):load(THING)())
    end
    write(THING, "")
    assert.is_nil(open(text):load(THING)())
  end)

  it("sees an edit of any byte of texts of any length", function()
    for length = 1, 100 do
      local text = ("x"):rep(length)
      for at = 1, length do
        assert.not_equal(host.sum(text), host.sum(text:sub(1, at - 1) .. "y" .. text:sub(at + 1)))
      end
      assert.not_equal(host.sum(text), host.sum(text .. "\0"))
    end
  end)

  it("gives way to a source that was edited after it was opened", function()
    local opened = open(with_other_code(SOURCES))
    write(THING, "return 'edited'\n" .. ("-- and grown\n"):rep(10000))
    assert.equal("edited", opened:load(THING)())
    write(THING, SOURCES[2].bytes)
    assert.equal("from bytecode", opened:load(THING)())
  end)

  it("leaves a source that was added, and one without any bytecode, to the compiler", function()
    write("new.lua", "return 'new'\n")
    assert.equal("new", open(bytecode.pack(SOURCES)):load("new.lua")())
    os.remove(root .. "/" .. bytecode.FILE)
    assert.equal("as compiled", open():load(THING)())
    assert.equal("as compiled", open(""):load(THING)())
  end)

  it("loads no file that is not there, though its bytecode may be, and no folder", function()
    local opened = open(bytecode.pack(SOURCES))
    os.remove(root .. "/handler.lua")
    assert.equal(0, select("#", opened:load "handler.lua"))
    assert.equal(0, select("#", opened:load "folder.lua"))
    assert.equal(0, select("#", opened:load(("a"):rep(10000) .. ".lua")))
  end)

  it("keeps the names and lines that errors tell", function()
    local ok, message = pcall(open(bytecode.pack(SOURCES)):load("handler.lua")())
    assert.is_false(ok)
    assert.equal("handler.lua:1: no", message)
  end)

  it("keeps them when nobody has the files any more, and in a dump", function()
    local source = "return function(tag)\n  local value\n  return value[tag]\nend\n"
    local entry = { path = "handler.lua", bytes = source }
    write(entry.path, entry.bytes)
    local handler = open(bytecode.pack { entry }):load("handler.lua")()
    collectgarbage()
    collectgarbage()
    for _, each in ipairs { handler, loadstring(string.dump(handler)) } do
      local ok, message = pcall(each, "x")
      assert.is_false(ok)
      assert.equal("handler.lua:3: attempt to index local 'value' (a nil value)", message)
    end
  end)

  it("says what the compiler says of a source that is none", function()
    write("handler.lua", "return +")
    local chunk, message = open(bytecode.pack(SOURCES)):load("handler.lua")
    assert.is_nil(chunk)
    assert.matches("^handler.lua:1: ", message)
  end)

  it("is found by the whole path, among any number", function()
    local entries = {}
    for i = 1, 40 do entries[i] = { path = ("%d.lua"):format(i), bytes = ("return %d"):format(i) } end
    for _, entry in ipairs(entries) do write(entry.path, entry.bytes) end
    for count = 0, #entries do
      local some = { unpack(entries, 1, count) }
      local opened = open(disguised(some, function(i) return ("return -%d"):format(i) end))
      for i = 1, #entries do assert.equal(i <= count and -i or i, opened:load(i .. ".lua")()) end
    end
  end)

  it("is not taken from another compiler", function()
    local text = with_other_code(SOURCES)
    assert.equal("as compiled", open((text:gsub("^LuaJIT", "LuaJOT"))):load(THING)())
  end)

  it("is not taken from a file that is cut short", function()
    local text = with_other_code(SOURCES)
    for cut = 0, #text - 1 do
      assert.equal("as compiled", open(text:sub(1, cut)):load(THING)())
    end
  end)
end)
