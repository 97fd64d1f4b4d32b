--- Answers that come as trees (JSON, CBOR): their values turned, in place, into what the shapes
-- say. Members that the model does not know and nulls of structures are dropped.
-- @module aws.protocol.tree

local json = require "json"

local M = {}

local null, is_array = json.null, json.is_array

-- A reader is a field of the views it has prepared: `prepare` makes the function that turns a
-- value of the view's shape, or false where values are right as they are.
local Reader = {}
Reader.__index = Reader

local function mismatch(view, value)
  error(("%s is no %s but a %s"):format(view.shape, view.type, type(value)), 0)
end

local function is_object(value)
  return type(value) == "table" and not is_array(value)
end

-- A shape may hold itself, so the function of a structure looks at its members when it runs.
local function turner_of(reader, view)
  local turner = rawget(view, reader)
  if turner == nil then
    local make = reader[view.type]
    turner = make and make(reader, view) or reader.scalars[view.type] or false
    view[reader] = turner
  end
  return turner
end

-- By a member's name in the document: its own name and its view.
local function wire_names(view)
  local wire, renamed = {}, false
  for _, name in ipairs(view.names) do
    local member = view.members[name]
    if member.location ~= "header" and member.location ~= "headers" and member.location ~= "statusCode" then
      local key = member.locationName or name
      wire[key] = { name = name, view = member }
      renamed = renamed or key ~= name
    end
  end
  return wire, renamed
end

-- What is left of a union, which must be one member.
local function check_union(view, value, wire)
  local tag
  for key, item in pairs(value) do
    if key ~= "__type" and item ~= null then
      if tag then error(view.shape .. " is a union, but has several members", 0) end
      tag = key
    end
  end
  if not tag then error(view.shape .. " is a union, but has no member", 0) end
  return wire[tag] == nil and { SDK_UNKNOWN_MEMBER = { name = tag } } or nil
end

function Reader:structure(view)
  if view.document then return false end
  local wire, renamed

  local function prepare()
    wire, renamed = wire_names(view)
    for _, entry in pairs(wire) do entry.turn = turner_of(self, entry.view) end
  end

  local function turn_renamed(value)
    local turned = {}
    for key, entry in pairs(wire) do
      local item = value[key]
      if item ~= nil and item ~= null then
        if entry.turn then item = entry.turn(item) end
        turned[entry.name] = item
      end
    end
    return turned
  end

  return function(value)
    if not is_object(value) then mismatch(view, value) end
    if not wire then prepare() end
    local unknown = view.union and check_union(view, value, wire)
    if unknown then return unknown end
    if renamed then return turn_renamed(value) end
    for key, item in pairs(value) do
      local entry = wire[key]
      if not entry or item == null then
        value[key] = nil
      elseif entry.turn then
        value[key] = entry.turn(item)
      end
    end
    return value
  end
end

function Reader:list(view)
  local turn
  return function(value)
    if not is_array(value) then mismatch(view, value) end
    if turn == nil then turn = turner_of(self, view.member) end
    if not turn then return value end
    for i = 1, #value do
      local item = value[i]
      if item ~= null then value[i] = turn(item) end
    end
    return value
  end
end

function Reader:map(view)
  local turn
  return function(value)
    if not is_object(value) then mismatch(view, value) end
    if turn == nil then turn = turner_of(self, view.value) end
    if not turn then return value end
    for key, item in pairs(value) do
      if item ~= null then value[key] = turn(item) end
    end
    return value
  end
end

--- Makes a reader of a format.
-- @tparam table scalars by shape type: a function that turns a value of the format into one of
-- Lua's, raising where it cannot; a type without one is right as it is
-- @treturn table
function M.reader(scalars)
  return setmetatable({ scalars = scalars }, Reader)
end

--- Turns a value; it is changed in place and no longer of use to the caller.
-- @tparam table view of its shape
-- @param value
-- @return the value turned; raises where it does not fit the shape
function Reader:read(view, value)
  local turn = turner_of(self, view)
  if turn then return turn(value) end
  return value
end

--- Reads a body.
-- @tparam function decode from the text to a value of the format, or nil and what is wrong
-- @tparam table view of the body
-- @tparam string body
-- @return ?the value
-- @treturn ?string what is wrong
function Reader:read_body(decode, view, body)
  local value, message = decode(body)
  if value == nil then return nil, message end
  local ok, turned = pcall(self.read, self, view, value)
  if ok then return turned end
  return nil, tostring(turned)
end

return M
