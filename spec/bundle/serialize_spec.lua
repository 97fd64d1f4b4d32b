local serialize = require "bundle.serialize"

local function back(value)
  return load(serialize.source(value))()
end

describe("bundle.serialize", function()
  it("gives back what it was given", function()
    local value = {
      "one", "two", nested = { { 1, 2.5, -3 }, { yes = true, no = false } }, ["end"] = "keyword",
      ["with space"] = 1, [10] = "sparse", big = 9223372036854775807, tiny = 5e-324, empty = {},
    }
    assert.same(value, back(value))
    assert.same(value, load(serialize.bytecode(value))())
  end)

  it("keeps every byte of a string", function()
    local bytes = {}
    for byte = 0, 255 do bytes[#bytes + 1] = string.char(byte) .. "0" end
    local text = table.concat(bytes) .. "\r\n\\\"]]"
    assert.equal(text, back { text }[1])
  end)

  it("writes the same bytes whatever order a table was filled in", function()
    local forward, backward = {}, {}
    for i = 1, 500 do forward["key" .. i] = { i, name = "n" .. i } end
    for i = 500, 1, -1 do backward["key" .. i] = { i, name = "n" .. i } end
    assert.equal(serialize.source(forward), serialize.source(backward))
    assert.is_true(serialize.bytecode(forward) == serialize.bytecode(backward))
  end)

  it("makes one table of equal ones", function()
    local value = back { a = { { x = 1 }, "s" }, b = { { x = 1 }, "s" }, c = { { x = 1 }, "t" } }
    assert.is_true(value.a == value.b)
    assert.is_true(value.a[1] == value.c[1])
    assert.is_false(value.a == value.c)
  end)

  it("refuses what is no data", function()
    assert.error(function() serialize.source { print } end, "a function cannot be written as data")
  end)
end)
