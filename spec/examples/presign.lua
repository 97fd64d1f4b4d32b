-- Pre-signs URLs, for somebody without credentials to send and fetch an object; and uses them.
--
--     build/bootstrap run spec/examples/presign.lua BUCKET

local aws = require "aws"
local http = require "host.http"

local s3 = aws.client "s3"
local object = { Bucket = arg[1], Key = "letters/to-you.txt" }

local upload = assert(s3:presign("put_object", object, { expires = 60 }))
local sent = assert(http.request { method = "PUT", url = upload, body = "see you soon" })
print("sent", sent.status)

local download = assert(s3:presign("get_object", object, { expires = 60 }))
local fetched = assert(http.request { method = "GET", url = download })
print("fetched", fetched.status, fetched.body)

print(download:match("^[^?]+"), download:match("X%-Amz%-Expires=%d+"))
