--- Names of operations, waiters and paginators in boto3's spelling.
--
-- Source of the spelling: botocore's `xform_name`.
-- @module aws.names

local M = {}

-- Words whose capitals would be cut in the wrong place.
local ODD_WORDS = {
  { "iSCSI", "Iscsi" },
  { "HITs", "Hits" },
  { "PartiQL", "Partiql" },
  { "WhatsApp", "Whatsapp" },
  { "OTel", "Otel" },
}

-- "ARNs" in "GatewayARNs" is one word.
local function split_plural(name)
  local head, acronym = name:match("^(.-)(%u%u+s)$")
  if not head then return name end
  return head .. "_" .. acronym:lower()
end

local spelled = {}

--- An operation, waiter or paginator in boto3's spelling.
-- @tparam string name such as `DescribeDBInstances`
-- @treturn string such as `describe_db_instances`
function M.snake_case(name)
  local known = spelled[name]
  if known then return known end
  local snake = name
  if not name:find("_", 1, true) then
    for _, word in ipairs(ODD_WORDS) do snake = snake:gsub(word[1], word[2]) end
    snake = split_plural(snake)
    snake = snake:gsub("(.)(%u%l+)", "%1_%2"):gsub("([%l%d])(%u)", "%1_%2"):lower()
  end
  spelled[name] = snake
  return snake
end

return M
