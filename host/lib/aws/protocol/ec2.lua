--- The `ec2` protocol: the `query` protocol with names of its own.
-- Source: Smithy 2.0, "AWS EC2 query protocol".
-- @module aws.protocol.ec2

local query = require "aws.protocol.query"

local M = { decode = query.decode, sink = query.sink }

local EC2 = {}

function EC2.member(view, name)
  if view.queryName then return view.queryName end
  return view.locationName and view.locationName:gsub("^.", string.upper) or name
end

-- Every list is flattened.
function EC2.list(_, prefix)
  return prefix
end

--- Writes a request.
function M.encode(model, operation, params, options)
  return query.encode_with(model, operation, params, options, EC2)
end

return M
