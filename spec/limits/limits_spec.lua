-- What hostile input may cost: each parser has a bound, and says so in one line.
local cbor = require "aws.protocol.cbor"
local cron = require "schedule.cron"
local endpoint_rules = require "aws.endpoint_rules"
local eventstream = require "aws.protocol.eventstream"
local icalendar = require "schedule.icalendar"
local ini = require "aws.ini"
local jmespath = require "aws.jmespath"
local json = require "json"
local posix_tz = require "schedule.posix_tz"
local protocol = require "aws.protocol"
local tags = require "fleet.tags"
local tzif = require "schedule.tzif"
local zone = require "schedule.zone"

package.path = "spec/fuzz/?.lua;" .. package.path
local service = require "service"

local DEEP = 100000

local function nested(open, close, count)
  return open:rep(count or DEEP) .. (close or ""):rep(count or DEEP)
end

-- A refusal is nil and a message of bounded length.
local function assert_refused(value, message)
  assert.is_nil(value)
  message = tostring(message)
  assert.is_true(#message > 0 and #message < 1000, message:sub(1, 200))
  assert.is_nil(message:find "%.lua:%d", message)
end

describe("nesting 100,000 deep", function()
  it("is refused in JSON", function()
    assert_refused(json.decode(nested("[", "]")))
    assert_refused(json.decode(nested('{"a":', "}")))
    assert_refused(json.decode(nested("[")))
  end)

  it("is refused in CBOR", function()
    assert_refused(cbor.decode(nested("\129")))
    assert_refused(cbor.decode(nested("\159", "\255")))
    assert_refused(cbor.decode(nested("\161\97a")))
  end)

  it("is refused in JMESPath", function()
    for _, parts in ipairs { { "(", ")" }, { "[", "]" }, { "!" }, { "a.", "" }, { "{a:", "}" }, { "a[?" },
      { "&" }, { "length(", ")" }, { "a||" }, { "a|" }, { "[]" } } do
      local value, message = jmespath.search(nested(parts[1], parts[2]), {})
      if message then assert_refused(value, message) end
    end
  end)

  it("is refused in an answer of every protocol", function()
    local answers = {
      ["json"] = nested('{"Child":', "}"), ["rest-json"] = nested('{"Child":', "}"),
      ["query"] = nested("<Child>", "</Child>"), ["ec2"] = nested("<Child>", "</Child>"),
      ["rest-xml"] = nested("<Child>", "</Child>"), ["smithy-rpc-v2-cbor"] = nested("\161\101Child"),
    }
    for name, body in pairs(answers) do
      local model = service.model(name)
      local output, err = protocol.decode(model, "Do1", { status = 200, headers = {}, body = body })
      assert.is_nil(output, name)
      assert.equal("InvalidResponse", err.code, name)
      assert_refused(nil, err.message)
      -- In an answer that is an error, the status is told all the same.
      output, err = protocol.decode(model, "Do1", { status = 500, headers = {}, body = body })
      assert.is_nil(output, name)
      assert.equal(500, err.status, name)
      assert_refused(nil, err.message)
    end
  end)

  it("is refused in endpoint rules", function()
    local function wrapped(innermost, wrap)
      for _ = 1, DEEP do innermost = wrap(innermost) end
      return innermost
    end
    local function evaluate(rule)
      return endpoint_rules.evaluate({ parameters = {}, rules = { rule } }, { partitions = {} }, {})
    end
    local endpoint = { conditions = {}, endpoint = { url = "https://a" } }
    assert_refused(evaluate(wrapped(endpoint, function(rule)
      return { type = "tree", conditions = {}, rules = { rule } }
    end)))
    local condition = wrapped({ fn = "isSet", argv = { "a" } }, function(call)
      return { fn = "not", argv = { call } }
    end)
    assert_refused(evaluate { rules = {}, conditions = { condition } })
    assert_refused(evaluate { conditions = {}, endpoint = {
      url = "https://a", properties = wrapped({}, function(properties) return { properties } end),
    } })
    assert.same({ url = "https://a" }, evaluate(endpoint))
  end)

  it("is refused in components of a calendar", function()
    assert_refused(icalendar.parse(nested("BEGIN:VCALENDAR\n")))
  end)
end)

describe("entities", function()
  local LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    .. '<!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
    .. "<Node><text>&c;</text></Node>"

  it("of the sender's own are refused, whatever they would grow to", function()
    for _, name in ipairs { "rest-xml", "query", "ec2" } do
      local output, err = protocol.decode(service.model(name), "Do1",
        { status = 200, headers = {}, body = LAUGHS })
      assert.is_nil(output)
      assert.equal("InvalidResponse", err.code)
      assert.is_truthy(err.message:find("document type declaration", 1, true), err.message)
    end
  end)
end)

describe("long values", function()
  local LONG = ("x"):rep(8 * 1024 * 1024)

  it("are quoted in messages in part", function()
    for _, name in ipairs { "json", "rest-json" } do
      local _, err = protocol.decode(service.model(name), "Do1",
        { status = 200, headers = {}, body = '{"count":"' .. LONG .. '"}' })
      assert.equal("InvalidResponse", err.code)
      assert_refused(nil, err.message)
    end
    local _, err = protocol.decode(service.model "rest-xml", "Do1",
      { status = 200, headers = {}, body = "<Node><count>" .. LONG .. "</count></Node>" })
    assert_refused(nil, err.message)
    _, err = protocol.decode(service.model "rest-json", "Do2",
      { status = 200, headers = { ["x-count"] = LONG }, body = "{}" })
    assert_refused(nil, err.message)
    assert_refused(cron.parse(LONG))
    assert_refused(posix_tz.parse(LONG))
    assert_refused(jmespath.search(LONG .. "(", {}))
    assert_refused(jmespath.search("'" .. LONG, {}))
    assert_refused(zone.load(LONG))
    assert_refused(ini.parse(LONG))
    assert_refused(tzif.decode(LONG))
    assert_refused(icalendar.parse(LONG))
  end)

  it("are read whole where they may be long", function()
    local output = assert(protocol.decode(service.model "json", "Do1",
      { status = 200, headers = {}, body = '{"text":"' .. LONG .. '"}' }))
    assert.equal(#LONG, #output.text)
    output = assert(protocol.decode(service.model "ec2", "Do1",
      { status = 200, headers = {}, body = "<Node><text>" .. LONG .. "</text></Node>" }))
    assert.equal(#LONG, #output.text)
  end)
end)

describe("a tag's value", function()
  local schema = tags.schema {
    enable = tags.boolean { key = "enable", example = "true" },
    count = tags.integer { key = "count", min = 1, max = 9 },
    start = tags.cron { key = "start", example = "0 8 * * mon-fri" },
    zone = tags.zone { key = "zone", example = "Europe/Berlin" },
  }

  it("of 256 characters and more is told in part, and hides no other", function()
    for _, length in ipairs { 256, 257, 100000 } do
      local list = { { Key = "other", Value = ("o"):rep(length) } }
      for _, key in ipairs { "enable", "count", "start", "zone" } do
        list[#list + 1] = { Key = key, Value = ("9"):rep(length) }
      end
      local values, errors = schema:read(list, "i-1")
      assert.is_nil(values)
      assert.equal(4, #errors)
      for _, err in ipairs(errors) do assert_refused(nil, err.message) end
    end
  end)
end)

describe("names that nobody knows", function()
  local COUNT = 20000

  -- What calling a function for so many numbers leaves behind, in kB.
  local function left_behind(fn)
    fn(0) -- what is kept in any case
    collectgarbage()
    collectgarbage()
    local before = collectgarbage "count"
    for i = 1, COUNT do fn(i) end
    collectgarbage()
    collectgarbage()
    return collectgarbage "count" - before
  end

  it("are not kept as codes of errors", function()
    for _, name in ipairs { "json", "ec2", "rest-xml" } do
      local model = service.model(name)
      assert.is_true(left_behind(function(i)
        local code = ("Code%d"):format(i)
        local body = name == "json" and ('{"__type":"%s"}'):format(code)
          or ("<Error><Code>%s</Code></Error>"):format(code)
        local _, err = protocol.decode(model, "Do1", { status = 400, headers = {}, body = body })
        assert(err.code == code, err.code)
      end) < 500, name)
    end
  end)

  it("are not kept as zones", function()
    assert.is_true(left_behind(function(i)
      local there, message = zone.load(("Nowhere/N%d"):format(i), { directories = { "/no/data" } })
      assert(not there and message:find "^unknown time zone", message)
    end) < 500)
  end)
end)

describe("big numbers", function()
  it("are the nearest double in JSON, and no integer beyond all doubles", function()
    assert.equal(2 ^ 63, json.decode "9223372036854775807")
    local model = service.model "json"
    local _, err = protocol.decode(model, "Do1",
      { status = 200, headers = {}, body = '{"count":"' .. ("9"):rep(400) .. '"}' })
    assert.equal("InvalidResponse", err.code)
  end)

  it("are refused as sizes", function()
    assert_refused(cbor.decode "\155\255\255\255\255\255\255\255\255") -- an array
    assert_refused(cbor.decode "\91\127\255\255\255\255\255\255\255") -- a string
    assert_refused(cbor.decode "\187\255\255\255\255\255\255\255\255") -- a map
    assert_refused(eventstream.frame("\255\255\255\255\255\255\255\255" .. ("\0"):rep(16), 1))
    assert_refused(tzif.decode("TZif2" .. ("\0"):rep(15) .. ("\255"):rep(24)))
    assert_refused(cron.parse "0 99999999999999999999 * * *")
    assert_refused(posix_tz.parse "CET-999999999999")
  end)
end)
