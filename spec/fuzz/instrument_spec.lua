local instrument = require "fuzz.instrument"

-- What a source returns, and how often each of its counters was reached.
local function run(source)
  local counters = {}
  local counting, after = instrument.source(source, 1)
  for i = 1, after - 1 do counters[i] = 0 end
  local chunk = assert(loadstring(counting, "@source"))
  setfenv(chunk, setmetatable({ COUNTERS = counters }, { __index = _G }))
  return chunk(), counters
end

describe("fuzz.instrument", function()
  it("counts the branches that are taken, and what comes after them", function()
    local _, counters = run "for i = 1, 5 do if i > 3 then i = 0 elseif i > 9 then i = 1 else i = 2 end end"
    assert.same({ 5, 2, 0, 3, 5, 1 }, counters)
  end)

  it("counts calls, and goes on within an expression that holds a function", function()
    local sum, counters = run [[
      local function add(a, b) return a + b end
      local list = { twice = function(...) return 2 * ... end, other = function() end }
      repeat local done = add(1, 2) until done
      return list.twice(add(3, 4)) + 1]]
    assert.equal(15, sum)
    assert.same({ 2, 1, 0, 1 }, counters)
  end)

  it("takes no word in a string or a comment for one of Lua's", function()
    local text, counters = run "--[[ if then ]] return 'do end' .. [=[ then function() ]=] -- else"
    assert.equal("do end then function() ", text)
    assert.same({}, counters)
  end)

  it("leaves lines where they were", function()
    local line = run "do\nlocal x = 1\nend\nreturn debug.getinfo(1, 'l').currentline"
    assert.equal(4, line)
  end)

  it("makes a source that compiles of every file of the library", function()
    local files = assert(io.popen "find host/lib -name '*.lua'")
    local count = 0
    for path in files:lines() do
      local file = assert(io.open(path))
      local _, problem = loadstring(instrument.source(file:read "*a", 1), "@" .. path)
      file:close()
      assert.is_nil(problem)
      count = count + 1
    end
    files:close()
    assert.is_true(count > 100)
  end)
end)
