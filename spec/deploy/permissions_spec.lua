-- What a function's Terraform allows is what its requirements.lua declares: no more, and no less.

local files = require "bundle.files"
local model = require "aws.model"
local policy = require "bundle.policy"
local requirements = require "bundle.requirements"

-- The IAM actions of the declared operations, and those that they need besides, as a set.
local function declared(aws, besides)
  local actions = {}
  for _, action in ipairs(besides or {}) do actions[action] = true end
  for service, operations in pairs(aws) do
    local whole, chosen = assert(model.load(service)), {}
    for _, operation in ipairs(operations) do chosen[operation] = assert(whole.operations[operation]) end
    for _, action in ipairs(policy.actions(service, { metadata = whole.metadata, operations = chosen })) do
      actions[action] = true
    end
  end
  return actions
end

-- The IAM actions in Terraform code, as a set. They stand in the module's `permissions` and nowhere else.
local function allowed(code)
  code = code:gsub("/%*.-%*/", ""):gsub("%s//[^\n]*", ""):gsub("%s#[^\n]*", "")
  assert(not code:find('resource%s+"aws_iam_'), "a policy besides the module's permissions")
  assert(not code:lower():find("not_?actions?%s*="), "a policy that allows all but some actions")
  local actions = {}
  for list in code:gmatch("%f[%w_]actions%s*=%s*(%b[])") do
    for action in list:gmatch('"([^"]*)"') do actions[action] = true end
  end
  return actions
end

-- What is in the one set and not in the other, as a text.
local function difference(one, other)
  local only = {}
  for action in pairs(one) do
    if not other[action] then only[#only + 1] = action end
  end
  table.sort(only)
  return table.concat(only, " ")
end

local function check(code, aws, besides)
  local may, needs = allowed(code), declared(aws, besides)
  return { undeclared = difference(may, needs), lacking = difference(needs, may) }
end

local GOOD = { undeclared = "", lacking = "" }

describe("permissions", function()
  for _, name in ipairs(files.folders "functions") do
    local folder = "functions/" .. name
    if files.exists(folder .. "/main.tf") then
      it("of " .. name .. " are those that it declares", function()
        local code = {}
        for _, path in ipairs(files.list(folder)) do
          if path:find("%.tf$") then code[#code + 1] = assert(files.read(folder .. "/" .. path)) end
        end
        local needs = assert(requirements.load(folder .. "/requirements.lua"))
        assert.same(GOOD, check(table.concat(code, "\n"), needs.aws, needs.iam))
      end)
    end
  end

  local AWS = { ec2 = { "DescribeInstances", "StopInstances" }, s3 = { "ListObjectsV2" } }
  local CODE = [[
    permissions = [
      { actions = ["ec2:DescribeInstances", "ec2:StopInstances"], resources = ["*"] }, # "ec2:Any"
      {
        actions   = ["s3:ListBucket"]
        resources = ["*"]
      },
    ]
  ]]

  it("are compared by action, not by operation", function()
    assert.same(GOOD, check(CODE, AWS))
  end)

  it("are found wanting and too wide", function()
    local code = CODE:gsub('"ec2:StopInstances"', '"ec2:StartInstances", "ec2:*"')
    assert.same({ undeclared = "ec2:* ec2:StartInstances", lacking = "ec2:StopInstances" }, check(code, AWS))
    assert.same({ undeclared = "", lacking = "s3:ListBucket" }, check(CODE:gsub('"s3:ListBucket"', ""), AWS))
  end)

  it("are those that the operations need besides, too", function()
    local code = CODE .. 'actions = ["kms:Decrypt"]'
    assert.same(GOOD, check(code, AWS, { "kms:Decrypt" }))
    assert.same({ undeclared = "kms:Decrypt", lacking = "" }, check(code, AWS))
    assert.same({ undeclared = "", lacking = "kms:Decrypt" }, check(CODE, AWS, { "kms:Decrypt" }))
  end)

  it("stand in one place", function()
    assert.has_error(function() check(CODE .. 'resource "aws_iam_role_policy" "more" {}', AWS) end)
    assert.has_error(function() check(CODE .. 'not_actions = ["ec2:RunInstances"]', AWS) end)
  end)
end)
