local check = require "bundle.check"
local fixture = require "bundle.fixture"

local SHOWN = "functions/keeper/requirements.lua"

-- What `calls` says of one file, with the zoo's operations that are declared.
local function complaints(source, declared)
  local models = check.models(declared, fixture.load, SHOWN)
  local entries = { { path = "handler.lua", shown = "functions/keeper/handler.lua", bytes = source } }
  return check.calls(entries, declared, models, SHOWN)
end

local function complaint(source, declared)
  local messages = complaints(source, declared)
  assert.equal(1, #messages)
  return messages[1]
end

local LIST = { zoo = { "ListAnimals" } }
local ZOO = 'local zoo = require("aws").client("zoo")\n'

describe("bundle.check.models", function()
  it("loads the models of the declared services", function()
    local models, messages = check.models(LIST, fixture.load, SHOWN)
    assert.same({}, messages)
    assert.equal("Zoo", models.zoo.metadata.serviceId)
  end)

  it("names every unknown service and operation, and the nearest one", function()
    local declared = { farm = { "Plough" }, zoo = { "ListAnimal", "X" } }
    local _, messages = check.models(declared, fixture.load, SHOWN)
    assert.same({
      SHOWN .. ': unknown service "farm"',
      SHOWN .. ': zoo has no operation "ListAnimal"; did you mean "ListAnimals"?',
      SHOWN .. ': zoo has no operation "X"',
    }, messages)
  end)
end)

describe("bundle.check.calls", function()
  it("is content with what is declared", function()
    assert.same({}, complaints(ZOO .. [[
      zoo:list_animals()
      for _ in zoo:each("list_animals") do end
      zoo:pages("list_animals", {})
      zoo:wait("animal_present")
      zoo:pages(name)
    ]], LIST))
  end)

  it("names the line to add for an operation that is not declared", function()
    assert.equal("functions/keeper/handler.lua:2: zoo:feed_animal calls an operation that is not declared: "
      .. 'add "FeedAnimal" to aws.zoo in ' .. SHOWN,
      complaint(ZOO .. "zoo:feed_animal { Food = 'hay' }", LIST))
  end)

  it("looks into each, pages and wait", function()
    local nothing = { zoo = {} }
    assert.matches('each calls.*add "ListAnimals"', complaint(ZOO .. "zoo:each('list_animals')", nothing))
    assert.matches('pages calls.*add "ListAnimals"', complaint(ZOO .. "zoo:pages('list_animals')", nothing))
    assert.matches('wait calls.*add "FeedAnimal"', complaint(ZOO .. "zoo:wait 'animal_fed'", LIST))
  end)

  it("proposes the nearest operation or waiter for one that does not exist", function()
    assert.matches(':2: zoo has no operation "list_animal"; did you mean "list_animals"%?',
      complaint(ZOO .. "zoo:list_animal()", LIST))
    assert.matches(':2: zoo has no waiter "animal_presnt"; did you mean "animal_present"%?',
      complaint(ZOO .. "zoo:wait('animal_presnt')", LIST))
  end)

  it("names the line to add for a service that is not declared", function()
    assert.equal('functions/keeper/handler.lua:1: service "zoo" is not declared: '
      .. "add zoo = { … } to aws in " .. SHOWN, complaint(ZOO .. "zoo:list_animals()", {}))
    assert.matches('add %["zoo%-data"%] = { … } to aws', complaint('require("aws").client("zoo-data")', {}))
  end)

  it("sees an operation on a client that was handed in", function()
    local source = "return function(zoo, event) zoo:list_animals() self.zoo:feed_animal(event) end"
    assert.matches("zoo:feed_animal calls an operation that is not declared", complaint(source, LIST))
    assert.matches("each calls", complaint("return function(zoo) zoo:each('list_animals') end", { zoo = {} }))
  end)

  it("lets ordinary methods be", function()
    assert.same({}, complaints([[
      local M = { close_zoo = function() end }
      local text = ("x"):rep(3)
      M:close_zoo()
      keeper:walk() keeper:each("animal") keeper:wait(3) keeper:pages()
      io.open("x"):read("*a")
      return text
    ]], LIST))
  end)

  it("passes over files that are not Lua", function()
    local models = check.models(LIST, fixture.load, SHOWN)
    local entries = { { path = "data/x.txt", shown = "x", bytes = ZOO .. "zoo:feed_animal()" } }
    assert.same({}, check.calls(entries, LIST, models, SHOWN))
  end)

  it("reports every line, in the order of the files", function()
    local messages = complaints(ZOO .. "zoo:feed_animal()\nzoo:close_zoo()", LIST)
    assert.equal(2, #messages)
    assert.matches(":2: ", messages[1])
    assert.matches(":3: ", messages[2])
  end)
end)
