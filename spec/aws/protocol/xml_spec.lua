local json = require "json"
local xml = require "host.xml"

local array = getmetatable(json.array {})

-- A document `<D><List><m>…</m>…</List></D>` of structures that hold each other.
local SHAPE = [[
structure 2 element D Root
structure 3 element List List 4 element Text Text 3 flattened Flat Flat 5 element Map Map
list 2 element m -
string
map 4 element key - 2 element value -]]

local function decoder()
  return xml.decoder(xml.compile(SHAPE, array))
end

local function decode(text, size)
  local d = decoder()
  for at = 1, #text, size or #text do
    local ok, message = d:write(text:sub(at, at + (size or #text) - 1))
    if not ok then return nil, message end
  end
  return d:finish()
end

local function large(count)
  local parts = {}
  for i = 1, count do
    parts[i] = ("<m><Text>text %d</Text><Flat/><Flat><Text>f</Text></Flat>"
      .. "<Map><entry><key>k%d</key><value/></entry>"
      .. "</Map></m>"):format(i, i)
  end
  return "<D><List>" .. table.concat(parts) .. "</List></D>"
end

describe("host.xml", function()
  it("makes tables of a document, and marks its lists", function()
    local result = assert(decode "<D><List><m><Text>a</Text></m><m/></List><Flat><Text>b</Text></Flat></D>")
    assert.same({ Root = { List = { { Text = "a" }, {} }, Flat = { { Text = "b" } } } }, result)
    assert.is_true(json.is_array(result.Root.List))
    assert.is_true(json.is_array(result.Root.Flat))
    assert.is_false(json.is_array(result.Root))
  end)

  it("leaves lists unmarked without a metatable", function()
    local d = xml.decoder(xml.compile(SHAPE))
    d:write "<D><List/></D>"
    assert.is_nil(getmetatable(d:finish().Root.List))
  end)

  it("makes the same of a large document, however it comes", function()
    local text = large(3000)
    local whole = assert(decode(text))
    assert.equal(3000, #whole.Root.List)
    assert.same({ Text = "text 3000", Flat = { {}, { Text = "f" } }, Map = { k3000 = {} } },
      whole.Root.List[3000])
    for _, size in ipairs { 7, 1000, 16384 } do assert.same(whole, (decode(text, size))) end
  end)

  it("is not disturbed by a collector in a hurry", function()
    local text = large(3000)
    local whole = assert(decode(text))
    local pause, multiplier = collectgarbage("setpause", 0), collectgarbage("setstepmul", 10000)
    local found = decode(text, 500)
    collectgarbage("setpause", pause)
    collectgarbage("setstepmul", multiplier)
    assert.same(whole, found)
  end)

  it("leaves a stopped collector stopped, and a running one running", function()
    local text = large(3000)
    collectgarbage "stop"
    assert(decode(text))
    local runs = collectgarbage "isrunning"
    collectgarbage "restart"
    assert.is_false(runs)
    assert(decode(text))
    assert.is_true(collectgarbage "isrunning")
  end)

  it("does not let answers that are done with pile up", function()
    local text = large(30000)
    collectgarbage()
    local before = collectgarbage "count"
    local kept = assert(decode(text))
    collectgarbage()
    local one, most = collectgarbage "count" - before, 0
    for _ = 1, 10 do
      kept = assert(decode(text))
      most = math.max(most, collectgarbage "count" - before)
    end
    assert.equal(30000, #kept.Root.List)
    assert.is_true(most < 4 * one, ("%d KB for answers of %d KB"):format(most, one))
  end)

  it("may be left half-way", function()
    for _ = 1, 100 do
      local d = decoder()
      assert.is_true(d:write "<D><List><m><Text>half")
    end
    collectgarbage()
    collectgarbage()
  end)

  it("gives its result once", function()
    local d = decoder()
    assert.is_true(d:is_empty())
    d:write "<D/>"
    assert.is_false(d:is_empty())
    assert.same({ Root = {} }, d:finish())
    assert.has_error(function() d:finish() end)
    assert.has_error(function() d:write "more" end)
  end)

  it("says what is wrong, and where", function()
    local result, message = decode "<D>\n<List></D>"
    assert.is_nil(result)
    assert.matches("^mismatched tag at line 2, column 9$", message)
    assert.matches("nested more than 256 deep", select(2, decode(("<D>"):rep(300))))
    assert.matches("document type", select(2, decode "<!DOCTYPE D><D/>"))
  end)

  it("is a sink", function()
    assert.is_true(debug.getmetatable(decoder()).__sink)
  end)

  it("refuses a text that makes no shape", function()
    for _, text in ipairs {
      "", "string", "structure 2 element a a", "structure\nlist", "nonsense", "structure 1",
      "structure\n", "structure 2 flattened a a\nstring", "structure 0 element a a",
      "structure 1x element a a", "structure 18446744073709551617 element a a",
      "structure 1 nonsense a a", "structure 1 element a", "structure 1 element  a",
      "structure 1 element a a 1", "structure 1 element a a ",
    } do
      assert.error_matches(function() xml.compile(text) end, "the text makes no shape")
    end
    assert.has_error(function() xml.compile() end)
    assert.has_error(function() xml.decoder {} end)
  end)
end)
