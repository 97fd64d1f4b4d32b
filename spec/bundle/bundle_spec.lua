local bundle = require "bundle"
local files = require "bundle.files"
local fixture = require "bundle.fixture"
local json = require "json"
local zip = require "bundle.zip"

local HANDLER = [[
local zoo = require("aws").client("zoo")
return function() return zoo:list_animals() end
]]

local KEEPER = {
  ["functions/keeper/requirements.lua"] = [[return { aws = { zoo = { "ListAnimals" } } }]],
  ["functions/keeper/handler.lua"] = HANDLER,
  ["functions/keeper/lib/cage.lua"] = "return {}",
  ["functions/keeper/data/names.txt"] = "Ida\n",
  ["functions/keeper/spec/handler_spec.lua"] = "this is not Lua",
  ["functions/keeper/events/one.json"] = "{}",
  ["functions/keeper/main.tf"] = "secret",
  ["functions/keeper/.hidden.lua"] = "secret",
}

describe("bundle.build", function()
  local root

  before_each(function()
    root = fixture.folder()
    fixture.lay(root, KEEPER)
    files.must { "mkdir", "-p", root .. "/build", root .. "/output" }
    files.must { "cp", "/bin/true", root .. "/build/bootstrap" }
  end)
  after_each(function() fixture.remove(root) end)

  local function build(name, arch, layer, make)
    local stage = files.must({ "mktemp", "-d", root .. "/output/.stage.XXXXXX" }):gsub("%s+$", "")
    local report, messages = bundle.build {
      root = root,
      name = name or "keeper",
      stage = stage,
      arch = arch,
      layer = layer,
      make = make,
      load = fixture.load,
      partitions = fixture.partitions,
    }
    fixture.remove(stage)
    return report, messages
  end

  local function archive()
    return assert(files.read(root .. "/output/keeper.zip"))
  end

  -- The one line that a build fails with; it must leave no zip.
  local function refusal(name, arch, make)
    local report, messages = build(name, arch, false, make)
    assert.is_nil(report)
    assert.equal(1, #messages)
    assert.is_nil(messages[1]:find("\n"))
    assert.same({}, files.list(root .. "/output"))
    return messages[1]
  end

  it("bundles program, Lua files, their bytecode, data and models, and nothing else", function()
    assert.is_string(build())
    local list = {}
    for i, entry in ipairs(zip.directory(archive())) do
      list[i] = ("%s %o"):format(entry.path, entry.mode % 512)
    end
    assert.same({ "bootstrap 755", "bytecode 644", "data/names.txt 644", "handler.lua 644",
      "lib/cage.lua 644", "models/partitions.lua 644", "models/zoo.lua 644", "requirements.lua 644" }, list)
    assert.same({ "keeper.build.json", "keeper.policy.json", "keeper.zip" }, files.list(root .. "/output"))
  end)

  it("bundles Lua as source, and models that load", function()
    build()
    files.must { "python3", "-m", "zipfile", "-e", root .. "/output/keeper.zip", root .. "/unpacked" }
    assert.equal(HANDLER, files.read(root .. "/unpacked/handler.lua"))
    local model = assert(loadfile(root .. "/unpacked/models/zoo.lua"))()
    assert.equal("botocore 1.2.3", model.source)
    assert.equal("list", model.shapes.AnimalList.type)
    local partitions = assert(loadfile(root .. "/unpacked/models/partitions.lua"))()
    assert.same({ partitions = { { id = "aws", regions = { ["eu-1"] = {} } } } }, partitions)
  end)

  it("writes the same bytes whatever the folder, umask, time zone and locale", function()
    build()
    local first = archive()
    local elsewhere = root .. "/some where/else"
    files.must { "mkdir", "-p", elsewhere }
    files.must { "cp", "-r", root .. "/functions", root .. "/build", elsewhere }
    files.must { "mkdir", "-p", elsewhere .. "/output", elsewhere .. "/stage" }
    files.must { "find", elsewhere, "-type", "f", "-exec", "chmod", "700", "{}", "+" }
    local script = elsewhere .. "/build.lua"
    files.write(script, ([[
      package.path, package.cpath = %q, %q
      local bundle, fixture = require "bundle", require "bundle.fixture"
      assert(bundle.build {
        root = %q, name = "keeper", stage = %q, load = fixture.load, partitions = fixture.partitions,
      })
    ]]):format(package.path, package.cpath, elsewhere, elsewhere .. "/stage"))
    files.must({ "sh", "-c", "umask 077; exec \"$@\"", "sh", unpack(fixture.interpreter(script)) },
      { environment = { "TZ=Pacific/Auckland", "LC_ALL=C.UTF-8", "ZIPOPT=-0" } })
    assert.is_true(first == files.read(elsewhere .. "/output/keeper.zip"))
  end)

  it("writes down what it was built from", function()
    build("keeper")
    local record = json.decode(files.read(root .. "/output/keeper.build.json"))
    assert.equal("handler", record.handler)
    assert.equal(files.must { "uname", "-m" }:match("%S+"):gsub("aarch64", "arm64"), record.architecture)
    local paths = {}
    for path, sum in pairs(record.sources) do
      paths[#paths + 1] = path
      assert.equal(sum, files.must { "sha256sum", root .. "/functions/keeper/" .. path }:match("^%x+"))
    end
    table.sort(paths)
    assert.same({ "data/names.txt", "handler.lua", "lib/cage.lua", "requirements.lua" }, paths)
  end)

  it("puts the program into a layer", function()
    local machine = files.must { "uname", "-m" }:match("%S+"):gsub("aarch64", "arm64")
    assert.is_string(build("keeper", machine, true))
    for _, entry in ipairs(zip.directory(archive())) do assert.not_equal("bootstrap", entry.path) end
    local layer = zip.directory(assert(files.read(("%s/output/runtime-%s.layer.zip"):format(root, machine))))
    assert.same({ "bootstrap", 1, tonumber("755", 8) }, { layer[1].path, #layer, layer[1].mode % 512 })
  end)

  it("reports the sizes by part", function()
    local report = build()
    for _, part in ipairs { "program", "function", "models", "the whole zip" } do
      assert.is_truthy(report:find("\n  " .. part, 1, true))
    end
  end)

  it("keeps the bundle that is there when the next one fails", function()
    build()
    local before = archive()
    files.write(root .. "/functions/keeper/handler.lua", "return function( end")
    assert.is_nil(build())
    assert.is_true(before == archive())
    assert.same({ "keeper.build.json", "keeper.policy.json", "keeper.zip" }, files.list(root .. "/output"))
  end)

  it("proposes the nearest name for an unknown function", function()
    assert.equal('there is no function "keper" in functions/; did you mean "keeper"?', refusal "keper")
    assert.matches("^there is no function", refusal "../functions/keeper")
    assert.matches("^there is no function", refusal "")
  end)

  it("says what is missing or wrong in the function", function()
    files.must { "mv", root .. "/functions/keeper/handler.lua", root .. "/functions/keeper/other.lua" }
    assert.equal("functions/keeper/requirements.lua: handler \"handler\": "
      .. "there is no functions/keeper/handler.lua", refusal())
    files.must { "rm", root .. "/functions/keeper/requirements.lua" }
    assert.matches("^functions/keeper/requirements.lua is missing", refusal())
  end)

  it("finds handlers with a field, in a folder, in an init.lua", function()
    files.must { "rm", root .. "/functions/keeper/handler.lua" }
    for handler, path in pairs {
      ["other.field"] = "other.lua", ["deep/other"] = "deep/other.lua", ["deep.field"] = "deep/init.lua",
    } do
      files.write(root .. "/functions/keeper/requirements.lua", ("return { handler = %q }"):format(handler))
      files.write(root .. "/functions/keeper/" .. path, "return {}")
      assert.is_string(build())
    end
  end)

  it("names file and line of a syntax error in any Lua file", function()
    files.write(root .. "/functions/keeper/lib/cage.lua", "local a = 1\nlocal b = = 2\n")
    assert.matches("^functions/keeper/lib/cage.lua:2: ", refusal())
  end)

  it("refuses bytecode in the place of source", function()
    files.write(root .. "/functions/keeper/lib/cage.lua", string.dump(function() end))
    assert.equal("functions/keeper/lib/cage.lua: is bytecode; a bundle holds Lua as source", refusal())
  end)

  it("refuses undeclared and unknown operations and services", function()
    files.write(root .. "/functions/keeper/requirements.lua", "return { aws = { zoo = { 'ListAnimalz' } } }")
    assert.matches('zoo has no operation "ListAnimalz"; did you mean "ListAnimals"', refusal())
    files.write(root .. "/functions/keeper/requirements.lua", "return { aws = { farm = { 'Plough' } } }")
    assert.matches('unknown service "farm"', refusal())
    files.write(root .. "/functions/keeper/requirements.lua", "return { aws = { zoo = { 'FeedAnimal' } } }")
    assert.matches('handler.lua:2: .*add "ListAnimals" to aws.zoo', refusal())
  end)

  it("has the program made for the processor that it is for", function()
    local wanted
    local function make(arch)
      wanted = arch
      return false
    end
    assert.matches("^the program for arm64 could not be built", refusal("keeper", "arm64", make))
    assert.equal("arm64", wanted)
  end)

  it("brings the time zones along where the function comes to them", function()
    local function has_zones()
      assert.is_string(build())
      for _, entry in ipairs(zip.directory(archive())) do
        if entry.path == "zoneinfo.bin" then return true end
      end
      return false
    end
    files.write(root .. "/build/vendor/share/zoneinfo.bin", "zones")
    assert.is_false(has_zones())
    files.write(root .. "/host/lib/schedule/zone.lua", "return {}")
    files.write(root .. "/host/lib/calendar/init.lua", "return require 'schedule.zone'")
    files.write(root .. "/functions/keeper/lib/cage.lua", "local calendar = require('calendar')")
    assert.is_true(has_zones())
  end)

  it("refuses two files of one name", function()
    files.write(root .. "/functions/keeper/models/zoo.lua", "return {}")
    assert.equal("models/zoo.lua comes from the function and from the models", refusal())
  end)

  it("refuses file names that are not plain ASCII", function()
    files.write(root .. "/functions/keeper/data/käfig.txt", "")
    assert.matches("plain ASCII$", refusal())
  end)

  it("says that the disk will not", function()
    files.must { "rm", "-r", root .. "/build/bootstrap" }
    assert.matches("bootstrap", refusal())
  end)
end)
