local settings = require "settings"

local function read(variables)
  return settings(function(name) return variables[name] end)
end

describe("auto-start-stop: settings", function()
  it("has a default for everything", function()
    local values = read {}
    assert.equal("America/New_York", values.zone.name)
    values.zone = nil
    assert.same({
      period = 600, min_uptime = 3600, min_downtime = 3600, dry_run = false, targets = { "ec2" },
    }, values)
  end)

  it("reads the environment", function()
    local values = read {
      TIMEZONE = "Europe/Berlin", PERIOD_MINUTES = "5", MIN_UPTIME = "0", MIN_DOWNTIME = "90", DRY_RUN = "1",
      TARGETS = "rds, ec2,rds", EVENT_BUS = "ops", SCHEDULES_PATH = "/start-stop/schedules/",
      HOLIDAYS = "s3://my-bucket/holidays", REGIONS = "all", ROLES = "own", ROLE_EXTERNAL_ID = "e",
    }
    assert.equal("Europe/Berlin", values.zone.name)
    values.zone = nil
    assert.same({
      period = 300, min_uptime = 0, min_downtime = 5400, dry_run = true,
      targets = { "rds", "ec2" }, event_bus = "ops", schedules_path = "/start-stop/schedules",
      holidays = { bucket = "my-bucket", prefix = "holidays/" },
      regions = { "all" }, roles = { { own = true } }, external_id = "e",
    }, values)
    assert.same({ bucket = "my-bucket", prefix = "" }, read({ HOLIDAYS = "s3://my-bucket" }).holidays)
  end)

  it("takes a variable that is set to nothing for one that is not set", function()
    assert.same(read {}, read { TIMEZONE = "", PERIOD_MINUTES = "", DRY_RUN = "" })
  end)

  it("says all that is wrong, by variable", function()
    local values, message = read {
      TIMEZONE = "Mars/Olympus", PERIOD_MINUTES = "abc", MIN_UPTIME = "-1", MIN_DOWNTIME = "1h",
      DRY_RUN = "maybe", TARGETS = "ec2,dynamodb", SCHEDULES_PATH = "schedules", HOLIDAYS = "my-bucket",
      REGIONS = "Frankfurt", ROLES = "start-stop",
    }
    assert.is_nil(values)
    assert.matches('environment: PERIOD_MINUTES = "abc": is not a whole number; for example: 10',
      message, 1, true)
    assert.matches('environment: MIN_UPTIME = "-1": is less than 0', message, 1, true)
    assert.matches('environment: MIN_DOWNTIME = "1h"', message, 1, true)
    assert.matches('environment: DRY_RUN = "maybe"', message, 1, true)
    assert.matches('environment: TARGETS = "ec2,dynamodb": "dynamodb" is none of ec2, rds, aurora, auto',
      message, 1, true)
    assert.matches('environment: SCHEDULES_PATH = "schedules": is no path of parameters; for example: /start',
      message, 1, true)
    assert.matches('environment: HOLIDAYS = "my-bucket": is no address in S3; for example: s3://my-bucket',
      message, 1, true)
    assert.matches('environment: REGIONS = "Frankfurt": "Frankfurt" is no region; for example: eu-west-1,us',
      message, 1, true)
    assert.matches('environment: ROLES = "start-stop": "start-stop" is neither a role', message, 1, true)
    assert.matches('environment: TIMEZONE = "Mars/Olympus"', message, 1, true)
  end)

  it("refuses a period of nothing", function()
    assert.matches("is less than 1", select(2, read { PERIOD_MINUTES = "0" }))
  end)
end)
