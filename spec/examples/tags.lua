-- Validates tags: a schema says which there are, and reads them as typed values, or says all that is wrong.
--
--     build/bootstrap run spec/examples/tags.lua

local aws = require "aws"
local tags = require "fleet.tags"

local schema = tags.schema {
  backup = tags.boolean { key = "backup", default = false },
  keep = tags.integer { key = "keep-days", min = 1, max = 365, default = 30 },
  zone = tags.zone { key = "timezone" },
  stage = { -- a kind of its own: `convert` gives the value, or nil and what is wrong
    key = "stage", example = "test",
    convert = function(text)
      if text == "test" or text == "live" then return text end
      return nil, "is neither test nor live"
    end,
  },
}

for volume in aws.client("ec2"):each "describe_volumes" do
  local values, errors = schema:read(volume.Tags, volume.VolumeId)
  if values then
    print(volume.VolumeId, values.backup, values.keep, values.stage, values.zone and values.zone.name)
  end
  for _, err in ipairs(errors or {}) do print(err) end
end
