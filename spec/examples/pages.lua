-- Pages through ten thousand objects in constant memory: `each` gives items, `pages` whole answers.
--
--     build/bootstrap run spec/examples/pages.lua BUCKET

local aws = require "aws"

local s3, bucket = aws.client("s3"), arg[1]

local count, bytes, last = 0, 0, nil
for object in s3:each("list_objects_v2", { Bucket = bucket }) do
  count, bytes, last = count + 1, bytes + object.Size, object.Key
end
print(("%d objects, %d bytes, the last is %s"):format(count, bytes, last))

local pages = 0
for page in s3:pages("list_objects_v2", { Bucket = bucket, MaxKeys = 500 }) do
  pages = pages + 1
  if page.Contents[1].Key >= "logs/05000" then break end -- the next page is asked for only when it is wanted
end
print(("%d pages of 500 to the middle"):format(pages))
