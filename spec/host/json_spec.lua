local json = require "json"

describe("json", function()
  it("keeps an empty array and an empty object apart", function()
    for _, text in ipairs { "[]", "{}", "[[],{}]", '{"a":[],"b":{}}' } do
      local value = assert(json.decode(text))
      if text == '{"a":[],"b":{}}' then
        assert.is_true(json.is_array(value.a))
        assert.is_false(json.is_array(value.b))
      else
        assert.equal(text, json.encode(value))
      end
    end
  end)

  it("keeps an array an array after its last element is gone", function()
    local list = json.decode("[1]")
    list[1] = nil
    assert.equal("[]", json.encode(list))
  end)

  it("marks a table as an array", function()
    assert.equal("[]", json.encode(json.array()))
    assert.equal("[1,2]", json.encode(json.array { 1, 2 }))
    assert.equal("{}", json.encode {})
  end)

  it("keeps null", function()
    assert.equal(json.null, json.decode("null"))
    assert.equal('{"a":null}', json.encode(json.decode('{"a":null}')))
    assert.equal("[null,1]", json.encode(json.decode("[null,1]")))
    assert.equal("null", json.encode(nil))
  end)

  it("keeps numbers", function()
    for _, text in ipairs { "0", "-1", "1761998400", "9007199254740991", "1763978400000", "0.1", "1e+300" } do
      assert.equal(tonumber(text), json.decode(json.encode(json.decode(text))))
    end
    assert.equal("1761998400123", json.encode(1761998400123))
    assert.equal("9007199254740991", json.encode(9007199254740991))
    assert.equal("0.1", json.encode(0.1))
    assert.equal(0.1 + 0.2, json.decode(json.encode(0.1 + 0.2)))
  end)

  it("refuses what JavaScript would take for a number", function()
    for _, text in ipairs { "NaN", "-NaN", "Infinity", "-Infinity", "[0x10]" } do
      assert.is_nil((json.decode(text)), text)
    end
  end)

  it("refuses a number that none of Lua's can hold", function()
    local value, message = json.decode('{"n":-1e400}')
    assert.is_nil(value)
    assert.equal("Expected value but found number too large at character 6", message)
  end)

  it("leaves a slash as it is, and escapes what must be", function()
    assert.equal([["a/b"]], json.encode("a/b"))
    assert.equal([["\"\\\n\u0001"]], json.encode('"\\\n\1'))
    assert.equal("\195\169\240\159\152\128", json.decode([["\u00e9\ud83d\ude00"]]))
  end)

  it("takes numbers far apart for names, and fills small gaps of an array", function()
    assert.equal('{"443":true}', json.encode { [443] = true })
    assert.equal('{"2000000000":1}', json.encode { [2000000000] = 1 })
    assert.equal("[1,null,3]", json.encode { 1, nil, 3 })
    local value, message = json.encode(json.array { [443] = true })
    assert.is_nil(value)
    assert.matches("other keys than 1, 2, 3", message)
  end)

  it("says what is wrong with a text", function()
    for _, text in ipairs { "", "{", "[1,", '{"a"}', "nul", "[1] x", '"\\ud800"', "{a:1}", '"a' } do
      local value, message = json.decode(text)
      assert.is_nil(value, text)
      assert.is_string(message, text)
      assert.is_nil(message:find("%.lua:"), message)
    end
  end)

  it("says what it cannot encode", function()
    local loop = {}
    loop.loop = loop
    for _, value in ipairs { print, { f = print }, 0 / 0, math.huge, loop, { 1, 2, x = 3 } } do
      local text, message = json.encode(value)
      if text then
        assert.is_truthy(text:find('"x":3', 1, true)) -- a table of both kinds is an object
      else
        assert.is_string(message)
      end
    end
  end)

  it("refuses nesting past its limit, and takes it below", function()
    assert.is_table(json.decode(("["):rep(1000) .. ("]"):rep(1000)))
    local value, message = json.decode(("["):rep(100000) .. ("]"):rep(100000))
    assert.is_nil(value)
    assert.matches("nest", message:lower())
  end)

  it("leaves alone the settings of the lua-cjson that a function may load itself", function()
    assert.is_nil((json.decode "[NaN]"))
    assert.equal(1, #require("cjson").decode "[NaN]")
  end)
end)
