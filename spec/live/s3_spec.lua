local http = require "host.http"
local moto = require "live.moto"

local MEGABYTE = 1048576

-- Names that a client must neither normalize nor encode twice nor leave out of its signature.
local ODD_KEYS = {
  "a space and a+plus",
  "Grüße/日本語/🙂",
  "//two/slashes//within//",
  "dots/./and/../more...",
  "..",
  "percent%20sign%",
  "every!*'();:@&=+$,?#[]~sign",
  "a\"quoted\"<tag>&amp;",
  "tab\tand 'quotes'",
  "no \1 character of XML",
}

describe("S3 of a local AWS", function()
  local aws, s3

  setup(function()
    aws = moto.start()
    -- moto checks no signature until it is asked to; a bucket in the path needs no name in DNS.
    s3 = aws:client("s3")
    assert(s3:create_bucket { Bucket = "odd" })
  end)

  teardown(function() aws:stop() end)

  local function put(key, body, more)
    local params = { Bucket = "odd", Key = key, Body = body }
    for name, value in pairs(more or {}) do params[name] = value end
    return assert(s3:put_object(params))
  end

  local function get(key)
    return assert(s3:get_object { Bucket = "odd", Key = key })
  end

  local function listed(prefix)
    local keys = {}
    for object in s3:each("list_objects_v2", { Bucket = "odd", Prefix = prefix, MaxKeys = 2 }) do
      keys[#keys + 1] = object.Key
    end
    return keys
  end

  it("keeps a body's bytes and what is said of it", function()
    local bytes = {}
    for byte = 0, 255 do bytes[#bytes + 1] = string.char(byte) end
    local body = table.concat(bytes)
    put("bytes", body, {
      ContentType = "application/x-bytes",
      Metadata = { colour = "blue", ["two-words"] = "a  b" },
      CacheControl = "max-age=60",
    })
    local object = get "bytes"
    assert.equal(body, object.Body)
    assert.equal("application/x-bytes", object.ContentType)
    assert.equal("max-age=60", object.CacheControl)
    assert.equal(256, object.ContentLength)
    assert.same({ colour = "blue", ["two-words"] = "a  b" }, object.Metadata)
    assert.is_number(object.LastModified)
  end)

  for _, key in ipairs(ODD_KEYS) do
    it(("stores, lists and deletes the key %q"):format(key), function()
      put(key, "of " .. key)
      assert.equal("of " .. key, get(key).Body)
      assert.same({ key }, listed(key))
      assert(s3:delete_object { Bucket = "odd", Key = key })
      assert.same({}, listed(key))
    end)
  end

  it("copies from a key of any name", function()
    for _, key in ipairs { "copy/a b+ü%20?x", "copy/plain" } do
      put(key, "copied from " .. key)
      assert(s3:copy_object {
        Bucket = "odd", Key = "copied", CopySource = { Bucket = "odd", Key = key },
      })
      assert.equal("copied from " .. key, get("copied").Body)
    end
  end)

  it("says where a bucket is", function()
    local west = aws:client("s3", { region = "eu-west-1" })
    assert(west:create_bucket {
      Bucket = "far", CreateBucketConfiguration = { LocationConstraint = "eu-west-1" },
    })
    assert.equal("eu-west-1", assert(west:get_bucket_location { Bucket = "far" }).LocationConstraint)
    assert.is_nil(assert(s3:get_bucket_location { Bucket = "odd" }).LocationConstraint)
  end)

  it("lists page by page, in order", function()
    for i = 1, 7 do put("page/" .. i, "") end
    local pages = 0
    for page in s3:pages("list_objects_v2", { Bucket = "odd", Prefix = "page/", MaxKeys = 3 }) do
      pages = pages + 1
      assert.is_true(#page.Contents <= 3)
    end
    assert.equal(3, pages)
    local keys = listed "page/"
    assert.equal("page/1 page/2 page/3 page/4 page/5 page/6 page/7", table.concat(keys, " "))
  end)

  it("groups what is below a delimiter", function()
    put("tree/a/1", "")
    put("tree/b/1", "")
    put("tree/leaf", "")
    local page = assert(s3:list_objects_v2 { Bucket = "odd", Prefix = "tree/", Delimiter = "/" })
    assert.same({ { Prefix = "tree/a/" }, { Prefix = "tree/b/" } }, page.CommonPrefixes)
    assert.equal("tree/leaf", page.Contents[1].Key)
  end)

  it("carries 20 MB there and back", function()
    local megabyte = ("0123456789abcdef"):rep(MEGABYTE / 16)
    local body = megabyte:rep(20)
    local stored = put("large", body)
    local object = get "large"
    assert.equal(20 * MEGABYTE, object.ContentLength)
    assert.is_true(body == object.Body)
    assert.equal(stored.ETag, object.ETag)
    local part = assert(s3:get_object { Bucket = "odd", Key = "large", Range = "bytes=1048570-1048579" })
    assert.equal("abcdef" .. "0123", part.Body:gsub("^.*(......)(....)$", "%1%2"))
    assert.equal("bytes 1048570-1048579/20971520", part.ContentRange)
  end)

  it("puts an object together from parts", function()
    local upload = assert(s3:create_multipart_upload { Bucket = "odd", Key = "parts" })
    local parts = {}
    for number, letter in ipairs { "a", "b" } do
      local part = assert(s3:upload_part {
        Bucket = "odd", Key = "parts", UploadId = upload.UploadId, PartNumber = number,
        Body = letter:rep(5 * MEGABYTE),
      })
      parts[number] = { ETag = part.ETag, PartNumber = number }
    end
    assert(s3:complete_multipart_upload {
      Bucket = "odd", Key = "parts", UploadId = upload.UploadId, MultipartUpload = { Parts = parts },
    })
    assert.is_true(("a"):rep(5 * MEGABYTE) .. ("b"):rep(5 * MEGABYTE) == get("parts").Body)
  end)

  it("sends the checksum that the model demands, or the caller", function()
    put("one", "1")
    put("two", "2")
    local deleted = assert(s3:delete_objects {
      Bucket = "odd", Delete = { Objects = { { Key = "one" }, { Key = "two" }, { Key = "a&b<c>" } } },
    })
    assert.equal(3, #deleted.Deleted)
    local summed = put("summed", "123456789", { ChecksumAlgorithm = "CRC32" })
    assert.equal("y/Q5Jg==", summed.ChecksumCRC32)
  end)

  it("gives out URLs that need no credentials", function()
    local where = { Bucket = "odd", Key = "shared/Grüße & more.txt", ContentType = "text/plain" }
    local url = assert(s3:presign("put_object", where, { expires = 300 }))
    local sent = assert(http.request {
      method = "PUT", url = url, headers = { "Content-Type: text/plain" }, body = "from outside",
    })
    assert.equal(200, sent.status, sent.body)
    assert.equal("from outside", get(where.Key).Body)

    where.ContentType = nil
    url = assert(s3:presign("get_object", where))
    local fetched = assert(http.request { method = "GET", url = url })
    assert.equal("200 from outside", fetched.status .. " " .. fetched.body)
  end)

  it("says what went wrong, with a body and without one", function()
    local none, err = s3:get_object { Bucket = "odd", Key = "nothing here" }
    assert.is_nil(none)
    assert.equal("NoSuchKey 404", err.code .. " " .. err.status)
    assert.equal("s3 GetObject", err.service .. " " .. err.operation)

    none, err = s3:head_object { Bucket = "odd", Key = "nothing here" }
    assert.is_nil(none)
    assert.equal(404, err.status)

    none, err = s3:list_objects_v2 { Bucket = "no-such-bucket" }
    assert.is_nil(none)
    assert.equal("NoSuchBucket", err.code)
  end)

  it("waits for a bucket and for an object, whose answers have no body", function()
    assert.is_true(s3:wait("bucket_exists", { Bucket = "odd" }))
    put("awaited", "")
    assert.is_true(s3:wait("object_exists", { Bucket = "odd", Key = "awaited" }))
    assert.is_true(s3:wait("object_not_exists", { Bucket = "odd", Key = "never" }))
    local reached, err = s3:wait("object_exists", { Bucket = "odd", Key = "never" },
      { delay = 0, max_attempts = 2 })
    assert.is_nil(reached)
    assert.equal("WaiterTimeout", err.code)
  end)
end)
