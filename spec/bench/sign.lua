-- sign.lua ROUNDS: signs a typical EC2 call with a key that is known already.
-- Prints the lengths of body, canonical request and string to sign; then the nanoseconds of one signature for
-- each round.

local sigv4 = require "aws.sigv4"

local SIGNATURES = 20000

local request = {
  method = "POST",
  path = "/",
  headers = {
    host = "ec2.eu-central-1.amazonaws.com",
    ["content-type"] = "application/x-www-form-urlencoded; charset=utf-8",
    ["user-agent"] = "lualambda",
  },
  body = "Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag-key"
    .. "&Filter.1.Value.1=start-stop%3Astart&Filter.1.Value.2=start-stop%3Astop&MaxResults=1000",
  service = "ec2",
  region = "eu-central-1",
  time = 1790000000,
  credentials = { access_key = "AKIDEXAMPLE", secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
}

local signed = sigv4.sign(request)
print(#request.body, #signed.canonical_request, #signed.string_to_sign)

for _ = 1, tonumber(arg[1]) do
  local before = os.clock()
  for _ = 1, SIGNATURES do sigv4.sign(request) end
  print(("%.1f"):format((os.clock() - before) / SIGNATURES * 1e9))
end
