local failure = require "lambda.failure"
local json = require "json"

describe("a failure", function()
  it("has the frames of its traceback, innermost first", function()
    local described = failure.describe("handler.lua:3: boom", table.concat({
      "", "stack traceback:", "\t[C]: in function 'error'", "\thandler.lua:3: in function 'inner'",
      "\thandler.lua:7: in function <handler.lua:6>",
    }, "\n"))
    assert.same({
      errorMessage = "handler.lua:3: boom",
      errorType = "Error",
      stackTrace = {
        "[C]: in function 'error'", "handler.lua:3: in function 'inner'",
        "handler.lua:7: in function <handler.lua:6>",
      },
    }, described)
  end)

  it("takes its type from the raised table, in characters that a header can hold", function()
    assert.equal("Validation", failure.describe({ type = "Validation" }).errorType)
    assert.equal("AccessDenied", failure.describe({ code = "AccessDenied" }).errorType)
    assert.equal("a__b", failure.describe({ type = "a\r\nb" }).errorType)
  end)

  it("describes what is neither string nor table, and what prints itself", function()
    assert.equal("nil", failure.describe(nil).errorMessage)
    assert.equal("7", failure.describe(7).errorMessage)
    local printable = setmetatable({}, { __tostring = function() return "I say so" end })
    assert.equal("I say so", failure.describe(printable).errorMessage)
  end)

  it("has a stack trace that is an array, also an empty one", function()
    assert.equal('[]', json.encode(failure.describe("x").stackTrace))
  end)

  it("says more of a table without words than its address", function()
    assert.equal('{"n":1}', failure.describe({ n = 1 }).errorMessage)
    assert.equal("plain", failure.describe({ message = "plain", n = 1 }).errorMessage)
  end)

  it("keeps a message within bounds", function()
    assert.is_true(#failure.describe(("x"):rep(1e6)).errorMessage < 300000)
  end)

  it("carries its causes, each with the place where it was made", function()
    local root = failure.new("Root", "first")
    local report = failure.describe(failure.new("Top", "last", { message = "middle", cause = root }))
    assert.equal("middle", report.cause.errorMessage)
    assert.equal("Root", report.cause.cause.errorType)
    assert.matches("failure_spec.lua:", report.cause.cause.stackTrace[1])
    assert.is_nil(report.cause.cause.cause)
    assert.equal("a string", failure.describe({ cause = "a string" }).cause.errorMessage)
  end)

  it("may cause itself", function()
    local round = { message = "round" }
    round.cause = round
    assert.is_string(failure.encode(failure.describe(round)).text)
  end)
end)

describe("a failure's cause for X-Ray", function()
  local function cause_of(message, traceback)
    return failure.encode(failure.describe(message, traceback), "/var/task").cause
  end

  it("has the documented form", function()
    assert.same({
      working_directory = "/var/task",
      paths = { "handler.lua" },
      exceptions = {
        {
          type = "Error",
          message = "boom",
          stack = {
            { path = "", line = 0, label = "[C]: in function 'error'" },
            { path = "handler.lua", line = 3, label = "function 'inner'" },
            { path = "handler.lua", line = 7, label = "function <handler.lua:6>" },
          },
        },
      },
    }, json.decode(cause_of("boom", "\t[C]: in function 'error'\n\thandler.lua:3: in function 'inner'\n"
      .. "\thandler.lua:7: in function <handler.lua:6>")))
  end)

  it("is printable ASCII, and the same text for who decodes it", function()
    for _, text in ipairs { "é", "€", "😀", "\r\n\0\127", "a\"\\b" } do
      local cause = cause_of(text)
      assert.is_nil(cause:find("[^\32-\126]"), text)
      local decoded = json.decode(cause).exceptions[1].message
      assert.equal((text:gsub("\127", "?")), (decoded:gsub("\127", "?")))
    end
  end)

  it("lives with what is no UTF-8", function()
    local broken = { "\255", "\195", "\195(", "\226\130", "\240\159\152", "\128\128", "\194\128\128" }
    for _, text in ipairs(broken) do
      assert.is_table(json.decode(cause_of(text)), text)
    end
  end)

  it("is left out where no header could hold it", function()
    assert.is_nil(cause_of(("\1"):rep(250000)))
  end)
end)
