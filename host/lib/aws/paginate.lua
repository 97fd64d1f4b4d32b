--- Pages of an operation's output, and the items on them.
--
-- A `for` loop ends where its iterator returns nil, so an error that came back as a value would look
-- like the end of the list. Iterators therefore raise it: an `aws.error`, which `pcall` catches.
-- @module aws.paginate

local error_of = require("aws.error").new
local jmespath = require "lazy" "aws.jmespath"
local json = require "json"

local M = {}

-- What the items of past pages may hold, in kB, before it is collected: left to its own pace the
-- collector lets the whole heap double, which is three large pages where one is in use.
local held = math.huge -- kB in use after the last collection, or when an iterator was made
local LITTER = 4096

local function as_list(value)
  return type(value) == "table" and value or { value }
end

-- The value of a path in a page; nil for what is missing, null or no valid token.
local function search(expression, page)
  local value = page[expression]
  if value == nil and expression:find("[^%w_]") then value = jmespath.search(expression, page) end
  if value == json.null or value == "" then return nil end
  return value
end

-- Takes the tokens of the next page from this one into the parameters; false on the last page.
local function advance(params, paginator, page)
  if paginator.more_results and not search(paginator.more_results, page) then return false end
  local inputs, outputs = as_list(paginator.input_token), as_list(paginator.output_token)
  local more, changed = false, false
  for i, input in ipairs(inputs) do
    local token = search(outputs[i], page)
    more = more or token ~= nil
    changed = changed or token ~= params[input]
    params[input] = token
  end
  return more, more and not changed
end

--- Iterates over the pages.
-- @tparam aws.client client
-- @tparam string name the operation in boto3's spelling
-- @tparam ?table params not changed; a token among them starts there
-- @tparam table paginator of `paginators-1.json`
-- @treturn function iterator, which gives an output a time and raises an `aws.error`
function M.iterator(client, name, params, paginator)
  local current = {}
  for key, value in pairs(params or {}) do current[key] = value end
  local more, stuck = true, false
  return function()
    if stuck then
      error(error_of{
        code = "PaginationError",
        message = name .. ": AWS sent the same token twice",
        service = client.core.model.service,
      }, 0)
    end
    if not more then return nil end
    local page, err = client[name](client, current)
    if not page then error(err, 0) end
    more, stuck = advance(current, paginator, page)
    return page
  end
end

-- What a page holds under a result key: a list's items, or a value that is an item itself. Counts are
-- no items.
local function items_under(expression, page)
  local value = search(expression, page)
  if type(value) == "number" then return {} end
  if type(value) == "table" and (#value > 0 or next(value) == nil) then return value end
  return { value }
end

-- Between two pages. Many tasks may go over pages side by side: what one of them has cleaned up, the others
-- need not; and the more is held, the more may lie about before it is gone through again.
local function clean_up()
  if collectgarbage "count" < held + math.max(LITTER, held / 4) then return end
  collectgarbage()
  held = collectgarbage "count"
end

--- Iterates over the items on the pages, one result key after the other.
-- @tparam function pages of @{iterator}
-- @tparam table paginator
-- @treturn function iterator, which gives an item and its result key
function M.items(pages, paginator)
  local keys = as_list(paginator.result_key)
  local page, key_index, items, index = nil, #keys, {}, 0
  held = math.min(held, collectgarbage "count")
  return function()
    while true do
      index = index + 1
      local item = items[index]
      if item ~= nil then
        items[index] = nil -- from here on it is the loop's alone
        return item, keys[key_index]
      end
      if key_index == #keys then
        clean_up()
        page, key_index = pages(), 0
        if not page then return nil end
      end
      key_index, index = key_index + 1, 0
      items = items_under(keys[key_index], page)
    end
  end
end

return M
