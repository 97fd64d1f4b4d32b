local chunks = require "repl.chunk"

describe("repl.chunk", function()
  local environment

  before_each(function() environment = chunks.environment() end)

  local function run(text)
    local fn, message = chunks.compile(text, environment)
    assert(fn, message)
    return fn()
  end

  it("gives the values of an expression, with or without =", function()
    assert.same({ 3, "a" }, { run '1 + 2, "a"' })
    assert.equal(3, run "= 1 + 2")
    assert.equal(3, run "  =1 + 2")
    assert.equal(3, run "return 1 + 2")
  end)

  it("runs statements, whose globals stay", function()
    assert.is_nil(run "x = 5")
    assert.equal(10, run "x * 2")
    assert.is_nil(rawget(_G, "x"))
    run "function double(n) return 2 * n end"
    assert.equal(4, run "double(2)")
  end)

  it("has the library's modules at hand", function()
    for _, name in ipairs { "aws", "fleet", "json", "task" } do
      assert.equal(require(name), run(name))
    end
    run "json = 1"
    assert.equal(1, run "json")
  end)

  it("asks for more where an entry is not at its end", function()
    for _, text in ipairs { "for i = 1, 2 do", "f(", "return {", "= 1 +", "x = [[", "--[[ a" } do
      assert.same({ nil, chunks.MORE }, { chunks.compile(text, environment) })
    end
    assert.is_function((chunks.compile("for i = 1, 2 do\nend", environment)))
  end)

  it("tells what is wrong with one that can never end well", function()
    for text, message in pairs {
      ["x = )"] = "repl:1: unexpected symbol near ')'",
      ['x = "a'] = "repl:1: unfinished string near",
      ["end"] = "repl:1: ",
    } do
      local fn, problem = chunks.compile(text, environment)
      assert.is_nil(fn)
      assert.equal(message, problem:sub(1, #message))
    end
  end)

  it("takes an empty entry", function()
    assert.is_nil(run "")
    assert.is_nil(run "-- nothing")
  end)
end)
