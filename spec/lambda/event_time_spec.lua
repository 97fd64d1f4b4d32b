local event_time = require "lambda.event_time"

describe("lambda.event_time", function()
  it("reads a time in UTC, with an offset, with a fraction", function()
    for text, seconds in pairs {
      ["1970-01-01T00:00:00Z"] = 0,
      ["2026-11-24T10:00:00Z"] = 1795514400,
      ["2026-11-24t10:00:00z"] = 1795514400,
      ["2026-11-24T11:00:00+01:00"] = 1795514400,
      ["2026-11-24T04:30:00-0530"] = 1795514400,
      ["2026-11-24T10:00:00.999Z"] = 1795514400,
      ["2026-11-24T10:00:00.000001-00:00"] = 1795514400,
      ["2024-02-29T23:59:59Z"] = 1709251199,
      ["2000-02-29T00:00:00Z"] = 951782400,
    } do
      assert.equal(seconds, event_time(text), text)
    end
  end)

  it("says what is wrong with any other", function()
    for _, text in ipairs {
      "", "now", "2026-11-24", "2026-11-24 10:00:00Z", "2026-11-24T10:00Z", "2026-11-24T10:00:00",
      "2026-11-24T10:00:00.Z", "2026-11-24T10:00:00+1:00", "2026-11-24T10:00:00+24:00",
      "2026-11-24T24:00:00Z", "2026-11-24T10:60:00Z", "2026-11-24T10:00:61Z", "2026-13-01T10:00:00Z",
      "2026-00-01T10:00:00Z", "2026-04-31T10:00:00Z", "2026-02-29T10:00:00Z", "1900-02-29T10:00:00Z",
      "2026-11-24T10:00:00ZZ", " 2026-11-24T10:00:00Z",
    } do
      local seconds, message = event_time(text)
      assert.is_nil(seconds, text)
      assert.matches('event.time is "' .. text .. '"; expected a time such as', message, 1, true)
    end
  end)

  it("says that there is none", function()
    for _, value in ipairs { false, 1795514400, {} } do
      local seconds, message = event_time(value)
      assert.is_nil(seconds)
      assert.matches("event.time is missing", message, 1, true)
    end
    assert.matches("missing", select(2, event_time(nil)))
  end)
end)
