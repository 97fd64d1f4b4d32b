--- Requests to the plain services on a machine that hand out credentials.
-- @module aws.credentials.metadata

local M = {}

local MAX_BODY = 65536

-- Whether asking again may help: no answer, or a failure on the other side.
local function is_passing(response)
  return not response or response.status >= 500
end

--- Asks, and asks again where that may help.
-- @tparam session session
-- @tparam table request `method`, `url`, `headers`, `timeout` (seconds), `attempts`, `direct` (true to pass
--   by any proxy)
-- @treturn ?string the body of an answer with status 200
-- @treturn ?string what went wrong
-- @treturn ?number the status, where there was an answer
function M.ask(session, request)
  local response, failure
  for number = 1, request.attempts do
    response, failure = session.platform.http{
      method = request.method,
      url = request.url,
      headers = request.headers,
      timeout = request.timeout,
      connect_timeout = request.timeout,
      trust = "system",
      direct = request.direct,
      fresh = true, -- a kept connection may be broken, and there may be one attempt alone
      max_body = MAX_BODY,
    }
    if not is_passing(response) or number == request.attempts then break end
    session.platform.sleep(0.1 * 2 ^ number)
  end
  if not response then return nil, failure.message end
  if response.status ~= 200 then return nil, "HTTP " .. response.status, response.status end
  return response.body
end

return M
