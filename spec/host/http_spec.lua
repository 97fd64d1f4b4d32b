local http = require "host.http"
local task = require "task"

describe("host.http", function()
  local server, base

  setup(function()
    server = assert(io.popen("exec python3 spec/host/odd_server.py"))
    base = "http://127.0.0.1:" .. assert(server:read("*l"), "the server did not start")
  end)

  teardown(function()
    http.request { method = "GET", url = base .. "/quit", timeout = 1 }
    server:close()
  end)

  local function get(path, options)
    local request = { method = "GET", url = base .. path, timeout = 10 }
    for name, value in pairs(options or {}) do request[name] = value end
    return http.request(request)
  end

  local function fails(kind, path, options)
    local response, err = get(path, options)
    assert.is_nil(response)
    assert.equal(kind, err.kind, err.message)
    assert.is_truthy(#err.message > 0)
    return err
  end

  it("sends method, headers and body, and nothing of its own that would be signed", function()
    local options = { method = "PUT", body = "b\0dy", headers = { "X-One: 1" } }
    local response = assert(get("/a%2Fb//../c?x=%20", options))
    assert.equal(200, response.status)
    local lines = {}
    for line in response.body:gmatch("[^\n]+") do lines[#lines + 1] = line end
    assert.equal("PUT /a%2Fb//../c?x=%20", lines[1])
    assert.matches("\nX%-One: 1\n", response.body)
    assert.is_nil(response.body:find("Accept:"))
    assert.is_nil(response.body:find("Content%-Type:"))
    assert.is_nil(response.body:find("Expect:"))
    assert.equal("b\0dy", response.body:sub(-4))
  end)

  it("sends an empty body and a HEAD", function()
    assert.matches("Content%-Length: 0", get("/x", { method = "POST", body = "" }).body)
    local head = assert(get("/x", { method = "HEAD" }))
    assert.equal("", head.body)
    assert.is_truthy(tonumber(head.headers["content-length"]) > 0)
  end)

  it("gives header names in lower case and repeated ones as a list", function()
    assert.equal("one, two", get("/repeated").headers["x-twice"])
  end)

  it("keeps the final answer's headers alone", function()
    local response = assert(get("/interim"))
    assert.equal(200, response.status)
    assert.is_nil(response.headers["x-early"])
  end)

  it("joins the chunks of a body", function()
    assert.equal("abcde", get("/chunked").body)
  end)

  it("does not follow a redirect", function()
    local response = assert(get("/redirect"))
    assert.equal(302, response.status)
    assert.equal("/hello", response.headers.location)
  end)

  it("names what the world did wrong", function()
    fails("protocol", "/truncated")
    fails("protocol", "/chunk-cut")
    fails("protocol", "/garbage")
    fails("protocol", "/many-headers")
    fails("connect", "/nothing")
    fails("connect", "", { url = "http://127.0.0.1:1/" })
    fails("resolve", "", { url = "http://no-such-host.invalid/" })
    fails("protocol", "", { url = "gopher://127.0.0.1/" })
    fails("tls", "", { url = base:gsub("http:", "https:") .. "/x" })
  end)

  it("stops a body that is too large, and says the limit", function()
    local err = fails("too_large", "/large", { max_body = 100000 })
    assert.matches("100000 bytes", err.message)
  end)

  it("ends at its timeout", function()
    fails("timeout", "/slow", { timeout = 0.05 })
  end)

  it("runs side by side with others", function()
    local order, tasks = {}, {}
    for _, path in ipairs { "/slow", "/quick" } do
      tasks[#tasks + 1] = task.spawn(function()
        get(path, { timeout = 0.2 })
        order[#order + 1] = path
      end)
    end
    for _, t in ipairs(tasks) do t:join() end
    assert.same({ "/quick", "/slow" }, order)
  end)

  it("works where a coroutine cannot yield", function()
    assert.equal("200", (("x"):gsub("x", function() return tostring(get("/x").status) end)))
  end)

  it("is given up when its task is cancelled", function()
    local t = task.spawn(function() get("/slow") end)
    task.sleep(0.01)
    t:cancel()
    assert.same({ false, "cancelled" }, { t:join() })
    assert.equal(200, get("/x").status)
  end)

  it("serves hundreds at once, and again over kept connections", function()
    for _ = 1, 3 do
      local tasks = {}
      for i = 1, 200 do
        tasks[i] = task.spawn(function()
          local response = assert(get("/n" .. i))
          return response.body:match("^GET /n(%d+)") == tostring(i)
        end)
      end
      for _, t in ipairs(tasks) do assert.same({ true, true }, { t:join() }) end
    end
  end)

  it("tells the caller of its own mistakes", function()
    assert.error_matches(function() get("/x", { headers = { "no colon" } }) end, "Name: value")
    assert.error_matches(function() get("/x", { headers = { "A: b\r\nEvil: c" } }) end, "Name: value")
    assert.error_matches(function() get("/x", { trust = "nobody" }) end, "trust")
    assert.error_matches(function() get("/x", { sink = io.stdout }) end, "sink")
    assert.error_matches(function() get("/x", { timeout = "soon" }) end, "timeout")
    assert.error_matches(function() http.request {} end, "method")
  end)
end)
