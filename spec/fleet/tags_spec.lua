local tags = require "fleet.tags"

local function list(values)
  local result = { { Key = "Name", Value = "web" } }
  for key, value in pairs(values) do result[#result + 1] = { Key = key, Value = value } end
  return result
end

local function texts(errors)
  local result = {}
  for i, err in ipairs(errors) do result[i] = tostring(err) end
  return result
end

describe("fleet.tags", function()
  local schema = tags.schema {
    enable = tags.boolean { key = "start-stop:enable", default = true },
    start = tags.cron { key = "start-stop:start" },
    zone = tags.zone { key = "start-stop:timezone" },
    count = tags.integer { key = "count", min = 1, max = 12, default = 3 },
  }

  it("makes a table of AWS's list", function()
    assert.same({ Name = "web", stage = "test" }, tags.by_key(list { stage = "test" }))
    assert.same({ stage = "" }, tags.by_key { { Key = "stage" } })
    assert.same({}, tags.by_key(nil))
  end)

  it("gives one value of AWS's list", function()
    assert.equal("test", tags.value(list { stage = "test" }, "stage"))
    assert.equal("", tags.value({ { Key = "stage" } }, "stage"))
    assert.is_nil(tags.value(list {}, "stage"))
    assert.is_nil(tags.value(nil, "stage"))
  end)

  it("gives the defaults where there are no tags", function()
    assert.same({ enable = true, count = 3 }, schema:read(nil, "i-1"))
    assert.same({ enable = true, count = 3 }, schema:read({}, "i-1"))
  end)

  it("reads its own keys and passes over the others, and the same in another case", function()
    local values = schema:read(list { ["start-stop:enable"] = "no", ["Count"] = "5" }, "i-1")
    assert.same({ enable = false, count = 3 }, values)
  end)

  it("converts", function()
    local values = schema:read(list {
      ["start-stop:start"] = "0 8 * * *", ["start-stop:timezone"] = "America/New_York", count = "12",
    }, "i-1")
    assert.equal(12, values.count)
    assert.equal(8, values.zone:local_time(values.start:next(0, values.zone)).hour)
  end)

  it("reads a switch in every word and case, trimmed", function()
    for text, expected in pairs {
      ["1"] = true, ["true"] = true, yes = true, enabled = true, on = true, YES = true, [" On\t"] = true,
      ["0"] = false, ["false"] = false, no = false, disabled = false, off = false, [" FALSE "] = false,
    } do
      assert.equal(expected, schema:read(list { ["start-stop:enable"] = text }, "i-1").enable)
    end
    for _, text in ipairs { "2", "y", "t", "yes please", "nope", "enable", "-" } do
      local values, errors = schema:read(list { ["start-stop:enable"] = text }, "i-1")
      assert.is_nil(values)
      assert.equal(1, #errors)
    end
  end)

  it("reads a whole number within its range, trimmed", function()
    assert.equal(1, schema:read(list { count = " 1 " }, "i-1").count)
    for text, problem in pairs {
      ["0"] = "is less than 1", ["13"] = "is more than 12", ["1.5"] = "is not a whole number",
      ["0x3"] = "is not a whole number", ["1e1"] = "is not a whole number", ten = "is not a whole number",
    } do
      local _, errors = schema:read(list { count = text }, "i-1")
      assert.equal(problem .. "; for example: 3", errors[1].problem)
    end
  end)

  it("trims a cron expression and a zone", function()
    local values = schema:read(list {
      ["start-stop:start"] = "  0 8 * * * ", ["start-stop:timezone"] = "\tAmerica/New_York ",
    }, "i-1")
    assert.is_table(values.start)
    assert.is_table(values.zone)
  end)

  it("calls an empty tag empty, whatever its kind", function()
    local _, errors = schema:read(list {
      ["start-stop:enable"] = "", ["start-stop:start"] = "   ", ["start-stop:timezone"] = "", count = "",
    }, "i-1")
    assert.equal(4, #errors)
    for _, err in ipairs(errors) do assert.equal("is empty; for example: " .. err.example, err.problem) end
  end)

  it("says of an error whose it is, the key, the value, what is wrong, and what would be right", function()
    local values, errors = schema:read(list { count = 'a "b"' }, "i-0abc")
    assert.is_nil(values)
    assert.same({
      id = "i-0abc", key = "count", value = 'a "b"', example = "3",
      problem = "is not a whole number; for example: 3",
      message = [[count = "a \"b\"": is not a whole number; for example: 3]],
    }, { id = errors[1].id, key = errors[1].key, value = errors[1].value,
      problem = errors[1].problem, example = errors[1].example, message = errors[1].message })
    assert.equal("i-0abc: " .. errors[1].message, tostring(errors[1]))
  end)

  it("collects all that is wrong, in the order of the keys, and gives what is right", function()
    local values, errors, right = schema:read(list {
      count = "no", ["start-stop:enable"] = "off", ["start-stop:start"] = "0 25 * * *",
      ["start-stop:timezone"] = "Mars/Olympus",
    }, "i-1")
    assert.is_nil(values)
    assert.equal(3, #errors)
    local lines = texts(errors)
    assert.matches('^i%-1: count = "no"', lines[1])
    assert.matches('^i%-1: start%-stop:start = "0 25 %* %* %*"', lines[2])
    assert.matches('^i%-1: start%-stop:timezone = "Mars/Olympus"', lines[3])
    assert.same({ enable = false }, right)
    local one, two, three = errors[1].message, errors[2].message, errors[3].message
    assert.equal(("%s; %s; %s"):format(one, two, three), tags.messages(errors))
  end)

  it("leaves the example to a cron expression's and a zone's own message", function()
    local _, errors = schema:read(list {
      ["start-stop:start"] = "0 25 * * *", ["start-stop:timezone"] = "Europe/Berlln",
    }, "i-1")
    assert.equal(select(2, require("schedule.cron").parse("0 25 * * *")), errors[1].problem)
    assert.equal(select(2, require("schedule.zone").load("Europe/Berlln")), errors[2].problem)
  end)

  it("refuses a cron expression that never comes", function()
    local _, errors = schema:read(list { ["start-stop:start"] = "0 8 30 2 *" }, "i-1")
    assert.equal("never comes; for example: 0 8 * * mon-fri", errors[1].problem)
    assert.is_table(schema:read(list { ["start-stop:start"] = "0 8 29 2 *" }, "i-1"))
  end)

  it("gives examples that are right themselves", function()
    local _, errors = schema:read(list {
      ["start-stop:enable"] = "?", ["start-stop:start"] = "?", ["start-stop:timezone"] = "?", count = "?",
    }, "i-1")
    local examples = {}
    for _, err in ipairs(errors) do examples[err.key] = err.example end
    assert.is_table(schema:read(list(examples), "i-1"))
  end)

  it("knows its keys", function()
    local keys = tags.schema {
      on = tags.boolean { key = "a:on" }, count = tags.integer { key = "a:count", example = "1" },
    }:keys()
    table.sort(keys)
    assert.same({ "a:count", "a:on" }, keys)
  end)

  it("takes a field of the function's own making", function()
    local own = tags.schema {
      colour = {
        key = "colour", example = "red",
        convert = function(text)
          if text == "red" then return 0xff0000 end
          return nil, "is no colour"
        end,
      },
    }
    assert.equal(0xff0000, own:read(list { colour = "red" }, "i-1").colour)
    local _, errors = own:read(list { colour = "loud" }, "i-1")
    assert.equal("is no colour; for example: red", errors[1].problem)
  end)

  it("takes a field without a key for the caller's mistake", function()
    for _, kind in ipairs { "boolean", "integer", "cron", "schedule", "moments", "zone" } do
      local _, message = pcall(function() local _ = tags[kind] { default = true } end)
      assert.matches("tags_spec%.lua:%d+: key: expected a string$", message)
    end
  end)
end)
