local gzip = require "aws.protocol.gzip"

-- What gzip itself makes of it.
local function decompressed(data)
  local name = os.tmpname()
  local file = assert(io.open(name, "wb"))
  file:write(data)
  file:close()
  local pipe = assert(io.popen(("gzip -dc < '%s' 2>&1"):format(name)))
  local text = pipe:read "*a"
  pipe:close()
  os.remove(name)
  return text
end

describe("gzip", function()
  it("is undone by gzip", function()
    local every_byte = {}
    for i = 0, 255 do every_byte[i + 1] = string.char(i) end
    every_byte = table.concat(every_byte)
    for _, text in ipairs {
      "", "a", "ab", "abc", ("a"):rep(257), ("a"):rep(258), ("a"):rep(259), ("a"):rep(100000),
        ("abc"):rep(20000),
      every_byte, every_byte:rep(200), every_byte .. ("x"):rep(32769) .. every_byte, ("0123456789"):rep(5000)
        .. "end",
    } do
      assert.is_true(decompressed(gzip.compress(text)) == text, #text .. " bytes")
    end
  end)

  it("is undone by gzip for texts without a pattern", function()
    local state = 42
    local function random(limit)
      state = (state * 1103515245 + 12345) % 2 ^ 31
      return math.floor(state / 65536) % limit
    end
    for size = 1, 4000, 333 do
      local bytes = {}
      for i = 1, size do bytes[i] = string.char(random(3 + size % 250)) end
      local text = table.concat(bytes)
      assert.is_true(decompressed(gzip.compress(text)) == text)
    end
  end)

  it("makes the same of the same", function()
    assert.equal(gzip.compress(("abc"):rep(100)), gzip.compress(("abc"):rep(100)))
  end)
end)
