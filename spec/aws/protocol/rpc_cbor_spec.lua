local cbor = require "aws.protocol.cbor"
local fixture = require "aws.protocol.fixture"
local hex_of = require("host.digest").hex
local json = require "json"

local model, structure, list, map, scalar =
  fixture.model, fixture.structure, fixture.list, fixture.map, fixture.scalar
local text, integer = scalar "string", scalar "integer"

local function bytes(hex)
  return (hex:gsub("%s", ""):gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

describe("CBOR", function()
  it("is read as RFC 8949's appendix A has it", function()
    for hex, value in pairs {
      ["00"] = 0, ["17"] = 23, ["1818"] = 24, ["1903e8"] = 1000, ["1a000f4240"] = 1000000,
      ["1b000000e8d4a51000"] = 1000000000000, ["20"] = -1, ["3903e7"] = -1000, ["f93c00"] = 1.0,
      ["fb3ff199999999999a"] = 1.1, ["f93e00"] = 1.5, ["f97bff"] = 65504, ["fa47c35000"] = 100000,
      ["f90001"] = 5.960464477539063e-8, ["f90400"] = 0.00006103515625, ["f9c400"] = -4,
      ["fbc010666666666666"] = -4.1, ["f97c00"] = math.huge, ["faff800000"] = -math.huge,
      ["f4"] = false, ["f5"] = true, ["f6"] = json.null, ["f7"] = json.null, ["c11a514b67b0"] = 1363896240,
      ["c1fb41d452d9ec200000"] = 1363896240.5, ["40"] = "", ["4401020304"] = "\1\2\3\4",
        ["6449455446"] = "IETF",
      ["62c3bc"] = "ü", ["5f42010243030405ff"] = "\1\2\3\4\5", ["7f657374726561646d696e67ff"] = "streaming",
    } do
      assert.equal(value, (cbor.decode(bytes(hex))), hex)
    end
    local not_a_number = cbor.decode(bytes "f97e00")
    assert.is_true(not_a_number ~= not_a_number)
  end)

  it("has arrays and maps, of a known size or not", function()
    for hex, value in pairs {
      ["80"] = {}, ["8301820203820405"] = { 1, { 2, 3 }, { 4, 5 } },
        ["9f01820203 9f0405ffff"] = { 1, { 2, 3 }, { 4, 5 } },
      ["a0"] = {}, ["a26161016162820203"] = { a = 1, b = { 2, 3 } },
        ["bf61610161629f0203ffff"] = { a = 1, b = { 2, 3 } },
      ["a16161f6"] = {}, ["82f601"] = { json.null, 1 },
    } do
      assert.same(value, (cbor.decode(bytes(hex))), hex)
    end
    assert.is_true(json.is_array((cbor.decode "\128")))
  end)

  it("takes every NaN for the same one, whatever LuaJIT would make of its bits", function()
    for _, hex in ipairs {
      "fa ffffffff", "fa fff90001", "fa 7f800001", "fb fffa800000000001", "fb ffffff0000000000",
      "fb ffffffffffffffff", "fb 7ff0000000000001", "fb fff0000000000001", "f9 7e01",
    } do
      local value = assert(cbor.decode(bytes(hex)))
      assert.equal("number", type(value), hex)
      assert.is_true(value ~= value, hex)
    end
    assert.same({ math.huge, -math.huge, math.huge, -math.huge },
      { (cbor.decode(bytes "fa 7f800000")), (cbor.decode(bytes "fa ff800000")),
        (cbor.decode(bytes "fb 7ff0000000000000")), (cbor.decode(bytes "fb fff0000000000000")) })
  end)

  it("is refused where it is cut short or unsound", function()
    for _, hex in ipairs {
      "", "18", "19 03", "1b 00", "41", "62 61", "81", "82 01", "a1", "a1 61 61", "5f 41 01", "9f 01",
        "bf 61 61 01", "c1",
      "fb 00", "1c", "5c", "fc", "ff", "f8 ff", "c2 41 01", "c1 61 61", "5f 61 61 ff", "a1 f6 01",
        "a1 f9 7e00 01", "00 00",
      "9b ffff ffff ffff ffff", "bb ffff ffff ffff ffff", "5b 7fff ffff ffff ffff",
    } do
      local value, message = cbor.decode(bytes(hex))
      assert.is_nil(value, hex)
      assert.is_string(message)
    end
    assert.is_nil((cbor.decode(("\129"):rep(100000))))
    assert.is_nil((cbor.decode(("\193"):rep(100000))))
  end)

  it("is written in the shortest form", function()
    for value, hex in pairs {
      [0] = "00", [23] = "17", [24] = "1818", [255] = "18ff", [256] = "190100", [65535] = "19ffff",
        [65536] = "1a00010000",
      [4294967295] = "1affffffff", [4294967296] = "1b0000000100000000", [-1] = "20", [-24] = "37",
        [-25] = "3818",
      [2 ^ 53] = "1b0020000000000000",
    } do
      assert.equal(hex, hex_of(cbor.integer(value)))
    end
    assert.equal("1b7fffffffffffffff", hex_of(cbor.integer(9223372036854775807LL)))
    assert.equal("3b7fffffffffffffff", hex_of(cbor.integer(-9223372036854775807LL - 1LL)))
    assert.equal("1bffffffffffffffff", hex_of(cbor.integer(18446744073709551615ULL)))
  end)
end)

describe("a request of the RPC v2 CBOR protocol", function()
  it("names service and operation in its path", function()
    assert.same({
      method = "POST", path = "/service/Target/operation/Do",
      headers = { ["smithy-protocol"] = "rpc-v2-cbor", Accept = "application/cbor",
        ["Content-Type"] = "application/cbor" },
      body = bytes "a1 61 41 61 61",
    }, fixture.encode(model { protocol = "smithy-rpc-v2-cbor", input = structure { A = text } }, { A = "a" }))
  end)

  it("has no body where the operation has no input", function()
    local request = fixture.encode(model { protocol = "smithy-rpc-v2-cbor" })
    assert.equal("", request.body)
    assert.is_nil(request.headers["Content-Type"])
  end)

  it("writes values along their shapes", function()
    local function written(shape, value)
      local request = fixture.encode(model { protocol = "smithy-rpc-v2-cbor",
        input = structure { V = shape } }, { V = value })
      return hex_of(request.body):gsub("^a16156", "")
    end
    for _, case in ipairs {
      { text, "ü", "62c3bc" }, { scalar "blob", "\1\2", "420102" }, { integer, -500, "3901f3" },
        { scalar "boolean", false, "f4" },
      { scalar "float", 1.5, "fa3fc00000" }, { scalar "double", 1.5, "fb3ff8000000000000" },
        { scalar "double", 0 / 0, "f97e00" },
      { scalar "float", -math.huge, "f9fc00" }, { scalar "timestamp", 1709210096.7, "c11a65e079f0" },
      { list(integer), {}, "80" }, { list(text), { "a", json.null }, "826161f6" },
        { map(integer), { b = 2, a = 1 }, "a2616101616202" },
      { structure { A = text, B = text }, { A = "a", B = json.null }, "a161416161" },
    } do
      assert.equal(case[3], (written(case[1], case[2])))
    end
    assert.has_error(function() written(list(text), "a") end)
    assert.has_error(function() written(structure {}, { Nope = 1 }) end)
  end)

  it("is compressed where the model allows that and it is worth it", function()
    local m = model {
      protocol = "smithy-rpc-v2-cbor", input = structure { A = text },
        operation = { requestcompression = { encodings = { "gzip" } } },
    }
    local request = fixture.encode(m, { A = ("abcdefgh"):rep(2000) })
    assert.equal("gzip", request.headers["Content-Encoding"])
    assert.equal("\31\139", request.body:sub(1, 2))
    assert.is_true(#request.body < 300)
    assert.is_nil(fixture.encode(m, { A = "a" }).headers["Content-Encoding"])
    assert.equal("gzip", fixture.encode(m, { A = "a" }, { compress_from = 0 }).headers["Content-Encoding"])
    assert.is_nil(fixture.encode(m, { A = ("a"):rep(20000) },
      { compress_from = false }).headers["Content-Encoding"])
  end)
end)

describe("an answer of the RPC v2 CBOR protocol", function()
  local m = model {
    protocol = "smithy-rpc-v2-cbor",
    output = structure { A = text, T = scalar "timestamp", L = list(structure { N = integer }),
      X = scalar "blob" },
    errors = { NoThing = structure { Thing = text, message = text } },
  }

  it("is typed, and what the model does not know is dropped", function()
    assert.same({ A = "a", T = 1709210096, L = { { N = 1 }, json.null }, X = "\0" }, fixture.decode(m, bytes
      "a5 6141 6161 6154 c1 1a65e079f0 614c 82 a1 614e 01 f6 6158 4100 615a 01"))
  end)

  it("is InvalidResponse for anything else", function()
    for _, bad in ipairs { "", "\160\160", "\246", "\128", "\97a", "{}", "<html>", bytes "a1 614c 01",
      bytes "a1 6154 6161" } do
      local output, err = fixture.decode(m, bad)
      assert.is_nil(output)
      assert.equal("InvalidResponse", err.code)
    end
    assert.same({}, fixture.decode(model { protocol = "smithy-rpc-v2-cbor" }, ""))
  end)

  it("may be an error", function()
    local body = cbor.map(3) .. cbor.text "__type" .. cbor.text "aws.example#NoThing" .. cbor.text "message"
      .. cbor.text "m" .. cbor.text "Thing" .. cbor.text "t"
    local output, err = fixture.decode(m, body, 400, { ["x-amzn-RequestId"] = "r" })
    assert.is_nil(output)
    assert.same({ "NoThing", "m", "r", 400 }, { err.code, err.message, err.request_id, err.status })
    assert.same({ Thing = "t", message = "m" }, err.detail)
    assert.equal("503", select(2, fixture.decode(m, "<html>", 503)).code)
  end)
end)
