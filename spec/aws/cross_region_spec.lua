local aws = require "aws"
local worlds = require "aws.world"

local ANSWER = "<CopySnapshotResponse><snapshotId>snap-2</snapshotId></CopySnapshotResponse>"

local function decoded(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function fields_of(form)
  local fields = {}
  for name, value in form:gmatch("([^&=]+)=([^&]*)") do fields[decoded(name)] = decoded(value) end
  return fields
end

local function copy(params, options)
  local world = worlds.new { answers = { { status = 200, body = ANSWER } } }
  local ec2 = aws.client("ec2", world:options(options or { region = "eu-west-1" }))
  local all = { SourceRegion = "us-east-1", SourceSnapshotId = "snap-1" }
  for name, value in pairs(params or {}) do all[name] = value end
  local output, err = ec2:copy_snapshot(all)
  return output, err, world
end

describe("aws.cross_region", function()
  it("sends a copy to its destination, with a URL that is signed for the source", function()
    local output, _, world = copy { Encrypted = true, KmsKeyId = "alias/backup" }
    assert.equal("snap-2", output.SnapshotId)
    assert.equal("https://ec2.eu-west-1.amazonaws.com/", world.requests[1].url)
    local sent = fields_of(world.requests[1].body)
    assert.equal("eu-west-1", sent.DestinationRegion)

    local address, query = sent.PresignedUrl:match("^(.-)%?(.*)$")
    assert.equal("https://ec2.us-east-1.amazonaws.com/", address)
    local signed = fields_of(query)
    assert.matches("/us%-east%-1/ec2/aws4_request$", signed["X-Amz-Credential"])
    assert.equal(64, #signed["X-Amz-Signature"])
    for name, value in pairs {
      Action = "CopySnapshot", SourceRegion = "us-east-1", SourceSnapshotId = "snap-1",
      DestinationRegion = "eu-west-1", Encrypted = "true", KmsKeyId = "alias/backup",
    } do
      assert.equal(value, signed[name])
    end
    assert.is_nil(signed.PresignedUrl)
  end)

  it("takes the destination from the environment where the client names none", function()
    local _, _, world = copy({}, {})
    assert.equal("eu-west-1", fields_of(world.requests[1].body).DestinationRegion)
  end)

  it("lets a caller's own URL stand, and leaves his parameters as they are", function()
    local params = { PresignedUrl = "https://example.com/" }
    local _, _, world = copy(params)
    local sent = fields_of(world.requests[1].body)
    assert.equal("https://example.com/", sent.PresignedUrl)
    assert.is_nil(sent.DestinationRegion)
    assert.same({ PresignedUrl = "https://example.com/" }, params)
  end)

  it("signs for a custom endpoint too", function()
    local _, _, world = copy({}, { region = "eu-west-1", endpoint = "http://127.0.0.1:5000" })
    assert.matches("^http://127%.0%.0%.1:5000/%?", fields_of(world.requests[1].body).PresignedUrl)
  end)

  it("gives the error of a source that is no region, and sends nothing", function()
    local output, err, world = copy { SourceRegion = "us east" }
    assert.is_nil(output)
    assert.matches('"us east" is no region', err.message, 1, true)
    assert.same({}, world.requests)
  end)

  it("adds nothing to other calls", function()
    local body = "<CreateSnapshotResponse><snapshotId>snap-1</snapshotId></CreateSnapshotResponse>"
    local world = worlds.new { answers = { { status = 200, body = body } } }
    assert(aws.client("ec2", world:options()):create_snapshot { VolumeId = "vol-1" })
    assert.is_nil(fields_of(world.requests[1].body).PresignedUrl)
  end)
end)
