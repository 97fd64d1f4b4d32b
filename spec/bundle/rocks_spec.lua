local ffi = require "ffi"
local files = require "bundle.files"
local fixture = require "bundle.fixture"
local rocks = require "bundle.rocks"

ffi.cdef "int setenv(const char *name, const char *value, int overwrite);"

-- A LuaRocks that knows one rock, `hello`, and depends on a file for what that is.
local LUAROCKS = [[#!/bin/sh
[ "$1" = --version ] && exit 0
tree=$4 state=%s
case $5 in
  install)
    grep 'dependencies = { "hello' bundle-1-1.rockspec >> $state/asked || {
      echo "Warning: Failed downloading the manifest"; echo; echo "Error: Could not satisfy it"; exit 1; }
    mkdir -p $tree/share/lua/5.1 && cp -r $state/rock/. $tree/ ;;
  list) printf 'hello\t1.2-1\tinstalled\t%%s/lib\nother\t3-1\tinstalled\t/elsewhere\n' "$tree" ;;
esac
]]

describe("bundle.rocks", function()
  local folder, path

  before_each(function()
    folder, path = fixture.folder(), os.getenv("PATH")
    fixture.lay(folder, {
      ["bin/luarocks"] = LUAROCKS:format(folder),
      ["rock/share/lua/5.1/hello.lua"] = "return 1",
      ["rock/share/lua/5.1/hello/more.lua"] = "return 2",
    })
    files.must { "chmod", "755", folder .. "/bin/luarocks" }
    ffi.C.setenv("PATH", folder .. "/bin:" .. path, 1)
  end)
  after_each(function()
    ffi.C.setenv("PATH", path, 1)
    fixture.remove(folder)
  end)

  local function entries(...)
    local stage = folder .. "/stage"
    files.must { "rm", "-rf", stage }
    local lock, cache = folder .. "/rocks.lock", folder .. "/cache"
    return rocks.entries({ ... }, { lock = lock, cache = cache, stage = stage })
  end

  -- The dependencies of each installation so far.
  local function asked()
    local list = {}
    for line in (files.read(folder .. "/asked") or ""):gmatch("[^\n]+") do
      list[#list + 1] = line:match("{ (.*) }")
    end
    return list
  end

  local function change_lock(from, to)
    files.write(folder .. "/rocks.lock", (files.read(folder .. "/rocks.lock"):gsub(from, to)))
  end

  it("asks nobody when no rocks are declared", function()
    assert.same({}, entries())
    assert.same({}, asked())
  end)

  it("gives the modules, and writes the lock", function()
    local list = assert(entries("hello ~> 1"))
    assert.equal("rocks/hello.lua", list[1].path)
    assert.equal("return 1", list[1].bytes)
    assert.equal("rocks/hello/more.lua", list[2].path)
    assert.is_nil(list[3])
    local lock = files.read(folder .. "/rocks.lock")
    assert.matches("^wanted hello ~> 1\nrock hello 1.2%-1\nsha256 %x+\n$", lock)
  end)

  it("installs once, and takes the locked version from then on", function()
    assert(entries("hello ~> 1"))
    assert(entries("hello ~> 1"))
    files.must { "rm", "-r", folder .. "/cache" }
    assert(entries("hello ~> 1"))
    assert.same({ '"hello ~> 1"', '"hello == 1.2-1"' }, asked())
  end)

  it("resolves anew when something else is asked for", function()
    assert(entries("hello ~> 1", "hello > 1.1"))
    assert(entries("hello > 1.1"))
    assert.same({ '"hello ~> 1", "hello > 1.1"', '"hello > 1.1"' }, asked())
    assert.matches("^wanted hello > 1.1\nrock ", files.read(folder .. "/rocks.lock"))
  end)

  it("refuses files that are not those of the lock", function()
    assert(entries("hello ~> 1"))
    change_lock("sha256 %x+", "sha256 " .. ("0"):rep(64))
    local none, message = entries("hello ~> 1")
    assert.is_nil(none)
    assert.matches("^rocks: the files have SHA%-256 %x+, but rocks.lock has 0000", message)
  end)

  it("refuses C modules", function()
    files.write(folder .. "/rock/lib/lua/5.1/fast.so", "\127ELF")
    local _, message = entries("hello ~> 1")
    assert.equal("rocks: fast.so is a C module; a bundle takes pure-Lua rocks alone", message)
    assert.is_nil(files.read(folder .. "/rocks.lock"))
  end)

  it("says in one line what LuaRocks could not do", function()
    local _, message = entries("nothing")
    assert.equal("rocks: Could not satisfy it (a rocks server could not be reached)", message)
  end)

  it("says how to install LuaRocks", function()
    ffi.C.setenv("PATH", folder .. "/nowhere:/usr/bin:/bin", 1)
    files.write(folder .. "/nowhere/luarocks", "#!/bin/sh\nexit 127\n")
    files.must { "chmod", "755", folder .. "/nowhere/luarocks" }
    local _, message = entries("hello")
    assert.matches("LuaRocks is not installed", message)
  end)
end)
