--- The rules, checked and ready to be asked. Pure.

local event_time = require "lambda.event_time"
local tags = require "fleet.tags"

local M = {}

M.KINDS = { "instance", "volume" }

local Book = {}
Book.__index = Book

-- ---- what a rule's author gets wrong ----

local RULES = { since = "string", instance = "table", volume = "table", exceptions = "table" }
local KIND = { required = "table", stop_after_hours = "number" }
local TAG = { key = "string", values = "table", pattern = "string", example = "string" }
local EXCEPTION = {
  kind = "string", tag = "string", value = "string", id = "string", account = "string", why = "string",
}

local function fail(where, what, ...)
  error(("rules.lua: %s%s"):format(where == "" and "" or where .. ": ", what:format(...)), 0)
end

local function check_fields(value, fields, where)
  if type(value) ~= "table" then fail(where, "expected a table, not %s", tostring(value)) end
  for name, field in pairs(value) do
    if not fields[name] then fail(where, "there is no field %q", tostring(name)) end
    if type(field) ~= fields[name] then fail(where, "%s: expected a %s", name, fields[name]) end
  end
end

local function check_tag(rule, where)
  check_fields(rule, TAG, where)
  if not rule.key then fail(where, "key is missing") end
  if rule.values and rule.pattern then fail(where, "takes one of values and pattern") end
  if rule.values and #rule.values == 0 then fail(where, "values: expected one at least") end
  if not rule.pattern then return end
  local ok, found = pcall(string.find, rule.example or "", rule.pattern)
  if not ok then fail(where, "pattern: %s", found) end
  if not found then fail(where, "pattern: expected an example that it fits") end
end

local function check_kind(rules, kind)
  local of = rules[kind]
  if not of then return end
  check_fields(of, KIND, kind)
  for i, rule in ipairs(of.required or {}) do check_tag(rule, ("%s.required[%d]"):format(kind, i)) end
  local hours = of.stop_after_hours
  if hours and kind ~= "instance" then fail(kind, "stop_after_hours: a %s cannot be stopped", kind) end
  if hours and hours < 0 then fail(kind, "stop_after_hours: expected 0 or more") end
end

local function check_exception(each, where)
  check_fields(each, EXCEPTION, where)
  if not each.why then fail(where, "why is missing") end
  if not (each.tag or each.id or each.account) then fail(where, "takes a tag, an id or an account") end
  if each.value and not each.tag then fail(where, "a value needs a tag") end
  if each.kind and not RULES[each.kind] then fail(where, "there is no kind %q", each.kind) end
end

local function check(rules)
  check_fields(rules, RULES, "")
  if not event_time(rules.since) then
    fail("since", 'is %s; expected a time such as "2026-11-24T00:00:00Z"', tostring(rules.since))
  end
  for _, kind in ipairs(M.KINDS) do check_kind(rules, kind) end
  for i, each in ipairs(rules.exceptions or {}) do check_exception(each, ("exceptions[%d]"):format(i)) end
end

-- ---- as a schema of tags ----

local function one_of(values)
  local allowed = {}
  for _, value in ipairs(values) do allowed[value] = true end
  return function(text)
    if allowed[text] then return text end
    return nil, "is none of " .. table.concat(values, ", ")
  end
end

local function like(pattern)
  return function(text)
    if text:find(pattern) then return text end
    return nil, "is not written as it should be"
  end
end

local function schema_of(required)
  local fields = {}
  for _, rule in ipairs(required) do
    fields[rule.key] = {
      key = rule.key,
      example = rule.example or rule.values and rule.values[1] or "anything",
      explains = rule.values ~= nil,
      convert = rule.values and one_of(rule.values) or like(rule.pattern or "."),
    }
  end
  return tags.schema(fields)
end

--- Checks the rules.
-- @tparam table rules as rules.lua has them
-- @treturn ?table a book
-- @treturn ?string what is wrong with them
function M.new(rules)
  local ok, message = pcall(check, rules)
  if not ok then return nil, message end
  local book = { since = event_time(rules.since), rules = rules, schemas = {} }
  for _, kind in ipairs(M.KINDS) do
    book.schemas[kind] = schema_of(rules[kind] and rules[kind].required or {})
  end
  return setmetatable(book, Book)
end

-- ---- asked about a resource ----

local function fits(each, resource)
  if each.kind and each.kind ~= resource.kind then return false end
  if each.id and each.id ~= resource.id then return false end
  if each.account and each.account ~= resource.account then return false end
  if not each.tag then return true end
  local value = tags.value(resource.tags, each.tag)
  return value ~= nil and (each.value == nil or each.value == value)
end

--- Why the resource is none of the guard's business.
-- @tparam table resource `{ kind, id, account, tags }`
-- @treturn ?string nil where no exception names it
function Book:exception(resource)
  for _, each in ipairs(self.rules.exceptions or {}) do
    if fits(each, resource) then return each.why end
  end
end

--- What is wrong with the resource's tags.
-- @tparam table resource
-- @treturn ?string in words; nil where all is right
function Book:faults(resource)
  local of = self.rules[resource.kind]
  local faults = {}
  for _, rule in ipairs(of and of.required or {}) do
    if not tags.value(resource.tags, rule.key) then faults[#faults + 1] = rule.key .. " is missing" end
  end
  local _, errors = self.schemas[resource.kind]:read(resource.tags, resource.id)
  for _, err in ipairs(errors or {}) do faults[#faults + 1] = err.message end
  return #faults > 0 and table.concat(faults, "; ") or nil
end

--- How long the resource may run with a fault.
-- @tparam table resource
-- @treturn ?number seconds; nil where it is reported only
function Book:grace(resource)
  local of = self.rules[resource.kind]
  return resource.can_stop and of and of.stop_after_hours and of.stop_after_hours * 3600 or nil
end

return M
