local fixture = require "bundle.fixture"
local models = require "aws.model"
local protocol = require "aws.protocol"
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
    assert.equal(require("aws.model").FORM, model.form)
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

  it("keeps three operations of EC2 within 40 kB, even before they are packed", function()
    local model = prune.model(assert(models.load "ec2"),
      { "DescribeInstances", "StartInstances", "StopInstances" })
    assert.is_true(#serialize.bytecode(model) < 40 * 1024)
  end)

  describe("of a service that answers in XML", function()
    local function decoded(model, operation, body)
      return protocol.decode(model, operation, { status = 200, headers = {}, body = body })
    end

    local function same(whole, operation, body)
      local model = prune.model(whole, { operation })
      local output = assert(decoded(whole, operation, body))
      assert.same(output, decoded(model, operation, body))
      return output, model
    end

    it("writes the shapes of answers, and leaves them out", function()
      local output, model = same(assert(models.load "ec2"), "DescribeInstances", [[<DescribeInstancesResponse>
        <reservationSet><item><reservationId>r-1</reservationId><instancesSet><item>
        <amiLaunchIndex>0</amiLaunchIndex><launchTime>2026-11-24T10:00:00.000Z</launchTime>
        </item></instancesSet></item></reservationSet><nextToken>more</nextToken>
        </DescribeInstancesResponse>]])
      assert.equal(0, output.Reservations[1].Instances[1].AmiLaunchIndex)
      assert.equal("more", output.NextToken)
      assert.is_nil(model.shapes.Reservation)
      assert.is_truthy(model.shapes.Filter)
    end)

    it("does so within the element that wraps them", function()
      local output = same(assert(models.load "sts"), "GetCallerIdentity", [[<GetCallerIdentityResponse>
        <GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>
        </GetCallerIdentityResponse>]])
      assert.same({ Account = "123456789012" }, output)
    end)

    it("keeps the name of an only scalar", function()
      local zoo = fixture.zoo()
      zoo.metadata.protocol = "ec2"
      zoo.shapes.ListAnimalsResponse.members.Animals = nil
      assert.same({ NextToken = "more" }, (same(zoo, "ListAnimals", "<NextToken>more</NextToken>")))
    end)

    it("keeps an output that is an input, too", function()
      local zoo = fixture.zoo()
      zoo.metadata.protocol = "query"
      zoo.operations.ListAnimals.input = { shape = "ListAnimalsResponse" }
      local _, model = same(zoo, "ListAnimals", "<R><animals><member/></animals></R>")
      assert.is_truthy(model.shapes.ListAnimalsResponse.members.Animals)
      assert.is_truthy(model.shapes.Animal)
    end)
  end)

  it("leaves the whole model as it was", function()
    local whole = fixture.zoo()
    local model = prune.model(whole, { "ListAnimals" })
    model.shapes.Animal.members.tags.shape = "changed"
    model.metadata.protocol = "changed"
    assert.same(fixture.zoo(), whole)
  end)
end)
