local hcl = require "local.hcl"

local function arguments(text)
  local blocks, message = hcl.read(text, "main.tf")
  assert(blocks, message)
  return blocks[#blocks].arguments
end

local function problem(text)
  local blocks, message = hcl.read(text, "main.tf")
  assert.is_nil(blocks)
  return message
end

describe("local.hcl", function()
  it("reads plain values", function()
    assert.same({
      a = 1, b = -2.5, c = "x\ty \"z\"", d = true, e = false, f = { "p", "q" }, g = { h = "i", j = 2 },
    }, arguments [[
      module "m" { # a comment
        a = 1
        b = -2.5 // another
        c = "x\ty \"z\""
        d = true /* and
        one more */
        e = false
        f = [
          "p",
          "q", # last
        ]
        g = { h = "i", "j" : 2 }
        k = null
      }
    ]])
  end)

  it("reads blocks with their labels, and blocks on one line", function()
    local blocks = hcl.read('resource "a" "b" {\n  x { y = 1 }\n}\noutput "o" { value = 2 }\n', "f")
    assert.same({ "a", "b" }, blocks[1].labels)
    assert.equal("resource", blocks[1].kind)
    assert.same({ value = 2 }, blocks[2].arguments)
  end)

  it("follows references to variables with a default, and to locals", function()
    assert.same({ a = 5, b = "in eu", c = { 5 }, d = "5-eu" }, arguments [[
      variable "n" { default = 5 }
      variable "region" {
        type    = string
        default = "eu"
      }
      locals { both = "${var.n}-${var.region}" }
      module "m" {
        a = var.n
        b = "in ${var.region}"
        c = [var.n]
        d = local.both
      }
    ]])
  end)

  it("leaves the other expressions to Terraform", function()
    local found = arguments [[
      variable "bare" { type = string }
      module "m" {
        a = 1 + 2
        b = file("x, y }")
        c = "id ${data.aws_region.here.name} and ${join("}", ["{"])}"
        d = var.bare
        e = { for k, v in var.m : k => v }
        f = [for x in y : x]
        g = cond ? 1 : 2
        h = data.x.y["z"].w
        i = <<-EOT
          timeout = 5 }
        EOT
        j = [
          { actions = ["a:b"], resources = [local.none] },
        ]
        k = 7
      }
    ]]
    for _, name in ipairs { "a", "b", "c", "d", "e", "f", "g", "h", "i" } do
      assert.equal(hcl.UNKNOWN, found[name], name)
    end
    assert.equal(hcl.UNKNOWN, found.j[1].resources[1])
    assert.same({ "a:b" }, found.j[1].actions)
    assert.equal(7, found.k)
  end)

  it("takes references that lead round in a circle for unknown", function()
    assert.equal(hcl.UNKNOWN, arguments('locals {\n a = local.b\n b = local.a\n}\nx "y" { z = local.a }').z)
  end)

  it("says what is wrong, and where", function()
    assert.equal("main.tf:2: expected a value, got the end of the line", problem('m "x" {\n  a =\n}'))
    assert.equal("main.tf:2: expected an argument, a block or }, got the end of the file",
      problem('m "x" {\n'))
    assert.equal("main.tf:2: a string has no end", problem('m "x" {\n  a = "b\n}'))
    assert.equal("main.tf:1: expected a block, got }", problem("}"))
    assert.equal("main.tf:2: expected ), got }", problem('m "x" {\n  a = f( }\n'))
    assert.equal("main.tf:1: a comment has no end", problem("/* x"))
    assert.equal("main.tf:1: expected = or {, got 5", problem("x 5"))
  end)

  it("reads every Terraform file of this checkout", function()
    local found = io.popen("find functions terraform -name '*.tf'")
    local count = 0
    for path in found:lines() do
      local file = io.open(path)
      assert(hcl.read(file:read("*a"), path))
      file:close()
      count = count + 1
    end
    found:close()
    assert.is_true(count > 3)
  end)
end)
