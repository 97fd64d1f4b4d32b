local rulebook = require "rulebook"

local SINCE = "2026-11-24T00:00:00Z"

local function book_of(rules)
  rules.since = rules.since or SINCE
  return assert(rulebook.new(rules))
end

local function resource(tags, more)
  local list = {}
  for key, value in pairs(tags) do list[#list + 1] = { Key = key, Value = value } end
  local made = { kind = "instance", id = "i-1", account = "123456789012", can_stop = true, tags = list }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

describe("tag-guard: rules.lua", function()
  it("is right, and asks what README.md says", function()
    local book = assert(rulebook.new(require "rules"))
    assert.equal("owner is missing; stage is missing; cost-center is missing", book:faults(resource {}))
    assert.equal("owner is missing; stage is missing", book:faults(resource({}, { kind = "volume" })))
    local right = { owner = "jane@example.com", stage = "dev", ["cost-center"] = "4711" }
    assert.is_nil(book:faults(resource(right)))
    assert.equal("it is exempt by its tag", book:exception(resource { ["tag-guard:exempt"] = "" }))
    assert.equal("its group would replace it",
      book:exception(resource { ["aws:autoscaling:groupName"] = "web" }))
    assert.equal(86400, book:grace(resource {}))
    assert.is_nil(book:grace(resource({}, { kind = "volume", can_stop = false })))
  end)
end)

describe("tag-guard: README.md", function()
  it("shows rules that are right", function()
    local folder = debug.getinfo(1, "S").source:match("^@(.*)/spec/")
    local file = assert(io.open(folder .. "/README.md", "rb"))
    local code = file:read("*a"):match("```lua\n(.-)```")
    file:close()
    local book = assert(rulebook.new(assert(loadstring(code))()))
    assert.equal("stage is missing", book:faults(resource({}, { kind = "volume" })))
    assert.equal("the kiosk in the hall", book:exception(resource({}, { id = "i-0a1b2c3d4e5f60001" })))
  end)
end)

describe("tag-guard: a rule", function()
  local book = book_of { instance = { required = {
    { key = "any" },
    { key = "one", values = { "a", "b" } },
    { key = "like", pattern = "^%d+$", example = "12" },
  } } }

  local function faults(tags)
    local given = { any = "x", one = "a", like = "1" }
    for key, value in pairs(tags) do given[key] = value or nil end
    return book:faults(resource(given))
  end

  it("is content with right values, spaces around them aside", function()
    assert.is_nil(faults {})
    assert.is_nil(faults { one = " b ", any = "two words" })
  end)

  it("says what is missing", function()
    assert.equal("one is missing", faults { one = false })
    assert.equal("any is missing; like is missing", faults { any = false, like = false })
  end)

  it("says what is wrong, and shows what is right", function()
    assert.equal('one = "c": is none of a, b', faults { one = "c" })
    assert.equal('like = "x": is not written as it should be; for example: 12', faults { like = "x" })
    assert.equal('any = " ": is empty; for example: anything', faults { any = " " })
    assert.equal('one = "": is empty; for example: a', faults { one = "" })
  end)

  it("keeps the key's and the value's case", function()
    assert.equal('one = "A": is none of a, b', faults { one = "A" })
    assert.equal("one is missing", faults { one = false, One = "a" })
  end)

  it("is there for a kind that has some", function()
    assert.is_nil(book:faults(resource({}, { kind = "volume" })))
  end)
end)

describe("tag-guard: an exception", function()
  local function exception(each, tags, more)
    each.why = "it says so"
    return book_of({ exceptions = { each } }):exception(resource(tags or {}, more)) ~= nil
  end

  it("names a tag, or a value of it", function()
    assert.is_true(exception({ tag = "keep" }, { keep = "" }))
    assert.is_false(exception({ tag = "keep" }, { kept = "" }))
    assert.is_true(exception({ tag = "keep", value = "yes" }, { keep = "yes" }))
    assert.is_false(exception({ tag = "keep", value = "yes" }, { keep = "no" }))
  end)

  it("names an id, or an account", function()
    assert.is_true(exception { id = "i-1" })
    assert.is_false(exception { id = "i-2" })
    assert.is_true(exception { account = "123456789012" })
    assert.is_false(exception { account = "210987654321" })
  end)

  it("holds where all that it names is so", function()
    assert.is_true(exception({ kind = "instance", tag = "keep" }, { keep = "" }))
    assert.is_false(exception({ kind = "volume", tag = "keep" }, { keep = "" }))
    assert.is_false(exception({ id = "i-2", account = "123456789012" }))
  end)
end)

describe("tag-guard: grace", function()
  it("is none where no time is given, or the instance cannot be stopped", function()
    local book = book_of { instance = { stop_after_hours = 0.5 } }
    assert.equal(1800, book:grace(resource {}))
    assert.is_nil(book:grace(resource({}, { can_stop = false })))
    assert.is_nil(book_of({ instance = {} }):grace(resource {}))
    assert.is_nil(book_of({}):grace(resource {}))
  end)
end)

describe("tag-guard: wrong rules", function()
  local function problem(rules)
    rules.since = rules.since or SINCE
    local book, message = rulebook.new(rules)
    assert.is_nil(book)
    return message
  end

  local function of_tag(rule) return problem { volume = { required = { rule } } } end
  local function of_exception(each) return problem { exceptions = { each } } end

  it("are told by their place", function()
    assert.equal('rules.lua: there is no field "instances"', problem { instances = {} })
    assert.equal('rules.lua: since: is yesterday; expected a time such as "2026-11-24T00:00:00Z"',
      problem { since = "yesterday" })
    assert.equal("rules.lua: volume: stop_after_hours: a volume cannot be stopped",
      problem { volume = { stop_after_hours = 1 } })
    assert.equal("rules.lua: instance: stop_after_hours: expected 0 or more",
      problem { instance = { stop_after_hours = -1 } })
    assert.equal("rules.lua: instance: stop_after_hours: expected a number",
      problem { instance = { stop_after_hours = "24" } })
  end)

  it("are those of a tag, too", function()
    assert.equal("rules.lua: volume.required[1]: expected a table, not owner", of_tag "owner")
    assert.equal("rules.lua: volume.required[1]: key is missing", of_tag {})
    assert.equal("rules.lua: volume.required[1]: takes one of values and pattern",
      of_tag { key = "a", values = { "b" }, pattern = "c" })
    assert.equal("rules.lua: volume.required[1]: values: expected one at least",
      of_tag { key = "a", values = {} })
    assert.equal("rules.lua: volume.required[1]: pattern: malformed pattern (missing ']')",
      of_tag { key = "a", pattern = "[", example = "b" })
    assert.equal("rules.lua: volume.required[1]: pattern: expected an example that it fits",
      of_tag { key = "a", pattern = "^%d$", example = "b" })
  end)

  it("are those of an exception, too", function()
    assert.equal("rules.lua: exceptions[1]: why is missing", of_exception { id = "i-1" })
    assert.equal("rules.lua: exceptions[1]: takes a tag, an id or an account",
      of_exception { kind = "volume", why = "x" })
    assert.equal("rules.lua: exceptions[1]: a value needs a tag",
      of_exception { id = "i-1", value = "x", why = "x" })
    assert.equal('rules.lua: exceptions[1]: there is no kind "bucket"',
      of_exception { kind = "bucket", tag = "x", why = "x" })
  end)

  it("are told before anything is asked of AWS", function()
    local handler = require "handler"
    assert.error_matches(function()
      handler({ time = SINCE, ["detail-type"] = "Scheduled Event" }, {}, {
        getenv = function() end, rules = { since = "" },
      })
    end, "rules.lua: since: is ;")
  end)
end)
