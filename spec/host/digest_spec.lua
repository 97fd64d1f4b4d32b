local digest = require "host.digest"

local function hex_of(name, ...)
  return digest.hex(digest[name](...))
end

describe("host.digest", function()
  it("gives the published values", function()
    -- RFC 1321, FIPS 180-4, RFC 4231 (case 2), and the check values of the CRCs' catalogues
    assert.are.equal("d41d8cd98f00b204e9800998ecf8427e", hex_of("md5", ""))
    assert.are.equal("900150983cd24fb0d6963f7d28e17f72", hex_of("md5", "abc"))
    assert.are.equal("a9993e364706816aba3e25717850c26c9cd0d89d", hex_of("sha1", "abc"))
    assert.are.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      hex_of("sha256", "abc"))
    assert.are.equal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      hex_of("hmac_sha256", "Jefe", "what do ya want for nothing?"))
    assert.are.equal("cbf43926", hex_of("crc32", "123456789"))
    assert.are.equal("e3069283", hex_of("crc32c", "123456789"))
  end)

  it("takes an empty key and any byte", function()
    assert.are.equal(32, #digest.hmac_sha256("", ""))
    assert.are.equal("00ff0a", digest.hex("\0\255\n"))
    assert.are.equal("", digest.hex(""))
  end)

  it("raises an error for what is no string", function()
    for _, name in ipairs { "md5", "sha1", "sha256", "hmac_sha256", "crc32", "crc32c", "hex" } do
      assert.has_error(function()
        digest[name]({})
      end)
    end
  end)
end)
