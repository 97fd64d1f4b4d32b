--- Calls that take many ids at once, where one bad id never takes the good ones with it.
-- @module fleet.batch

local attempt = require "fleet.attempt"
local retry = require "lazy" "aws.retry"
local task = require "task"

local SIZE = 50
local CONCURRENCY = 5

-- Client errors that say nothing about an id: halving the batch would only repeat them.
-- Source: Amazon EC2 API Reference, "Error codes for the Amazon EC2 API", and the "Common Errors"
-- page of the query and JSON services. Statuses 401 and 403 need no code; aws.retry knows throttling.
local NOT_ABOUT_AN_ID = {}
for code in ([[
  AccessDenied AccessDeniedException ExpiredToken ExpiredTokenException IncompleteSignature
  InvalidClientTokenId InvalidSignatureException MissingAuthenticationToken
  MissingAuthenticationTokenException OptInRequired PendingVerification RequestExpired
  UnrecognizedClientException
  DryRunOperation InvalidAction MissingAction MissingParameter UnknownOperationException
  UnknownParameter
]]):gmatch("%S+") do
  NOT_ABOUT_AN_ID[code] = true
end

-- Whether one id of the batch may be the cause. Too little capacity is a server error (500), yet
-- concerns the instances of one type and zone.
local function may_be_about_an_id(err)
  local status, code = err.status, err.code or ""
  if code:find("^Insufficient%w*Capacity") then return true end
  if not status or status < 400 or status > 499 then return false end
  return status ~= 401 and status ~= 403 and not NOT_ABOUT_AN_ID[code] and not retry.is_throttling(err)
end

-- Splits ids into those that a client error's message names and the others. That an id is named
-- says more than the code: a refused permission is often one instance's alone.
local function split_named(ids, err)
  local named, others = {}, {}
  local readable = (err.status or 0) >= 400 and err.status <= 499 and type(err.message) == "string"
  local words = {}
  for word in (readable and err.message or ""):gmatch("[%w_-]+") do words[word] = true end
  for _, id in ipairs(ids) do
    local part = words[id] and named or others
    part[#part + 1] = id
  end
  return named, others
end

local function halves(ids)
  local middle = math.floor(#ids / 2)
  return { unpack(ids, 1, middle) }, { unpack(ids, middle + 1) }
end

-- Every call that does not succeed takes out at least one id or splits the batch in two, so n ids
-- cost 2n - 1 calls at most; one bad id in n costs about 2 log2 n.
local function run(ids, call, result)
  if #ids == 0 then return end
  local ok, err = attempt(call, ids)
  if ok then
    for _, id in ipairs(ids) do result.ok[#result.ok + 1] = id end
    return
  end
  local facts = type(err) == "table" and err or {}
  local named, others = split_named(ids, facts)
  if #named > 0 then
    for _, id in ipairs(named) do result.failed[id] = err end
    return run(others, call, result)
  end
  if #ids > 1 and may_be_about_an_id(facts) then
    local first, second = halves(ids)
    run(first, call, result)
    return run(second, call, result)
  end
  for _, id in ipairs(ids) do result.failed[id] = err end
end

-- Lists of at most `size` ids, in order, each id once.
local function batches(ids, size)
  local lists, seen = {}, {}
  for _, id in ipairs(ids) do
    if not seen[id] then
      seen[id] = true
      local last = lists[#lists]
      if not last or #last == size then
        last = {}
        lists[#lists + 1] = last
      end
      last[#last + 1] = id
    end
  end
  return lists
end

local function number_from_1(options, name, default)
  local value = options and options[name] or default
  if type(value) == "number" and value >= 1 then return value end
  error(name .. ": expected a number from 1", 3)
end

--- Calls an operation for many ids, some batches at a time. A batch that is refused because of an id is
-- taken apart until only the bad ids are left: first by the ids that the message names, else by
-- halving. Errors that are about no id (permissions, throttling, the network, the deadline, the
-- server) are not taken apart: every id of that batch has that error.
-- @function fleet.batch
-- @tparam {string,...} ids an id that comes twice is called once
-- @tparam function call called as `call(ids)`; fails by `nil, err` or by raising, `err` as
--   aws.client has it: `err.status`, `err.code` and `err.message` decide
-- @tparam[opt] table options
-- @tparam[opt=50] number options.size ids in a call, at most
-- @tparam[opt=5] number options.concurrency calls that are under way at once, at most
-- @treturn table `{ ok = {id, ...} in the order of ids, failed = { [id] = err } }`
return function(ids, call, options)
  if type(ids) ~= "table" then error("ids: expected a list", 2) end
  if type(call) ~= "function" then error("call: expected a function", 2) end
  local lists = batches(ids, number_from_1(options, "size", SIZE))

  local result, of = { ok = {}, failed = {} }, {}
  task.side_by_side(#lists, number_from_1(options, "concurrency", CONCURRENCY), function(i)
    of[i] = { ok = {}, failed = result.failed }
    run(lists[i], call, of[i])
  end)
  for _, each in ipairs(of) do
    for _, id in ipairs(each.ok) do result.ok[#result.ok + 1] = id end
  end
  return result
end
