--- The places of a fleet: regions by accounts, as two settings name them.
--
--     local regions = places.regions "eu-west-1 us-east-1"    -- or "all"
--     local roles = places.roles "arn:aws:iam::222222222222:role/start-stop own"
--     local list, refusals = places.list { home = home, regions = regions, roles = roles }
-- @module fleet.places

local attempt = require "fleet.attempt"
local fleet = require "fleet"
local new_place = require "fleet.place"

local M = {}

local ACCOUNTS_AT_ONCE = 50

-- ---- the settings ----

local function words(text)
  local list, seen = {}, {}
  for word in text:gmatch "[^%s,]+" do
    if not seen[word] then list[#list + 1] = word end
    seen[word] = true
  end
  return list
end

--- Reads a list of regions.
-- @tparam string text names of regions; or `all`, those that an account has opted in to
-- @treturn ?{string,...} the names; `{ "all" }`
-- @treturn ?string what is wrong
function M.regions(text)
  local list = words(text)
  if #list == 0 then return nil, "names nothing" end
  for _, word in ipairs(list) do
    if word == "all" and #list > 1 then return nil, "has other regions besides all" end
    if word ~= "all" and not word:find "^%l%l%w*%-[%l-]+%-%d+$" then
      return nil, ("%q is no region"):format(word)
    end
  end
  return list
end

local function role_of(word)
  if word == "own" then return { own = true } end
  local organization = word:match "^organization/([%w+=,.@_/-]+)$"
  if organization then return { organization = organization } end
  local account = word:match "^arn:aws[%w-]*:iam::(%d+):role/[%w+=,.@_/-]+$"
  if account and #account == 12 then return { arn = word, account = account } end
  return nil, ("%q is neither a role's ARN, nor organization/ROLE, nor own"):format(word)
end

--- Reads a list of roles, each of which stands for an account.
-- @tparam string text ARNs of roles; `own`, the account that this runs in, without a role;
--   `organization/NAME`, the role of that name in each account of the organization, and the own account
--   without it
-- @treturn ?{table,...} for @{list}
-- @treturn ?string what is wrong
function M.roles(text)
  local list = {}
  for _, word in ipairs(words(text)) do
    local role, problem = role_of(word)
    if not role then return nil, problem end
    list[#list + 1] = role
  end
  if #list == 0 then return nil, "names nothing" end
  return list
end

-- ---- the accounts ----

local function role_in(account, name, partition)
  return { arn = ("arn:%s:iam::%s:role/%s"):format(partition or "aws", account, name), account = account }
end

-- An account that is closed, or about to be, has nothing to serve.
local function is_active(account)
  return (account.State or account.Status or "ACTIVE") == "ACTIVE"
end

local function of_organization(name, home)
  local list = {}
  for account in home.clients.organizations:each "list_accounts" do
    if is_active(account) then list[#list + 1] = role_in(account.Id, name, home.partition) end
  end
  return list
end

-- The roles that each stand for one account. An account that several name has the first of them.
local function accounts_of(wanted)
  local home, accounts, refusals, seen = wanted.home, {}, {}, {}
  local function add(role)
    local account = role.account or home.account or "own"
    if not seen[account] then accounts[#accounts + 1] = role end
    seen[account] = true
  end
  for _, role in ipairs(wanted.roles or { { own = true } }) do
    if role.organization then
      local ok, listed = attempt(of_organization, role.organization, home)
      if not ok then
        refusals[#refusals + 1] = { name = "organization/" .. role.organization, error = listed }
      end
      for _, each in ipairs(ok and listed or {}) do
        add(each.account == home.account and { own = true } or each)
      end
    else
      add(role)
    end
  end
  return accounts, refusals
end

-- ---- the places ----

--- A place in the reach of a home.
-- @tparam table wanted as @{list} takes it
-- @tparam[opt] string region the home's by default
-- @tparam[opt] string account its number; the home's by default
-- @tparam[opt] string arn of the role there; none in the home's own account
-- @treturn table as `fleet.place` makes it
function M.at(wanted, region, account, arn)
  local home = wanted.home
  if not arn and (region or home.region) == home.region then return home end
  local role = arn and { arn = arn, external_id = wanted.external_id, session_name = wanted.session_name }
  return (wanted.new or new_place) {
    region = region or home.region, account = account or home.account, role = role,
  }
end

-- The regions of an account. Its role is assumed here at the latest, once for all of them.
local function regions_of(wanted, place)
  if place.credentials then
    local credentials, err = place.credentials:get()
    if not credentials then return nil, err end
  end
  local regions = wanted.regions or { place.region }
  if regions[1] ~= "all" then return regions end
  local output, err = place.clients.ec2:describe_regions {}
  if not output then return nil, err end
  local names = {}
  for i, region in ipairs(output.Regions) do names[i] = region.RegionName end
  table.sort(names)
  return names
end

--- Lists the places: the regions of each account. An account that refuses does not keep the others from
-- being listed.
-- @tparam table wanted
-- @tparam table wanted.home the place that this runs in: `{ region, account, partition, clients }`
-- @tparam[opt] {string,...} wanted.regions of @{regions}; the home's by default
-- @tparam[opt] {table,...} wanted.roles of @{roles}; the own account by default
-- @tparam[opt] string wanted.external_id that the roles ask for
-- @tparam[opt] string wanted.session_name what CloudTrail calls the roles' sessions
-- @tparam[opt] function wanted.new for specs, as `fleet.place`
-- @treturn {table,...} places, as `fleet.place` makes them, account by account
-- @treturn {table,...} what refused: `{ name, account, error }`, the name being the account's number where it
--   has one
function M.list(wanted)
  local accounts, refusals = accounts_of(wanted)
  local found = fleet.each(accounts, function(role)
    local ok, regions = attempt(regions_of, wanted, M.at(wanted, nil, role.account, role.arn))
    return { ok = ok, result = regions }
  end, { concurrency = ACCOUNTS_AT_ONCE, name = "account", id = "account" })

  local list = {}
  for i, item in ipairs(found.items) do
    local role, listed = accounts[i], item.result or { result = item.error }
    if not listed.ok then
      local account = role.account or wanted.home.account
      refusals[#refusals + 1] = { name = account or "own", account = account, error = listed.result }
    end
    for _, region in ipairs(listed.ok and listed.result or {}) do
      list[#list + 1] = M.at(wanted, region, role.account, role.arn)
    end
  end
  return list, refusals
end

return M
