local keep = require "keep"
local wanted = require "wanted"
local zone = require "schedule.zone"

local SETTINGS = { zone = zone.load "America/New_York" }

local function read(tags, settings)
  local list = {}
  for key, value in pairs(tags) do list[#list + 1] = { Key = "snapshot:" .. key, Value = value } end
  return wanted.read(list, "vol-1", settings or SETTINGS, "us-east-1")
end

local function refusal(tags, settings)
  local value, problem = read(tags, settings)
  assert.is_nil(value)
  return problem
end

describe("ebs-snapshots: wanted", function()
  it("reads all tags", function()
    local value = assert(read {
      every = "daily", keep = "7 daily, 4 weekly", timezone = "Europe/Berlin", ["copy-to"] = "eu-west-1",
      ["copy-key"] = "alias/backup",
    })
    assert.equal("0 0 * * *", value.every.text)
    assert.equal("7 daily, 4 weekly", keep.text(value.keep))
    assert.equal("Europe/Berlin", value.zone.name)
    assert.equal("eu-west-1", value.copy_to)
    assert.equal("alias/backup", value.copy_key)
  end)

  it("has the settings where tags are missing", function()
    local value = assert(read({ keep = "7", ["copy-to"] = "eu-west-1" },
      { zone = SETTINGS.zone, copy_key = "alias/of-all" }))
    assert.is_nil(value.every)
    assert.equal("America/New_York", value.zone.name)
    assert.equal("alias/of-all", value.copy_key)
  end)

  it("takes a key as KMS names one", function()
    for _, key in ipairs {
      "alias/backup", "1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab",
      "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      "arn:aws:kms:eu-west-1:123456789012:alias/backup",
    } do
      assert.equal(key, assert(read { keep = "7", ["copy-to"] = "eu-west-1", ["copy-key"] = key }).copy_key)
    end
    for _, key in ipairs { "my key", "arn:aws:kms:eu-west-1:123456789012:backup", "arn:aws:s3:::bucket" } do
      assert.matches('snapshot:copy%-key = ".*": is no key of KMS', refusal { ["copy-key"] = key })
    end
  end)

  it("says all that is wrong, by tag", function()
    local problem = refusal {
      every = "sometimes", keep = "some", timezone = "Mars/Olympus", ["copy-to"] = "Ireland",
    }
    assert.matches('snapshot:every = "sometimes": is none of hourly', problem, 1, true)
    assert.matches('snapshot:keep = "some": "some" is none of', problem, 1, true)
    assert.matches('snapshot:timezone = "Mars/Olympus"', problem, 1, true)
    assert.matches('snapshot:copy-to = "Ireland": is no region\'s name; for example: ', problem, 1, true)
  end)

  it("says what does not fit together", function()
    assert.matches("is the region that it is in already", refusal { keep = "7", ["copy-to"] = "us-east-1" })
    local key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd"
    assert.equal("the key " .. key .. " is not in eu-west-1, where the copy is to be",
      refusal { every = "daily", ["copy-to"] = "eu-west-1", ["copy-key"] = key })
    assert.matches("is not in eu%-west%-1",
      refusal({ every = "daily", ["copy-to"] = "eu-west-1" }, { zone = SETTINGS.zone, copy_key = key }))
  end)
end)
