local files = require "bundle.files"
local fixture = require "bundle.fixture"
local requirements = require "bundle.requirements"

describe("bundle.requirements", function()
  local folder

  setup(function() folder = fixture.folder() end)
  teardown(function() fixture.remove(folder) end)

  local function read(source)
    files.write(folder .. "/requirements.lua", source)
    return requirements.load(folder .. "/requirements.lua", "requirements.lua")
  end

  local function refusal(source)
    local declared, message = read(source)
    assert.is_nil(declared)
    return message
  end

  it("reads a declaration", function()
    local declared = {
      handler = "main.handle",
      arch = "arm64",
      aws = { ec2 = { "StopInstances" } },
      iam = { "ec2:CreateTags" },
      rocks = { "penlight ~> 1.14" },
    }
    assert.same(declared, read [[return {
      handler = "main.handle",
      arch = "arm64",
      aws = { ec2 = { "StopInstances" } },
      iam = { "ec2:CreateTags" },
      rocks = { "penlight ~> 1.14" },
    }]])
  end)

  it("has defaults for what is left out", function()
    assert.same({ handler = "handler", arch = "x86_64", aws = {}, iam = {}, rocks = {} }, read "return {}")
  end)

  it("says that the file is missing", function()
    local _, message = requirements.load(folder .. "/nowhere.lua", "functions/x/requirements.lua")
    assert.matches("^functions/x/requirements.lua is missing", message)
  end)

  it("names file and line of a syntax error", function()
    assert.matches("^requirements.lua:2: ", refusal "return {\n aws = = }")
  end)

  it("runs it without any global", function()
    assert.matches("^requirements.lua:1: .*'require'.*data only", refusal "return require 'x'")
    assert.matches("^requirements.lua:1: .*'os'.*data only", refusal "os.exit(3)")
  end)

  it("takes nothing but a table", function()
    assert.equal("requirements.lua returns a nil, not a table of data", refusal "")
    assert.equal("requirements.lua returns a function, not a table of data", refusal "return function() end")
    assert.equal("requirements.lua returns a string, not a table of data", refusal "return 'ec2'")
  end)

  it("refuses bytecode", function()
    assert.is_string(refusal(string.dump(function() return {} end)))
  end)

  it("says what a field must be", function()
    assert.matches("aws must be services with their operations", refusal "return { aws = { 'ec2' } }")
    assert.matches("aws must be services", refusal "return { aws = { ec2 = 'DescribeInstances' } }")
    assert.matches("aws must be services", refusal "return { aws = { ec2 = { 'A', [3] = 'B' } } }")
    assert.matches("aws must be services", refusal "return { aws = { ec2 = { function() end } } }")
    assert.matches("handler must be the name of a module", refusal "return { handler = 1 }")
    assert.matches("handler must be", refusal "return { handler = '../x' }")
    assert.matches("handler must be", refusal "return { handler = '' }")
    assert.matches('arch must be "x86_64" or "arm64"', refusal "return { arch = 'riscv' }")
    assert.matches("iam must be a list of IAM actions", refusal "return { iam = { 'ec2:*' } }")
    assert.matches("iam must be a list of IAM actions", refusal "return { iam = 'ec2:CreateTags' }")
    assert.matches("rocks must be a list", refusal "return { rocks = { penlight = '1' } }")
  end)

  it("names an unknown field", function()
    assert.matches("unknown field awz; there are", refusal "return { awz = {} }")
  end)
end)
