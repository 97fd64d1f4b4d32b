--- What the protocols `rest-json` and `rest-xml` have in common: members bound to the path, the
-- query string, headers, the status and the whole body.
-- Source: Smithy 2.0, "HTTP bindings".
-- @module aws.protocol.rest

local checksum = require "aws.protocol.checksum"
local eventstream = require "aws.protocol.eventstream"
local failure = require "aws.protocol.failure"
local header = require "aws.protocol.header"
local params_of = require "aws.protocol.params"
local shapes = require "aws.protocol.shapes"
local text = require "aws.protocol.text"
local uri = require "aws.protocol.uri"

local M = {}

local function is_raw(view)
  return view.type == "blob" or view.type == "string"
end

-- Sorts the parameters by where they go.
local bind = {}

function bind.uri(request, view, name, value)
  request.labels[view.locationName or name] = text.write(view, value, "iso8601")
end

local function add_query(request, key, view, value)
  if not params_of.absent(value) then
    request.query[#request.query + 1] = { key, text.write(view, value, "iso8601") }
  end
end

function bind.querystring(request, view, name, value)
  local key = view.locationName or name
  if view.type == "list" then
    for _, item in ipairs(value) do add_query(request, key, view.member, item) end
  elseif view.type == "map" then
    request.query_map, request.query_map_view = value, view
  else
    add_query(request, key, view, value)
  end
end

-- The pairs of a map bound to the query string, but for those that have a member of their own.
local function add_query_map(request)
  local map, view = request.query_map, request.query_map_view
  if not map then return end
  local taken = {}
  for _, pair in ipairs(request.query) do taken[pair[1]] = true end
  for _, key in ipairs(params_of.sorted_keys(map)) do
    local items = type(map[key]) == "table" and map[key] or { map[key] }
    local item_view = view.value.type == "list" and view.value.member or view.value
    for _, item in ipairs(taken[key] and {} or items) do add_query(request, key, item_view, item) end
  end
end

function bind.header(request, view, name, value)
  request.headers[view.locationName or name] = header.write(view, value)
end

function bind.headers(request, view, _, value)
  for key, item in pairs(value) do
    if not params_of.absent(item) then
      request.headers[(view.locationName or "") .. key] = header.write(view.value, item)
    end
  end
end

-- Fills in the labels of a path; one that ends in "+" may hold slashes.
local function fill(template, labels)
  return (template:gsub("{(.-)(%+?)}", function(name, greedy)
    local value = labels[name]
    if not value or value == "" then error(name .. ": is part of the path and must not be empty", 0) end
    return greedy == "+" and uri.encode_path(value) or uri.encode(value)
  end))
end

local function path_of(operation, request)
  local template = operation.http and operation.http.requestUri or "/"
  local path, literal = template:match("^([^?]*)%??(.*)$")
  path = fill(path, request.labels)
  add_query_map(request)
  local query = uri.form(request.query)
  if literal ~= "" and query ~= "" then literal = literal .. "&" end
  query = literal .. query
  return query == "" and path or path .. "?" .. query
end

-- The body, and its content type where it is not the caller's own.
local function body_of(codec, input, params, rest)
  local payload = input.payload
  if payload then
    local view, value = input.members[payload], params[payload]
    if is_raw(view) then return params_of.absent(value) and "" or value end
    if params_of.absent(value) then return codec.nothing, codec.nothing ~= "" and codec.content_type end
    return codec.write(view, value), codec.content_type
  end
  if next(rest) ~= nil then return codec.write(input, rest), codec.content_type end
  for _, name in ipairs(input.names) do
    if not input.members[name].location then
      return codec.nothing, codec.nothing ~= "" and codec.content_type
    end
  end
  return ""
end

local function has_header(headers, wanted)
  for name in pairs(headers) do
    if name:lower() == wanted then return true end
  end
  return false
end

--- Writes a request.
-- @tparam table codec of the bodies: `write(view, value) → text`, `nothing`: the body where its
-- members are all left out, `content_type`
function M.encode(codec, model, operation, params, options)
  local input = shapes.of(model, operation.input)
  params = params_of.complete(input, params, options.token)
  local bound = { labels = {}, query = {}, headers = {} }
  local body, content_type = "", nil
  if input then
    local rest = {}
    for name, view, value in params_of.each(input, params) do
      local binder = bind[view.location]
      if binder then
        binder(bound, view, name, value)
      elseif name ~= input.payload then
        rest[name] = value
      end
    end
    body, content_type = body_of(codec, input, params, rest)
  end
  if content_type and not has_header(bound.headers, "content-type") then
    bound.headers["Content-Type"] = content_type
  end
  return {
    method = operation.http and operation.http.method or "POST",
    path = path_of(operation, bound),
    headers = bound.headers,
    body = body,
    host_prefix = params_of.host_prefix(operation, input, params),
  }
end

--- Adds to an output the members that the status and the headers hold.
-- @tparam table answer
-- @tparam table view of the output
-- @tparam table output
function M.read_bound(answer, view, output)
  for _, name in ipairs(view.names) do
    local member = view.members[name]
    if member.location == "statusCode" then
      output[name] = answer.status
    elseif member.location == "header" then
      local value = answer.headers[(member.locationName or name):lower()]
      if value then output[name] = header.read(member, value) end
    elseif member.location == "headers" then
      output[name] = header.read_prefixed(member, answer)
    end
  end
end

local function is_empty(answer)
  if answer.sink then return answer.sink:is_empty() end
  return (answer.body or "") == ""
end

local function read_payload(codec, model, operation, answer, view)
  if view.eventstream then return eventstream.events(answer, view, codec.read_event) end
  if is_raw(view) then return answer.body or "" end
  if is_empty(answer) then return nil end
  return codec.read(model, operation, answer, view)
end

local function read_body(codec, model, operation, answer, view)
  if view.payload then
    local value, err = read_payload(codec, model, operation, answer, view.members[view.payload])
    if err then return nil, err end
    return { [view.payload] = value }
  end
  if is_empty(answer) then return {} end
  return codec.read(model, operation, answer, view)
end

--- The view of what an answer's body holds in a form of the protocol's own.
-- @tparam ?table output view of the output
-- @treturn ?table nil where the body is bytes, text or a stream of events, or nothing is expected
function M.body_view(output)
  local payload = output and output.payload
  if not payload then return output end
  local view = output.members[payload]
  if is_raw(view) or view.eventstream then return nil end
  return view
end

--- Reads an answer that is no error.
-- @tparam table codec of the bodies: `read(model, operation, answer, view) → value | nil, err` and
-- `read_event(view, payload) → value | nil, message`
function M.decode(codec, model, operation, answer)
  local wrong = checksum.mismatch(operation, answer, answer.body or "")
  if wrong then return failure.invalid(answer, wrong) end
  local view = shapes.of(model, operation.output)
  if not view then return {} end
  local output, err = read_body(codec, model, operation, answer, view)
  if not output then return nil, err end
  local ok, message = pcall(M.read_bound, answer, view, output)
  if not ok then return failure.invalid(answer, message) end
  return output
end

return M
