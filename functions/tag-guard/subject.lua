--- What an event is about. Pure.

local SCHEDULED = "Scheduled Event"

--- Reads which resources an event names; a schedule's names none, and is about all.
-- @tparam table event EventBridge's
-- @treturn ?table `{ instance = {id, ...}, volume = {id, ...} }`, or `{ all = true }`
-- @treturn ?string what is wrong
return function(event)
  if event["detail-type"] == SCHEDULED then return { all = true } end
  local subject, found = { instance = {}, volume = {} }, false
  for _, arn in ipairs(type(event.resources) == "table" and event.resources or {}) do
    local kind, id = tostring(arn):match("^arn:[^:]+:ec2:[^:]+:%d+:(%l+)/([%w-]+)$")
    if subject[kind] then
      table.insert(subject[kind], id)
      found = true
    end
  end
  if found then return subject end
  return nil, ("event.resources names no instance and no volume, and event.detail-type is not %q")
    :format(SCHEDULED)
end
