local fixture = require "bundle.fixture"
local models = require "aws.model"
local prune = require "bundle.prune"
local serialize = require "bundle.serialize"

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

describe("bundle.prune", function()
  it("keeps exactly the shapes that the declared operations reach", function()
    local model = prune.model(fixture.zoo(), { "ListAnimals" })
    assert.same({
      "Animal", "AnimalList", "ClosedException", "ListAnimalsRequest", "ListAnimalsResponse", "Reason",
      "String", "TagKey", "TagMap",
    }, sorted_keys(model.shapes))
    assert.same({ "ListAnimals" }, sorted_keys(model.operations))
    local other = prune.model(fixture.zoo(), { "FeedAnimal" })
    assert.same({ "FeedAnimalRequest", "Food" }, sorted_keys(other.shapes))
    assert.same({}, prune.model(fixture.zoo(), { "CloseZoo" }).shapes)
    assert.same({}, prune.model(fixture.zoo(), {}).operations)
  end)

  it("keeps paginators and waiters of those operations alone", function()
    local list = prune.model(fixture.zoo(), { "ListAnimals" })
    assert.same({ "ListAnimals" }, sorted_keys(list.paginators))
    assert.same({ "AnimalPresent" }, sorted_keys(list.waiters))
    assert.equal("NextToken", list.paginators.ListAnimals.input_token)
    local close = prune.model(fixture.zoo(), { "CloseZoo" })
    assert.is_nil(close.paginators)
    assert.is_nil(close.waiters)
  end)

  it("says which operations it left out, and where the model is from", function()
    local model = prune.model(fixture.zoo(), { "ListAnimals" })
    assert.equal("CloseZoo FeedAnimal", model.undeclared)
    assert.equal("botocore 1.2.3", model.source)
    assert.equal("Zoo", model.metadata.serviceId)
  end)

  it("drops what only documents, but no member of such a name", function()
    local model = prune.model(fixture.zoo(), { "ListAnimals", "FeedAnimal" })
    assert.is_nil(model.documentation)
    assert.is_nil(model.operations.ListAnimals.documentation)
    assert.is_nil(model.shapes.AnimalList.member.documentation)
    assert.is_nil(model.shapes.Food.sensitive)
    assert.same({ shape = "String" }, model.shapes.Animal.members.documentation)
  end)

  it("keeps what checks parameters and steers the protocols", function()
    local model = prune.model(fixture.zoo(), { "ListAnimals" })
    assert.same({ type = "string", min = 1, max = 128 }, model.shapes.TagKey)
    assert.same({ "Animals" }, model.shapes.ListAnimalsResponse.required)
    assert.equal("animals", model.shapes.ListAnimalsResponse.members.Animals.locationName)
    assert.is_true(model.shapes.ClosedException.exception)
    assert.same({ method = "POST", requestUri = "/" }, model.operations.ListAnimals.http)
  end)

  it("keeps the endpoint rules as far as the operations can meet them", function()
    local rules = prune.model(fixture.zoo(), { "ListAnimals" }).endpoint_rules
    assert.equal("AWS::Region", rules.parameters.Region.builtIn)
    assert.is_nil(rules.parameters.Region.documentation)
    assert.same({ url = "https://zoo.{Region}.example" }, rules.rules[1].endpoint)
    assert.is_nil(rules.rules[2])
  end)

  it("keeps the partitions, without their descriptions", function()
    local whole = fixture.partitions()
    assert.same({ partitions = { { id = "aws", regions = { ["eu-1"] = {} } } } }, prune.partitions(whole))
    assert.same(fixture.partitions(), whole)
  end)

  it("keeps three operations of EC2 within 60 kB, even before they are packed", function()
    local model = prune.model(assert(models.load "ec2"),
      { "DescribeInstances", "StartInstances", "StopInstances" })
    assert.is_true(#serialize.bytecode(model) < 60 * 1024)
  end)

  it("leaves the whole model as it was", function()
    local whole = fixture.zoo()
    local model = prune.model(whole, { "ListAnimals" })
    model.shapes.Animal.members.tags.shape = "changed"
    model.metadata.protocol = "changed"
    assert.same(fixture.zoo(), whole)
  end)
end)
