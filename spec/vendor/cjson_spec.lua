-- What vendor/patches/lua-cjson-*.patch change, apart from what json.lua makes of it.

local cjson = require "cjson"

local function again(text) return cjson.encode(cjson.decode(text)) end

describe("lua-cjson, patched", function()
  it("keeps arrays arrays and objects objects, empty or not", function()
    for _, text in ipairs { "[]", "{}", "[[],{},[1,[2]]]", '{"a":[]}', '{"a":{}}' } do
      assert.equal(text, again(text))
    end
  end)

  it("gives every decoded array the metatable array_mt, and objects none", function()
    local decoded = cjson.decode('[{"a":[1]}]')
    assert.equal(cjson.array_mt, getmetatable(decoded))
    assert.is_nil(getmetatable(decoded[1]))
    assert.equal(cjson.array_mt, getmetatable(decoded[1].a))
  end)

  it("says what a setting's range is", function()
    local ok, message = pcall(cjson.new().encode_max_depth, 0)
    assert.is_false(ok)
    assert.matches("expected integer between 1 and 2147483647", message, 1, true)
    assert.equal(1, cjson.new().encode_max_depth(1))
  end)

  it("has one array_mt for all its instances", function()
    assert.equal(cjson.array_mt, cjson.new().array_mt)
  end)

  it("encodes a marked table as an array", function()
    assert.equal("[]", cjson.encode(setmetatable({}, cjson.array_mt)))
    assert.equal('["a"]', cjson.encode(setmetatable({ "a" }, cjson.array_mt)))
    assert.equal("{}", cjson.encode(setmetatable({}, {})))
  end)

  it("refuses a marked table with other keys", function()
    local ok, message = pcall(cjson.encode, setmetatable({ name = 1 }, cjson.array_mt))
    assert.is_false(ok)
    assert.matches("an array has other keys", message, 1, true)
  end)

  it("writes integers up to 2^53 in full", function()
    for _, text in ipairs { "0", "-0", "-1", "100000000000000", "1000000000000000", "-9007199254740991",
      "9007199254740992" } do
      assert.equal(text, again(text))
    end
  end)

  it("writes numbers as short as they read back the same", function()
    for _, text in ipairs { "0.1", "-2.5", "1764000000.123", "3.141592653589793", "0.30000000000000004",
      "1e+20", "1.7976931348623157e+308", "2.2250738585072014e-308" } do
      assert.equal(text, again(text))
    end
    assert.equal(5e-324, cjson.decode(cjson.encode(5e-324)))
  end)

  it("still writes as few digits as it is told", function()
    local short = cjson.new()
    assert.equal(5, short.encode_number_precision(5))
    assert.equal("3.1416", short.encode(math.pi))
    assert.has_error(function() short.encode_number_precision(18) end)
  end)

  it("refuses a number beyond all doubles, where it refuses infinity", function()
    local strict = cjson.new()
    strict.decode_invalid_numbers(false)
    for _, text in ipairs { "1e400", "-1e400", "[1e309]", ("9"):rep(400) } do
      local ok, message = pcall(strict.decode, text)
      assert.is_false(ok)
      assert.matches("number too large at character %d", message)
    end
    assert.equal(0, strict.decode "1e-400")
    assert.equal(math.huge, cjson.decode "1e400")
  end)

  it("leaves slashes alone", function()
    assert.equal('"a/b"', cjson.encode("a/b"))
    assert.equal("a/b", cjson.decode('"a\\/b"'))
  end)

  it("takes nothing after the value, not even behind a NUL", function()
    for _, text in ipairs { "[] 1", "[]\0", "[]\0]" } do
      local ok, message = pcall(cjson.decode, text)
      assert.is_false(ok)
      assert.matches("Expected the end", message, 1, true)
    end
  end)

  it("decodes 1000 levels and refuses the next", function()
    local function nested(levels) return ("["):rep(levels) .. ("]"):rep(levels) end
    assert.equal(nested(1000), again(nested(1000)))
    local ok, message = pcall(cjson.decode, nested(1001))
    assert.is_false(ok)
    assert.matches("too many nested data structures (1001)", message, 1, true)
  end)

  it("refuses a text that its buffer cannot hold, and goes on", function()
    local ok, message = pcall(cjson.encode, ("x"):rep(180e6)) -- six times as much, where all need an escape
    assert.is_false(ok)
    assert.equal("the text is too long", message)
    assert.equal("[1]", cjson.encode { 1 })
  end)

  it("encodes in a finalizer while it encodes", function()
    local text, other = ("x"):rep(1e5), ("y"):rep(1e6)
    local encoded, spoilt
    getmetatable(newproxy(true)).__gc = function() encoded = cjson.encode(other) end
    local usual = collectgarbage("setstepmul", 0) -- a step of the collector goes to the end of its cycle
    for _ = 1, 2 do
      collectgarbage "restart" -- the next step is encode's own, before it makes a string of the buffer
      spoilt = spoilt or cjson.encode(text) ~= '"' .. text .. '"'
    end
    collectgarbage("setstepmul", usual)
    assert.is_true(encoded == '"' .. other .. '"')
    assert.is_false(spoilt)
  end)

  it("keeps its buffer, or frees it, whatever it raises", function()
    for _, keeps in ipairs { true, false } do
      local one = cjson.new()
      one.encode_keep_buffer(keeps)
      for _ = 1, 3 do
        assert.is_false((pcall(one.encode, { "a", print })))
        assert.is_false((pcall(one.decode, '["a", x]')))
        assert.equal('["a"]', one.encode(one.decode '["a"]'))
      end
    end
  end)
end)
