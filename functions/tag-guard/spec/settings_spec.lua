local read_settings = require "settings"

local TOPIC = "arn:aws:sns:us-east-1:123456789012:tag-guard-reports"

local function read(variables)
  return read_settings(function(name) return variables[name] end)
end

describe("tag-guard: settings", function()
  it("are none by default", function()
    assert.same({ dry_run = false }, read {})
    assert.same({ dry_run = false }, read { TOPIC_ARN = "", DRY_RUN = "" })
  end)

  it("are read from the environment", function()
    assert.same({ topic = TOPIC, dry_run = true }, read { TOPIC_ARN = TOPIC, DRY_RUN = "1" })
  end)

  it("that are wrong are told, all of them", function()
    local values, message = read { TOPIC_ARN = "reports", DRY_RUN = "maybe" }
    assert.is_nil(values)
    assert.matches('environment: TOPIC_ARN = "reports": is no ARN of an SNS topic', message, 1, true)
    assert.matches('environment: DRY_RUN = "maybe"', message, 1, true)
  end)
end)
