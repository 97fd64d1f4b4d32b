local host = require "host"
local program = require "program"

-- Runs the program with a script; its output, standard error included, and its exit status.
local function run(script, arguments)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(script)
  file:close()
  local command = ("%s run %s %s 2>&1; echo $?"):format(program, path, arguments or "")
  local pipe = assert(io.popen(command))
  local output = pipe:read("*a")
  pipe:close()
  os.remove(path)
  local text, status = output:match("^(.-)(%d+)\n$")
  return text, tonumber(status), path
end

local function call(arguments)
  local pipe = assert(io.popen(("%s %s 2>&1; echo $?"):format(program, arguments)))
  local output = pipe:read("*a")
  pipe:close()
  local text, status = output:match("^(.-)(%d+)\n$")
  return text, tonumber(status)
end

describe("bootstrap run", function()
  it("hands on its arguments as stock Lua does", function()
    local text, status, path = run("print(#arg, arg[0], arg[1], arg[2], arg[-1], ...)", "a 'b c'")
    assert.equal(("2\t%s\ta\tb c\trun\ta\tb c\n"):format(path), text)
    assert.equal(0, status)
  end)

  it("ends with the status of os.exit", function()
    assert.equal(7, select(2, run("os.exit(7)")))
    assert.equal(0, select(2, run("os.exit(true)")))
  end)

  it("ends with 1 and a traceback on an error", function()
    local text, status, path = run("local function deep() error('boom') end\ndeep()")
    assert.equal(1, status)
    assert.is_truthy(text:find("boom", 1, true))
    assert.matches("stack traceback", text)
    assert.is_truthy(text:find(path .. ":2", 1, true))
  end)

  it("describes an error that is a table by its __tostring", function()
    local text, status = run("error(setmetatable({}, { __tostring = function() return 'I say so' end }))")
    assert.equal(1, status)
    assert.matches("I say so", text)
  end)

  it("finds modules in package.preload first, then in its own library", function()
    local text = run [[
      package.preload.json = function(name) return "preloaded " .. name end
      print(require "json", type(require "task"))
    ]]
    assert.equal("preloaded json\ttable\n", text)
  end)

  it("says where it has looked for a module", function()
    local text = run "require 'no.such'"
    assert.is_truthy(text:find("no module 'no.such' in the standard library", 1, true))
    assert.is_truthy(text:find("no file './no/such.lua'", 1, true))
  end)

  it("ends with 1 on a syntax error and on a file that is missing", function()
    local text, status = run("x = = 1")
    assert.equal(1, status)
    assert.matches(":1:.*near", text)
    text, status = call("run /no/such/file.lua")
    assert.equal(1, status)
    assert.matches("/no/such/file.lua", text)
  end)

  it("reports the error of a task that nobody joined", function()
    local text, status = run([[
      local task = require "task"
      task.spawn(function() error("unheard") end)
      task.sleep(0.01)]])
    assert.equal(1, status)
    assert.matches("unheard", text)
  end)

  it("waits at the top of a file, and reads one from its input", function()
    local script = "require('task').sleep(0.001) print(1 + 1)"
    local pipe = assert(io.popen(('echo "%s" | %s run -'):format(script, program)))
    assert.equal("2\n", pipe:read("*a"))
    pipe:close()
  end)

  it("finds the system's modules, those in C among them", function()
    local text, status = run("print(require('lfs').currentdir() ~= nil, require('cjson') ~= nil)")
    assert.equal("true\ttrue\n", text)
    assert.equal(0, status)
  end)
end)

describe("bootstrap", function()
  it("tells its version and its usage", function()
    local text, status = call("--version")
    assert.equal("lualambda " .. host.version .. "\n", text)
    assert.equal(0, status)
    text, status = call("--help")
    assert.matches("^usage: bootstrap run FILE", text)
    assert.equal(0, status)
  end)

  it("ends with 2 on a call that it does not know", function()
    for _, arguments in ipairs { "", "run", "walk x", "--help me" } do
      local text, status = call(arguments)
      assert.equal(2, status, arguments)
      assert.matches("^usage:", text)
    end
  end)
end)
