--- Clock skew: when AWS refuses a request for its time, the answer's Date says what the time is there.
-- @module aws.skew

local timestamp = require "lazy" "aws.protocol.timestamp"

local M = {}

-- AWS takes a signature for five minutes; below this the clock is not the reason.
local TOLERATED = 240

-- Refusals that a wrong clock may be behind: for the time itself, or for a signature that does not fit.
local POSSIBLE = {
  RequestTimeTooSkewed = true,
  RequestExpired = true,
  RequestInTheFuture = true,
  InvalidSignatureException = true,
  SignatureDoesNotMatch = true,
  AuthFailure = true,
  AccessDeniedException = true,
}

--- Corrects the session's clock after a refusal.
-- @tparam session session
-- @tparam number signed the skew that the request was signed with
-- @tparam aws.error err
-- @tparam ?table headers of the answer
-- @treturn boolean whether the same request may succeed now
function M.correct(session, signed, err, headers)
  if not POSSIBLE[err.code] then return false end
  if session.skew ~= signed then return true end -- another call's refusal has told it meanwhile
  local there = headers and headers.date and timestamp.parse(headers.date)
  if not there then return false end
  local offset = there - session:now()
  if math.abs(offset) <= TOLERATED then return false end
  session.skew = session.skew + offset
  return true
end

return M
