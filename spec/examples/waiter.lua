-- Waits for a state: the waiters of AWS's models, by boto3's names. Other tasks run meanwhile.
--
--     build/bootstrap run spec/examples/waiter.lua BUCKET

local aws = require "aws"
local task = require "task"

local s3, bucket = aws.client("s3"), arg[1]

-- Somebody else makes the bucket, in a while.
local maker = task.spawn(function()
  task.sleep(0.5)
  print "made"
  assert(s3:create_bucket { Bucket = bucket })
end)

assert(s3:wait("bucket_exists", { Bucket = bucket }, { delay = 0.1, max_attempts = 600 }))
print "there"
maker:join()

-- One that waits in vain says so.
local _, err = s3:wait("bucket_exists", { Bucket = bucket .. "-2" }, { delay = 0.1, max_attempts = 3 })
print(err.code)
