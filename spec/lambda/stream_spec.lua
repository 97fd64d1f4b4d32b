local json = require "json"
local stream = require "lambda.stream"

describe("a stream", function()
  local sent

  local connection = {
    stream = function(_, id, content_type) sent = { id = id, type = content_type } end,
    send = function(_, text) sent[#sent + 1] = text return true end,
    finish = function(_, failure) sent.finished = failure or true return 202 end,
  }

  local function start(options) return stream.start(connection, "r-1", options) end

  it("is plain bytes unless more is asked for", function()
    assert.is_true(start():write("a\0b"))
    assert.same({ id = "r-1", type = "application/octet-stream", "a\0b" }, sent)
    start { content_type = "text/plain" }
    assert.same({ id = "r-1", type = "text/plain" }, sent)
  end)

  it("begins with status, headers and cookies for a function URL", function()
    start { status = 404, cookies = { "a=1" }, content_type = "text/html", headers = { ["x-y"] = "z" } }
    local text, rest = sent[1]:match("^(.-)(%z+)$")
    assert.equal(8, #rest)
    assert.same({
      statusCode = 404,
      cookies = { "a=1" },
      headers = { ["x-y"] = "z", ["content-type"] = "text/html" },
    }, json.decode(text))
    start { headers = {} }
    assert.same({ statusCode = 200, headers = {} }, json.decode((sent[1]:gsub("%z", ""))))
    assert.matches('"headers":{}', sent[1])
    start { status = 200, cookies = {} }
    assert.matches('"cookies":%[%]', sent[1])
  end)

  it("takes nothing after its end", function()
    local out = start()
    assert.equal(202, out:finish())
    assert.same({ n = 2, nil, "the stream has ended" }, { n = 2, out:write("late") })
    assert.is_nil(sent[1])
  end)

  it("tells the caller of its own mistakes", function()
    assert.error_matches(function() start():write(5) end, "text: expected a string")
    assert.error_matches(function() start("text/plain") end, "options: expected a table")
    assert.error_matches(function() start { content_type = "a\r\nEvil: b" } end, "content_type")
    assert.error_matches(function() start { headers = { x = print } } end, "headers")
  end)
end)
