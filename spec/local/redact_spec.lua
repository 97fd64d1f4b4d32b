local json = require "json"
local redact = require "local.redact"

local MODEL = {
  operations = {},
  shapes = {
    Thing = {
      type = "structure",
      members = {
        Name = { shape = "Text" },
        Secret = { shape = "Hidden" },
        HiddenParts = { shape = "HiddenParts" },
        Body = { shape = "Bytes" },
        Names = { shape = "Texts" },
        Tags = { shape = "Map" },
        Password = { shape = "Text" },
        NextToken = { shape = "Text" },
      },
    },
    Text = { type = "string" },
    Hidden = { type = "string", sensitive = true },
    HiddenParts = { type = "structure", sensitive = true, members = { A = { shape = "Text" } } },
    Bytes = { type = "blob" },
    Texts = { type = "list", member = { shape = "Text" } },
    Map = { type = "map", key = { shape = "Text" }, value = { shape = "Text" } },
  },
}

local function thing(value, secrets)
  return redact.document(MODEL, { shape = "Thing" }, value, secrets)
end

describe("local.redact", function()
  it("hides what the model marks as sensitive, whatever it is", function()
    assert.same({ Name = "n", Secret = "***", HiddenParts = "***" },
      thing { Name = "n", Secret = "hush", HiddenParts = { A = "hush" } })
  end)

  it("hides members whose name says what they are, and keeps the token of the next page", function()
    assert.same({ Password = "***", NextToken = "page-2" }, thing { Password = "hush", NextToken = "page-2" })
  end)

  it("hides in maps too", function()
    assert.same({ Tags = { DB_PASSWORD = "***", Name = "web" } },
      thing { Tags = { DB_PASSWORD = "hush", Name = "web" } })
  end)

  it("writes blobs in base64, and empty lists as lists", function()
    local value = thing { Body = "\0\255", Names = {} }
    assert.equal("AP8=", value.Body)
    assert.equal("[]", json.encode(value.Names))
  end)

  it("takes a table for what the model says it is", function()
    assert.equal("{}", json.encode(thing { Tags = {} }.Tags))
  end)

  it("hides the texts that it is given, inside others too", function()
    assert.same({ Name = "a *** b *** c" }, thing({ Name = "a p.w+ b p.w+ c" }, { "p.w+" }))
  end)

  it("tells the name of a secret from a secret", function()
    for _, name in ipairs { "Password", "MasterUserPassword", "SecretAccessKey", "SessionToken", "api_key",
      "SecretString", "DB-PASSWORD", "IdToken" } do
      assert.is_true(redact.is_secret_name(name), name)
    end
    for _, name in ipairs { "NextToken", "ClientToken", "Name", "SecretId", "AccessKeyId", "PasswordPolicy",
      "CredentialArn", "InstanceId" } do
      assert.is_false(redact.is_secret_name(name), name)
    end
  end)

  it("hides what looks like a secret in any text", function()
    local texts = {
      ["key AKIAIOSFODNN7EXAMPLE."] = "key ***.",
      ["ASIAIOSFODNN7EXAMPLE"] = "***",
      ["https://b/k?X-Amz-Signature=abc&x=1"] = "https://b/k?X-Amz-Signature=***&x=1",
      ["https://b/k?a=1&Signature=ab%2Fc"] = "https://b/k?a=1&Signature=***",
      ["u?X-Amz-Credential=AK%2F2026&X-Amz-Security-Token=t%2B"] =
        "u?X-Amz-Credential=***&X-Amz-Security-Token=***",
      ["Authorization: Bearer abc.def-1="] = "Authorization: Bearer ***",
      ["eyJhbGciOi.eyJzdWIi.c2ln tail"] = "*** tail",
      ["-----BEGIN RSA PRIVATE KEY-----\nMII\n"] = "***",
      ["MAKIAVELLI is no key, nor is AKIA"] = "MAKIAVELLI is no key, nor is AKIA",
    }
    for text, expected in pairs(texts) do assert.equal(expected, redact.text(text)) end
  end)
end)
