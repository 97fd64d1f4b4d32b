--- HTTP exchanges that wait as tasks do: the caller's coroutine sleeps, the others go on.
-- @module host.http

local transfer = require "host.transfer"
local host_task = require "host.task"

local M = {}

--- Sends one request, once, and waits for its answer. Redirects are not followed, and the deadline of
-- the calling task bounds the exchange beside the timeouts.
-- @tparam table request
-- @tparam string request.method
-- @tparam string request.url
-- @tparam[opt] {string,...} request.headers lines of the form `Name: value`
-- @tparam[opt] string request.body
-- @tparam[opt=60] number request.timeout seconds for the whole exchange; 0 for none
-- @tparam[opt=5] number request.connect_timeout seconds to connect, TLS included
-- @tparam[opt="system"] string request.trust roots that TLS is verified against: `amazon` or `system`
-- @tparam[opt] string request.ca_file a PEM file of roots, in place of the system's
-- @tparam[opt] boolean request.direct true passes by any proxy that the environment names
-- @tparam[opt] boolean request.fresh true uses no kept connection
-- @tparam[opt] number request.max_body bytes; a longer answer is an error (64 MiB)
-- @tparam[opt] userdata request.sink takes the body of a 2xx answer as it arrives
-- @treturn ?table `{ status, headers, body }`; header names in lower case
-- @treturn ?table `{ kind, message }`, kind one of `resolve`, `connect`, `tls`, `timeout`,
--   `deadline`, `too_large`, `sink`, `memory`, `protocol`
function M.request(request)
  local exchange = transfer.start(request)
  host_task.wait(exchange)
  return transfer.finish(exchange)
end

return M
