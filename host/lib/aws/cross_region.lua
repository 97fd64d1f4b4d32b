--- Calls that one region hands on to another: they carry a URL, signed for the other region, by which that
-- one knows who asks. AWS refuses to copy an encrypted snapshot without it.
--
-- Source: Amazon EC2 API Reference, `CopySnapshot`, `PresignedUrl` and `DestinationRegion`.
-- @module aws.cross_region

local M = {}

local CALLS = { ec2 = { CopySnapshot = true } }

local function with(fields, more)
  local copy = {}
  for name, value in pairs(fields) do copy[name] = value end
  for name, value in pairs(more) do copy[name] = value end
  return copy
end

--- The parameters of a call with the URL that it needs; those of any other call as they are. A caller's own
-- URL stands.
-- @tparam table core a client's inner state; its region is the one that is called
-- @tparam string name AWS's name of the operation
-- @tparam table params checked
-- @treturn ?table
-- @treturn ?aws.error
function M.params(core, name, params)
  local calls = CALLS[core.model.service]
  if not calls or not calls[name] or params.PresignedUrl then return params end
  local here, err = require("aws.call").region(core)
  if not here then return nil, err end

  local there = with(core, { region = params.SourceRegion })
  local handed_on = with(params, { DestinationRegion = here })
  local url
  url, err = require("aws.presign").url(there, name, handed_on, 3600)
  if not url then return nil, err end
  return with(handed_on, { PresignedUrl = url })
end

return M
