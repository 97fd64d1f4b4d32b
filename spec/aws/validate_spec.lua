local json = require "json"
local things = require "aws.things"
local validate = require "aws.validate"

-- A model whose one operation takes members given as name → shape.
local function taking(shapes, members, input)
  local refs = {}
  for name, shape in pairs(members) do refs[name] = { shape = shape } end
  shapes.Input = input or {}
  shapes.Input.type, shapes.Input.members = "structure", refs
  return { operations = { Do = { input = { shape = "Input" } } }, shapes = shapes }
end

local function problems_of(shape, value, more)
  local shapes = more or {}
  shapes.S = shape
  return validate.problems(taking(shapes, { Value = "S" }), "Do", { Value = value })
end

describe("aws.validate", function()
  it("takes parameters that fit", function()
    assert.same({}, validate.problems(things.model(), "DescribeThings", {
      ThingIds = { "a", "b" },
      Filters = { { Name = "tag-key", Values = { "x" } }, {} },
      MaxResults = 5,
    }))
    assert.same({}, validate.problems(things.model(), "DescribeThings", {}))
    assert.same({}, validate.problems(things.model(), "AskThing", {}))
  end)

  it("lists everything at once, each with its path", function()
    assert.same({
      "Filters[2].Values: expected a list, got a string",
      'Filters[3].Nmae: unknown member; did you mean "Name"?',
      "MaxResults: expected at least 5, got 4",
      'ThingId: unknown member; did you mean "ThingIds"?',
      "ThingIds[2]: expected a string, got a number",
    }, validate.problems(things.model(), "DescribeThings", {
      Filters = { {}, { Values = "x" }, { Nmae = "n" } },
      MaxResults = 4,
      ThingId = "a",
      ThingIds = { "a", 7 },
    }))
  end)

  it("misses what is required, but no idempotency token", function()
    assert.same({ "Name: missing, but required" }, validate.problems(things.model(), "MakeThing", {}))
    assert.same({ "Name: missing, but required" },
      validate.problems(things.model(), "MakeThing", { Name = json.null }))
  end)

  it("takes JSON's null for a member that is not given", function()
    assert.same({}, validate.problems(things.model(), "DescribeThings", { NextToken = json.null }))
  end)

  it("wants a table of parameters, and none where there are none", function()
    assert.same({ "expected a table of parameters, got a string" },
      validate.problems(things.model(), "DescribeThings", "x"))
    assert.same({ "X: unknown member; the operation takes none" },
      validate.problems(things.model(), "AskThing", { X = 1 }))
  end)

  describe("a structure", function()
    it("is no list and no scalar", function()
      local thing = { type = "structure", members = {} }
      assert.same({ "Value: expected a table of members, got a list" }, problems_of(thing, { 1 }))
      assert.same({ "Value: expected a table of members, got a boolean" }, problems_of(thing, true))
      assert.same({}, problems_of(thing, {}))
    end)

    it("that is a union has exactly one member", function()
      local text = { T = { type = "string" } }
      local union = {
        type = "structure", union = true, members = { A = { shape = "T" }, B = { shape = "T" } },
      }
      assert.same({}, problems_of(union, { A = "x" }, text))
      assert.same({ "Value: expected exactly one member, got 0" }, problems_of(union, {}, text))
      assert.same({ "Value: expected exactly one member, got 2" },
        problems_of(union, { A = "x", B = "y" }, text))
      assert.same({}, problems_of(union, { A = "x", B = json.null }, text))
    end)
  end)

  describe("a list", function()
    local texts = { T = { type = "string" } }
    local list = { type = "list", member = { shape = "T" }, min = 1, max = 2 }

    it("has bounds and no holes", function()
      assert.same({}, problems_of(list, { "a" }, texts))
      assert.same({ "Value: expected at least 1 elements, got 0" }, problems_of(list, {}, texts))
      assert.same({ "Value: expected at most 2 elements, got 3" },
        problems_of(list, { "a", "b", "c" }, texts))
      assert.same({ "Value: expected a list, got a table" }, problems_of(list, { a = "b" }, texts))
      assert.same({ "Value: expected a list, got a table" }, problems_of(list, { [3] = "b" }, texts))
    end)

    it("holds nulls where it is sparse", function()
      assert.same({ "Value[1]: expected a string, got null" }, problems_of(list, { json.null }, texts))
      local sparse = { type = "list", sparse = true, member = { shape = "T" } }
      assert.same({}, problems_of(sparse, { json.null, "a" }, texts))
    end)
  end)

  it("checks a map's keys and values", function()
    local shapes = { K = { type = "string", min = 2 }, V = { type = "integer" } }
    local map = { type = "map", key = { shape = "K" }, value = { shape = "V" }, max = 2 }
    assert.same({}, problems_of(map, { ab = 1 }, shapes))
    assert.same({
      'Value (the key "a"): expected at least 2 characters, got 1',
      'Value["a"]: expected a whole number, got a string',
    }, problems_of(map, { a = "x" }, shapes))
    assert.same({ "Value: expected a map, got a list" }, problems_of(map, { 1, 2 }, shapes))
    assert.same({ "Value: expected at most 2 entries, got 3" },
      problems_of(map, { aa = 1, bb = 2, cc = 3 }, shapes))
  end)

  it("counts a string's characters, and a blob's bytes", function()
    assert.same({}, problems_of({ type = "string", max = 2 }, "äö"))
    assert.same({ "Value: expected at most 2 bytes, got 4" }, problems_of({ type = "blob", max = 2 }, "äö"))
    assert.same({ "Value: expected a string of bytes, got a table" }, problems_of({ type = "blob" }, {}))
  end)

  it("knows whole numbers from others", function()
    assert.same({}, problems_of({ type = "long" }, 2 ^ 53))
    for _, value in ipairs { 1.5, 0 / 0, math.huge } do
      assert.same({ "Value: expected a whole number, got a fraction" },
        problems_of({ type = "integer" }, value))
    end
    assert.same({}, problems_of({ type = "double" }, math.huge))
    assert.same({ "Value: expected at most 1, got 1.5" }, problems_of({ type = "float", max = 1 }, 1.5))
    assert.same({ "Value: expected a number, got a string" }, problems_of({ type = "float" }, "1"))
  end)

  it("takes times as seconds or as text, and booleans as such", function()
    assert.same({}, problems_of({ type = "timestamp" }, 1600000000.5))
    assert.same({}, problems_of({ type = "timestamp" }, "2026-11-24T10:00:00Z"))
    assert.equal(1, #problems_of({ type = "timestamp" }, "soon"))
    assert.equal(1, #problems_of({ type = "timestamp" }, math.huge))
    assert.same({ "Value: expected a boolean, got a string" }, problems_of({ type = "boolean" }, "true"))
  end)

  it("leaves documents alone", function()
    assert.same({}, problems_of({ type = "structure", document = true, members = {} }, { any = { 1, "x" } }))
  end)

  it("shows no value", function()
    local shapes = { T = { type = "string", max = 3 } }
    local problems = problems_of({ type = "structure", members = { A = { shape = "T" } } },
      { A = "hunter2-secret" }, shapes)
    assert.same({ "Value.A: expected at most 3 characters, got 14" }, problems)
  end)
end)
