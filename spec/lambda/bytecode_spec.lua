local bytecode = require "lambda.bytecode"

local SOURCES = {
  { path = "handler.lua", bytes = "return function() error('no') end\n" },
  { path = "targets/some thing.lua", bytes = "return 'as compiled'\n" },
  { path = "data/list.csv", bytes = "return 'not Lua'" },
}

describe("bytecode beside its source", function()
  local text = bytecode.pack(SOURCES)
  local found = bytecode.unpack(text)

  it("holds the Lua files", function()
    assert.not_nil(found["handler.lua"])
    assert.not_nil(found["targets/some thing.lua"])
    assert.is_nil(found["data/list.csv"])
  end)

  it("is the same for the same files", function()
    assert.equal(text, bytecode.pack(SOURCES))
  end)

  it("is what is loaded while the source is what it was", function()
    local other = { ["targets/some thing.lua"] = {
      sum = found["targets/some thing.lua"].sum,
      code = string.dump(loadstring("return 'from the bytecode'")),
    } }
    assert.equal("from the bytecode", bytecode.load(other, "targets/some thing.lua", SOURCES[2].bytes)())
    assert.equal("as compiled", bytecode.load(found, "targets/some thing.lua", SOURCES[2].bytes)())
  end)

  it("gives way to a source that was edited, and to one that was added", function()
    assert.equal("edited", bytecode.load(found, "targets/some thing.lua", "return 'edited'\n")())
    assert.equal("new", bytecode.load(found, "new.lua", "return 'new'\n")())
  end)

  it("keeps the names and lines that errors tell", function()
    local ok, message = pcall(bytecode.load(found, "handler.lua", SOURCES[1].bytes)())
    assert.is_false(ok)
    assert.equal("handler.lua:1: no", message)
  end)

  it("says what the compiler says of a source that is none", function()
    local chunk, message = bytecode.load(found, "handler.lua", "return +")
    assert.is_nil(chunk)
    assert.matches("^handler.lua:1: ", message)
  end)

  it("is not taken from another compiler, nor from a file that is cut short or missing", function()
    assert.same({}, bytecode.unpack("LuaJIT 1.0\n" .. text:match("\n(.*)")))
    assert.same({}, bytecode.unpack(nil))
    assert.same({}, bytecode.unpack(""))
    local cut = bytecode.unpack(text:sub(1, #text - 10))
    assert.not_nil(cut["handler.lua"])
    assert.is_nil(cut["targets/some thing.lua"])
  end)
end)
