local places = require "fleet.places"

local OWN, OTHER, THIRD = "111111111111", "222222222222", "333333333333"

local function role(account)
  return ("arn:aws:iam::%s:role/start-stop"):format(account)
end

local function each(list)
  local i = 0
  return function()
    i = i + 1
    return list[i]
  end
end

-- An AWS of several accounts. `refuses` has by account what AssumeRole is refused with; `organization` are
-- the accounts that are listed, or an error.
local function new_world(with)
  local world = { assumed = {}, asked = {} }

  local function ec2(account)
    return {
      describe_regions = function()
        world.asked[#world.asked + 1] = account
        local names = (with.regions or {})[account] or { "us-east-1" }
        local list = {}
        for i, name in ipairs(names) do list[i] = { RegionName = name } end
        return { Regions = list }
      end,
    }
  end

  local organizations = {
    each = function(_, operation)
      assert(operation == "list_accounts")
      if with.organization.code then error(with.organization, 0) end
      return each(with.organization)
    end,
  }

  function world.new(of)
    local account = of.role and of.role.arn:match "::(%d+):" or OWN
    return {
      region = of.region, account = of.account, role = of.role, clients = { ec2 = ec2(account) },
      credentials = of.role and {
        get = function()
          world.assumed[#world.assumed + 1] = of.role
          local err = (with.refuses or {})[account]
          if err then return nil, err end
          return { access_key = "A", secret_key = "s" }
        end,
      },
    }
  end

  world.home = {
    region = "us-east-1", account = OWN, partition = "aws",
    clients = { ec2 = ec2(OWN), organizations = organizations },
  }
  return world
end

local function list(with, regions, roles)
  local world = new_world(with)
  local found, refusals = places.list {
    home = world.home, new = world.new, external_id = "e", session_name = "nightly",
    regions = regions and assert(places.regions(regions)),
    roles = roles and assert(places.roles(roles)),
  }
  local names = {}
  for i, place in ipairs(found) do names[i] = place.region .. " " .. tostring(place.account) end
  return names, refusals, world, found
end

describe("fleet.places", function()
  describe("reads", function()
    it("regions", function()
      assert.same({ "eu-west-1", "us-gov-east-1" }, places.regions " eu-west-1, us-gov-east-1 eu-west-1")
      assert.same({ "all" }, places.regions "all")
    end)

    it("roles, the own account, and an organization's role", function()
      assert.same({
        { arn = role(OTHER), account = OTHER }, { own = true }, { organization = "ops/start-stop" },
      }, places.roles(role(OTHER) .. ",own organization/ops/start-stop"))
    end)

    it("nothing that is none", function()
      for text, expected in pairs {
        [","] = "names nothing", ["Frankfurt"] = '"Frankfurt" is no region',
        ["all eu-west-1"] = "has other regions besides all",
      } do
        assert.same({ nil, expected }, { places.regions(text) })
      end
      assert.same({ nil, "names nothing" }, { places.roles " " })
      for _, text in ipairs { "start-stop", "arn:aws:iam::1:role/x", "arn:aws:iam::222222222222:user/x" } do
        local problem = select(2, places.roles(text))
        assert.matches("is neither a role's ARN, nor organization/ROLE, nor own", problem)
      end
    end)
  end)

  describe("lists", function()
    it("the home alone where nothing is set", function()
      local names, refusals, world, found = list {}
      assert.same({ "us-east-1 " .. OWN }, names)
      assert.equal(world.home, found[1])
      assert.same({}, refusals)
    end)

    it("the regions of the own account, the home being one of them", function()
      local names, _, world, found = list({}, "us-east-1,eu-west-1")
      assert.same({ "us-east-1 " .. OWN, "eu-west-1 " .. OWN }, names)
      assert.equal(world.home, found[1])
      assert.is_nil(found[2].role)
    end)

    it("the regions of each account, whose role is assumed once", function()
      local names, _, world, found = list({}, "us-east-1,eu-west-1", role(OTHER) .. " own")
      assert.same({
        "us-east-1 " .. OTHER, "eu-west-1 " .. OTHER, "us-east-1 " .. OWN, "eu-west-1 " .. OWN,
      }, names)
      local assumed = { arn = role(OTHER), external_id = "e", session_name = "nightly" }
      assert.same({ assumed }, world.assumed)
      assert.same(assumed, found[2].role)
    end)

    it("all regions that an account has opted in to, which each knows for itself", function()
      local regions = { [OWN] = { "us-east-1", "af-south-1" }, [OTHER] = { "eu-west-1" } }
      local names, _, world = list({ regions = regions }, "all", "own " .. role(OTHER))
      assert.same({ "af-south-1 " .. OWN, "us-east-1 " .. OWN, "eu-west-1 " .. OTHER }, names)
      assert.same({ OWN, OTHER }, world.asked)
    end)

    it("the active accounts of an organization, the own one without a role", function()
      local accounts = {
        { Id = OWN, Status = "ACTIVE" }, { Id = OTHER, Status = "ACTIVE" },
        { Id = THIRD, Status = "ACTIVE", State = "SUSPENDED" },
      }
      local names, refusals, _, found = list({ organization = accounts }, nil, "organization/start-stop")
      assert.same({ "us-east-1 " .. OWN, "us-east-1 " .. OTHER }, names)
      assert.is_nil(found[1].role)
      assert.equal(role(OTHER), found[2].role.arn)
      assert.same({}, refusals)
    end)

    it("an account once that is named twice: the first counts", function()
      local other = "arn:aws:iam::" .. OTHER .. ":role/mine"
      local names, _, _, found = list({ organization = { { Id = OTHER } } }, nil,
        other .. " organization/start-stop own own")
      assert.same({ "us-east-1 " .. OTHER, "us-east-1 " .. OWN }, names)
      assert.equal(other, found[1].role.arn)
    end)

    it("the others where an account refuses", function()
      local err = require("aws.error").new { code = "AccessDenied", message = "no" }
      local names, refusals = list({ refuses = { [OTHER] = err } }, "us-east-1,eu-west-1",
        role(OTHER) .. " " .. role(THIRD))
      assert.same({ "us-east-1 " .. THIRD, "eu-west-1 " .. THIRD }, names)
      assert.same({ { name = OTHER, account = OTHER, error = err } }, refusals)
    end)

    it("the others where the organization cannot be listed", function()
      local err = require("aws.error").new { code = "AccessDeniedException", message = "no" }
      local names, refusals = list({ organization = err }, nil, "organization/start-stop own")
      assert.same({ "us-east-1 " .. OWN }, names)
      assert.same({ { name = "organization/start-stop", error = err } }, refusals)
    end)
  end)
end)

describe("fleet.place", function()
  it("makes a client of its region when a service is first asked for, and keeps it", function()
    local place = require "fleet.place" { region = "eu-west-1" }
    assert.is_nil(rawget(place.clients, "ec2"))
    local ec2 = place.clients.ec2
    assert.equal("eu-west-1", ec2.core.region)
    assert.equal(ec2, place.clients.ec2)
  end)

  it("has the credentials of its role, which its regions share", function()
    local of = { arn = role(OTHER) }
    local new = require "fleet.place"
    local one, other = new { region = "eu-west-1", role = of }, new { region = "us-east-1", role = of }
    assert.equal(one.credentials, other.credentials)
    assert.equal(one.credentials, one.clients.ec2.core.credentials)
    assert.are_not.equal(one.credentials, new { role = { arn = role(OTHER), external_id = "e" } }.credentials)
  end)
end)
