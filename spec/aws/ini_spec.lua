local ini = require "aws.ini"

describe("aws.ini", function()
  it("reads sections, settings and comments", function()
    assert.same({
      default = { region = "eu-west-1", output = "json" },
      ["profile dev"] = { role_arn = "arn:aws:iam::1:role/x", ["key"] = "a = b" },
    }, ini.parse [[
# a comment
[default]
region = eu-west-1
; another
OUTPUT:json

[profile dev]
role_arn=arn:aws:iam::1:role/x
key = a = b
]])
  end)

  it("reads nested settings and continued values", function()
    assert.same({
      default = {
        s3 = { addressing_style = "path", max_queue_size = "5" },
        text = "one\ntwo",
        region = "x",
      },
    }, ini.parse [[
[default]
s3 =
  addressing_style = path

  max_queue_size=5
text = one
  two
region = x
]])
  end)

  it("takes quotes off a profile's name, and a section's second part into the first", function()
    assert.same({ ["profile my own"] = { a = "1", b = "2" } },
      ini.parse "[profile 'my own']\na=1\n[profile \"my own\"]\nb=2")
  end)

  it("takes Windows' line ends, a byte order mark, a missing last line end, and nothing at all", function()
    assert.same({ a = { b = "c", d = "e" } }, ini.parse "\239\187\191[a]\r\nb = c\r\nd = e")
    assert.same({}, ini.parse "")
    assert.same({ a = { b = "" } }, ini.parse "[a]\nb =\n")
  end)

  it("says which line is wrong", function()
    for text, message in pairs {
      ["region = x"] = "line 1: a setting before the first [section]",
      ["[a]\nb = c\nnonsense"] = "line 3: expected name = value",
      ["[a]\n= c"] = "line 2: expected name = value",
      ["[a]\ns3 =\n  nonsense"] = "line 3: expected name = value",
    } do
      local sections, problem = ini.parse(text)
      assert.is_nil(sections)
      assert.equal(message, problem)
    end
  end)
end)
