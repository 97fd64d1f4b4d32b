--- What a bundle was built from: `output/NAME.build.json`.
--
-- Terraform takes the architecture and the handler from it, and compares the checksums with the function's
-- files, so that it never deploys a bundle that is older than they are.
-- @module bundle.record

local digest = require "host.digest"
local json = require "json"

local M = {}

--- Writes down what a bundle was built from.
-- @tparam table declared `{ arch, handler }`
-- @tparam {table,...} entries the function's own files, `{ path, bytes }`, sorted by path
-- @treturn string a JSON document, its bytes the same for the same input
function M.document(declared, entries)
  local sums = {}
  for i, entry in ipairs(entries) do
    local sum = digest.hex(digest.sha256(entry.bytes))
    sums[i] = ("    %s: %s"):format(json.encode(entry.path), json.encode(sum))
  end
  return ('{\n  "architecture": %s,\n  "handler": %s,\n  "sources": {\n%s\n  }\n}\n'):format(
    json.encode(declared.arch), json.encode(declared.handler), table.concat(sums, ",\n"))
end

return M
