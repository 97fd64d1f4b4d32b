local json = require "json"
local show = require "repl.show"

describe("repl.show", function()
  it("shows scalars as Lua writes them", function()
    assert.equal('"a\\"b\\\\c\\n\\001é"', show.value 'a"b\\c\n\1é')
    assert.equal("nil", show.value(nil))
    assert.equal("1.5", show.value(1.5))
    assert.equal("true", show.value(true))
    assert.equal("json.null", show.value(json.null))
  end)

  it("shows a small table on a line, its list first and its keys sorted", function()
    assert.equal('{ 1, "two", [true] = 3, [-1] = 0, a = { b = {} }, c = false, ["d e"] = 1, ["end"] = 2 }',
      show.value { 1, "two", c = false, a = { b = {} }, ["d e"] = 1, ["end"] = 2, [-1] = 0, [true] = 3 })
  end)

  it("lays a large one out", function()
    local long = ("x"):rep(60)
    local shown = show.value { long, a = { { 1 }, long, long } }
    assert.equal('{\n  "x",\n  a = {\n    { 1 },\n    "x",\n    "x"\n  }\n}', (shown:gsub("x+", "x")))
  end)

  it("cuts what is deep, long, or holds itself", function()
    assert.equal("{ { {…} } }", show.value({ { { 1 } } }, 2))
    assert.equal('"' .. ("x"):rep(1000) .. '" … 24 bytes more', show.value(("x"):rep(1024)))
    local list = {}
    for i = 1, 60 do list[i] = 0 end
    assert.matches("0, … 10 more }$", (show.value(list):gsub("%s+", " ")))
    list = {}
    list[1] = list
    assert.equal("{ (itself) }", show.value(list))
    local shared = {}
    assert.equal("{ {}, {} }", show.value { shared, shared })
  end)

  it("goes by a text of a value's own", function()
    local value = setmetatable({ secret = 1 }, { __tostring = function() return "mine" end })
    assert.equal("{ mine }", show.value { value })
  end)

  it("reads no field through a metatable", function()
    local value = setmetatable({ a = 1 }, { __index = function() error "asked" end })
    assert.equal("{ a = 1 }", show.value(value))
  end)
end)
