local json = require "json"
local log = require "lambda.log"
local task = require "task"

describe("a log", function()
  local lines

  before_each(function() lines = {} end)
  after_each(function() task.locals().context = nil end)

  local function new(format, level)
    return log.new {
      format = format,
      level = level,
      now = function() return 1795514400.25 end,
      write = function(line, kind, of_level) lines[#lines + 1] = { line, kind, of_level } end,
    }
  end

  it("writes JSON, the standard fields first", function()
    new("JSON").info("hello", { b = 2, a = "x" })
    assert.equal('{"timestamp":"2026-11-24T10:00:00.250Z","level":"INFO","message":"hello","a":"x","b":2}',
      lines[1][1])
    assert.same({ "JSON", "INFO" }, { lines[1][2], lines[1][3] })
  end)

  it("writes JSON where no format is asked for", function()
    new(nil).warn("x")
    assert.equal("WARN", json.decode(lines[1][1]).level)
  end)

  it("names the invocation and its tenant", function()
    task.locals().context = { request_id = "r-1", tenant_id = "blue" }
    new("JSON").error("x")
    local line = json.decode(lines[1][1])
    assert.same({ "r-1", "blue" }, { line.requestId, line.tenantId })
    new("Text").error("x")
    assert.equal("2026-11-24T10:00:00.250Z\tr-1\tERROR\tx", lines[2][1])
  end)

  it("writes text in one line, the fields behind it", function()
    new("Text").info("two\nlines", { n = 1 })
    assert.equal('2026-11-24T10:00:00.250Z\t-\tINFO\ttwo\rlines\t{"n":1}', lines[1][1])
  end)

  it("loses no field, and no standard field", function()
    new("JSON").info("right", { message = "mine", level = "mine", [1] = "one" })
    local line = json.decode(lines[1][1])
    assert.same({ "right", "INFO", "mine", "mine" }, { line.message, line.level, line.message_, line.level_ })
  end)

  it("shows what JSON cannot hold as what it prints", function()
    local loop = setmetatable({}, { __tostring = function() return "a loop" end })
    loop.loop = loop
    new("JSON").info(nil, { f = print, nan = 0 / 0, loop = loop, null = json.null })
    local line = json.decode(lines[1][1])
    assert.equal("nil", line.message)
    assert.matches("^function", line.f)
    assert.equal("nan", (line.nan:gsub("-", "")))
    assert.equal("a loop", line.loop)
    assert.equal(json.null, line.null)
  end)

  it("keeps to its level, whatever its case, and to INFO where it knows none", function()
    local counts = { TRACE = 6, debug = 5, Info = 4, WARN = 3, error = 2, FATAL = 1, nonsense = 4 }
    for level, count in pairs(counts) do
      lines = {}
      local l = new("JSON", level)
      for _, name in ipairs { "trace", "debug", "info", "warn", "error", "fatal" } do l[name]("x") end
      assert.equal(count, #lines, level)
    end
  end)

  it("prints as a line of its own", function()
    new("JSON").print("a", nil, 1)
    assert.equal("a\tnil\t1", json.decode(lines[1][1]).message)
    new("Text").print("a", nil, 1)
    assert.same({ "a\tnil\t1", "TEXT" }, lines[2])
    new("Text").print()
    assert.same({ "", "TEXT" }, lines[3])
  end)
end)
