local histories = require "repl.history"

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

describe("repl.history", function()
  local folder, environment

  before_each(function()
    folder = output("mktemp -d"):gsub("%s+$", "")
    environment = { XDG_STATE_HOME = folder .. "/a/b" }
  end)
  after_each(function() output("rm -rf " .. folder) end)

  local function open()
    return histories.open(function(name) return environment[name] end)
  end

  it("keeps lines from one time to the next, for its owner alone", function()
    local history, problem = open()
    assert.is_nil(problem)
    assert.same({}, history.lines)
    assert.is_true(history:add "one")
    assert.is_true(history:add "two")
    assert.same({ "one", "two" }, open().lines)
    assert.equal("600 700 700\n", (output(("stat -c %%a %s/a/b/lualambda/history %s/a/b/lualambda %s/a")
      :format(folder, folder, folder)):gsub("\n", " "):gsub(" $", "\n")))
  end)

  it("leaves out what begins with a space, is empty, or comes again at once", function()
    local history = open()
    history:add "one"
    assert.is_false(history:add "one")
    assert.is_false(history:add " secret")
    assert.is_false(history:add "")
    assert.same({ "one" }, open().lines)
    assert.is_false(open():add "one")
  end)

  it("gives the latest thousand, and lets the file grow no longer than twice that", function()
    local history = open()
    for i = 1, 2001 do history:add("line " .. i) end
    local lines = open().lines
    assert.equal(1000, #lines)
    assert.equal("line 1002", lines[1])
    assert.equal("line 2001", lines[1000])
    assert.equal("1000\n", output("wc -l < " .. folder .. "/a/b/lualambda/history"))
  end)

  it("is in the home without XDG_STATE_HOME, or with one that is no absolute path", function()
    environment = { HOME = folder }
    assert.equal(folder .. "/.local/state/lualambda/history", open().path)
    environment = { HOME = folder, XDG_STATE_HOME = "state" }
    assert.equal(folder .. "/.local/state/lualambda/history", open().path)
  end)

  it("says why it cannot be kept, and takes lines all the same", function()
    environment = {}
    local history, problem = open()
    assert.equal("neither XDG_STATE_HOME nor HOME is set", problem)
    assert.is_true(history:add "one")
    environment = { XDG_STATE_HOME = "/dev/null" }
    assert.matches("^/dev/null/lualambda: ", select(2, open()))
  end)
end)
