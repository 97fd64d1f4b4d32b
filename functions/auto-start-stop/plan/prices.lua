--- What instances cost an hour, from a file.

local json = require "json"

local M = {}

local EXPECTED = "expected { \"currency\": \"USD\", \"hourly\": { \"m5.large\": 0.096 } }"

--- Reads prices.
-- @tparam string text JSON
-- @treturn[1] table `currency`, and `hourly`, numbers by instance type
-- @treturn[2] nil
-- @treturn[2] string what is wrong
function M.read(text)
  local document, problem = json.decode(text)
  if document == nil then return nil, ("it is no JSON: %s; %s"):format(problem, EXPECTED) end
  local hourly = type(document) == "table" and document.hourly
  if type(hourly) ~= "table" then return nil, "hourly is missing; " .. EXPECTED end
  local currency = document.currency == nil and "USD" or document.currency
  if type(currency) ~= "string" then return nil, "currency is no text; " .. EXPECTED end
  for name, price in pairs(hourly) do
    if type(price) ~= "number" or price < 0 then
      return nil, ("hourly[%q] is no price; %s"):format(tostring(name), EXPECTED)
    end
  end
  return { currency = currency, hourly = hourly }
end

--- Puts into each row of a plan what it saves against always running, `saving`, where its type has a price.
-- @tparam {table,...} rows as `plan.timeline` makes them
-- @tparam table window `from` and `to`
-- @tparam table prices as @{read} gives them
-- @treturn {table,...} the types without a price, in order: `{ type, count }`
function M.apply(rows, window, prices)
  local missing, list = {}, {}
  for _, row in ipairs(rows) do
    local name = row.resource.type
    local price = name and prices.hourly[name]
    if price then row.saving = (window.to - window.from - row.running) / 3600 * price end
    if name and not price then missing[name] = (missing[name] or 0) + 1 end
  end
  for name, count in pairs(missing) do list[#list + 1] = { type = name, count = count } end
  table.sort(list, function(a, b) return a.type < b.type end)
  return list
end

return M
