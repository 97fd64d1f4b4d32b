-- Calls any service of AWS: methods have boto3's names, members AWS's own spelling.
--
--     build/bootstrap run spec/examples/call.lua

local aws = require "aws"

local me = assert(aws.client("sts"):get_caller_identity())
print("account " .. me.Account)

local ssm = aws.client("ssm", { region = "eu-central-1" })
assert(ssm:put_parameter { Name = "/greeting", Value = "hello", Type = "String", Overwrite = true })
print("parameter " .. ssm:get_parameter({ Name = "/greeting" }).Parameter.Value)

-- What the world does wrong is a value; a caller's mistake, such as a misspelled parameter, is raised.
local _, err = ssm:get_parameter { Name = "/no/such" }
print(err.code, err.status, err.operation)

local ok, message = pcall(function() ssm:get_parameter { Nmae = "/greeting" } end)
print(ok, message)

-- Below the clients there is one signed request, for what no model has.
local answer = assert(aws.request {
  service = "sts", method = "POST", body = "Action=GetCallerIdentity&Version=2011-06-15",
  headers = { ["content-type"] = "application/x-www-form-urlencoded" },
})
print(answer.status, answer.body:match("<Account>(%d+)</Account>"))
