local digest = require "host.digest"
local eventstream = require "aws.protocol.eventstream"
local fixture = require "aws.protocol.fixture"

local model, structure, scalar = fixture.model, fixture.structure, fixture.scalar
local text = scalar "string"

local function big_endian(value, size)
  local out = ""
  for _ = 1, size do
    out = string.char(value % 256) .. out
    value = math.floor(value / 256)
  end
  return out
end

local function string_header(name, value)
  return string.char(#name) .. name .. "\7" .. big_endian(#value, 2) .. value
end

local function frame(headers, payload)
  local prelude = big_endian(16 + #headers + #payload, 4) .. big_endian(#headers, 4)
  local message = prelude .. digest.crc32(prelude) .. headers .. payload
  return message .. digest.crc32(message)
end

local function event(name, payload, more)
  return frame(string_header(":message-type", "event") .. string_header(":event-type", name) .. (more or ""),
    payload or "")
end

local function exception(name, payload)
  return frame(string_header(":message-type", "exception") .. string_header(":exception-type", name), payload
    or "")
end

local function stream_shape()
  return structure({
    Text = structure({ A = text, T = scalar "timestamp" }, { event = true }),
    Bytes = structure({ Payload = scalar("blob", { eventpayload = true }),
      H = scalar("string", { eventheader = true }) },
      { event = true }),
    Inner = structure({ Payload = structure({ A = text }, { eventpayload = true }) }, { event = true }),
    End = structure({}, { event = true }),
    Broken = structure({ message = text, Why = text }, { name = "Broken", exception = true }),
  }, { eventstream = true })
end

local function rest_model(name)
  return model { protocol = name, output = structure({ P = stream_shape(),
    H = scalar("string", { location = "header" }) },
    { payload = "P" }) }
end

local function collect(iterator)
  local events = {}
  while true do
    local one, err = iterator()
    if not one then return events, err end
    events[#events + 1] = one
  end
end

describe("an event stream", function()
  it("is an iterator over its events", function()
    local output = fixture.decode(rest_model "rest-json", event("Text", '{"A":"a","T":1.5,"X":1}')
      .. event("Bytes", "\0\1", string_header("H", "h")) .. event("Inner", '{"A":"b"}') .. event "End"
        .. event "Later",
      200, { H = "header" })
    assert.equal("header", output.H)
    local events, err = collect(output.P)
    assert.is_nil(err)
    assert.same({
      { Text = { A = "a", T = 1.5 } }, { Bytes = { Payload = "\0\1", H = "h" } },
        { Inner = { Payload = { A = "b" } } },
      { End = {} }, { SDK_UNKNOWN_MEMBER = { name = "Later" } },
    }, events)
    assert.is_nil((output.P()))
  end)

  it("serves a for loop", function()
    local count = 0
    for one in fixture.decode(rest_model "rest-json", event "End" .. event "End").P do
      assert.same({ End = {} }, one)
      count = count + 1
    end
    assert.equal(2, count)
  end)

  it("may hold XML", function()
    local output = fixture.decode(rest_model "rest-xml", event("Text",
      "<Text><A>a</A><T>1970-01-01T00:00:01Z</T></Text>"))
    assert.same({ { Text = { A = "a", T = 1 } } }, (collect(output.P)))
  end)

  it("begins with the other members where the protocol has no bindings", function()
    local m = model { protocol = "json", output = structure { P = stream_shape(), A = text } }
    local output = fixture.decode(m, event("initial-response", '{"A":"first"}') .. event("Text", '{"A":"a"}'))
    assert.equal("first", output.A)
    assert.same({ { Text = { A = "a" } } }, (collect(output.P)))
    output = fixture.decode(m, event("Text", '{"A":"a"}'))
    assert.same({ { Text = { A = "a" } } }, (collect(output.P)))
    m.metadata.protocol = "smithy-rpc-v2-cbor"
    output = fixture.decode(m, event("initial-response", "\161\97A\97x") .. event("Text", "\161\97A\97y"))
    assert.equal("x", output.A)
    assert.same({ { Text = { A = "y" } } }, (collect(output.P)))
  end)

  it("ends with the error that it holds", function()
    local events, err = collect(fixture.decode(rest_model "rest-json",
      event "End" .. exception("Broken", '{"message":"m","Why":"w"}') .. event "End").P)
    assert.equal(1, #events)
    assert.same({ "Broken", "m" }, { err.code, err.message })
    assert.same({ message = "m", Why = "w" }, err.detail)
    events, err = collect(fixture.decode(rest_model "rest-json", frame(string_header(":message-type", "error")
      .. string_header(":error-code", "Overload") .. string_header(":error-message", "too much"), "")).P)
    assert.same({}, events)
    assert.same({ "Overload", "too much" }, { err.code, err.message })
  end)

  it("ends with InvalidResponse where it is cut short or altered", function()
    local whole = event("Text", '{"A":"a"}')
    for length = 1, #whole - 1 do
      local events, err = collect(fixture.decode(rest_model "rest-json", whole:sub(1, length)).P)
      assert.same({}, events)
      assert.equal("InvalidResponse", err.code)
    end
    for at = 1, #whole do
      local altered = whole:sub(1, at - 1) .. string.char((whole:byte(at) + 1) % 256) .. whole:sub(at + 1)
      local _, err = collect(fixture.decode(rest_model "rest-json", altered).P)
      assert.equal("InvalidResponse", err.code)
    end
    local _, err = collect(fixture.decode(rest_model "rest-json", event("Text", "{")).P)
    assert.equal("InvalidResponse", err.code)
  end)

  it("has headers of every type", function()
    local function header(name, kind, value) return string.char(#name) .. name .. string.char(kind)
      .. value end
    local headers = header("t", 0, "") .. header("f", 1, "") .. header("byte", 2, "\255")
      .. header("short", 3, "\255\254")
      .. header("int", 4, "\0\1\0\0") .. header("long", 5, big_endian(2 ^ 40, 8))
        .. header("bytes", 6, "\0\2ab")
      .. header("time", 8, big_endian(1709210096500, 8)) .. header("uuid", 9, ("\18\52"):rep(8))
    assert.same({
      t = true, f = false, byte = -1, short = -2, int = 65536, long = 2 ^ 40, bytes = "ab",
        time = 1709210096.5,
      uuid = "12341234-1234-1234-1234-123412341234",
    }, eventstream.frame(frame(headers, ""), 1).headers)
    for _, bad in ipairs { header("x", 10, ""), header("x", 7, "\0\9a"), header("x", 4, "\0"), "\9a", "\1x",
      "\1x\7\0" } do
      assert.is_nil((eventstream.frame(frame(bad, ""), 1)))
    end
  end)
end)
