local settings = require "fleet.settings"
local tags = require "fleet.tags"

local SCHEMA = tags.schema {
  count = tags.integer { key = "COUNT", default = 3, min = 1 },
  dry_run = tags.boolean { key = "DRY_RUN", default = false },
  zone = tags.zone { key = "TIMEZONE" },
}

local function read(variables)
  return settings.read(SCHEMA, function(name) return variables[name] end)
end

describe("fleet.settings", function()
  it("fills in what is not set, or set to nothing", function()
    assert.same({ count = 3, dry_run = false }, read {})
    assert.same({ count = 3, dry_run = false }, read { COUNT = "", DRY_RUN = "", TIMEZONE = "" })
  end)

  it("reads values of the schema's kinds", function()
    local values = read { COUNT = "7", DRY_RUN = "1", TIMEZONE = "UTC" }
    assert.equal(7, values.count)
    assert.is_true(values.dry_run)
    assert.equal("UTC", values.zone.name)
  end)

  it("says all that is wrong, by variable", function()
    local values, message = read { COUNT = "0", DRY_RUN = "perhaps" }
    assert.is_nil(values)
    assert.matches('^environment: COUNT = "0": is less than 1;', message)
    assert.matches('environment: DRY_RUN = "perhaps": is none of 1, true', message, 1, true)
  end)
end)
