local read_settings = require "settings"

local function read(variables)
  return read_settings(function(name) return variables[name] end)
end

describe("ebs-snapshots: settings", function()
  it("has a default for everything but the key", function()
    local values = read {}
    assert.equal("America/New_York", values.zone.name)
    assert.is_false(values.dry_run)
    assert.is_nil(values.copy_key)
  end)

  it("reads the environment", function()
    local values = read { TIMEZONE = "UTC", COPY_KMS_KEY = "alias/backup", DRY_RUN = "1" }
    assert.equal("UTC", values.zone.name)
    assert.equal("alias/backup", values.copy_key)
    assert.is_true(values.dry_run)
  end)

  it("says all that is wrong, by variable", function()
    local values, message = read { TIMEZONE = "Mars/Olympus", COPY_KMS_KEY = "?", DRY_RUN = "maybe" }
    assert.is_nil(values)
    assert.matches('environment: TIMEZONE = "Mars/Olympus"', message, 1, true)
    assert.matches('environment: COPY_KMS_KEY = "?": is no key of KMS', message, 1, true)
    assert.matches('environment: DRY_RUN = "maybe"', message, 1, true)
  end)
end)
