-- Streams a response: a handler that sends rows while it makes them, however many they become.
--
-- requirements.lua: return { handler = "handler", aws = { s3 = { "ListObjectsV2" } } }

local aws = require "aws"

return function(event, context)
  local out = context.stream { content_type = "text/csv" }
  out:write "key,bytes\n"
  for page in aws.client("s3"):pages("list_objects_v2", { Bucket = event.bucket }) do
    local rows = {}
    for i, object in ipairs(page.Contents or {}) do rows[i] = ("%s,%d\n"):format(object.Key, object.Size) end
    out:write(table.concat(rows))
  end
end
