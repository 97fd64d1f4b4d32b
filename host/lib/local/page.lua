--- The browser's page, and what it asks for.
-- @module local.page

local bundle_files = require "bundle.files"
local events = require "local.events"
local json = require "json"
local read_body = require "local.body"
local samples = require "local.samples"
local task = require "task"

local M = {}

local KEPT = 50 -- invocations

-- Only what this server sends may run or be shown, and nobody may put it into a frame.
local POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
  .. "connect-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

-- ---- the last invocations ----

local History = {}
History.__index = History

--- Makes the list of the last invocations.
function M.history()
  return setmetatable({ list = {} }, History)
end

function History:add(invocation)
  table.insert(self.list, 1, invocation)
  self.list[KEPT + 1] = nil
end

function History:find(id)
  for _, invocation in ipairs(self.list) do
    if invocation.id == id then return invocation end
  end
end

-- ---- what it is told ----

local function summary(invocation)
  return {
    id = invocation.id,
    submitted = invocation.submitted,
    duration = invocation.duration,
    done = invocation.done or false,
    failure = invocation.failure and invocation.failure.errorType or nil,
    calls = #invocation.calls,
  }
end

local function whole(invocation)
  local told = summary(invocation)
  told.event = invocation.event
  told.started = invocation.started
  told.init = invocation.init
  told.memory_size, told.memory_used = invocation.memory_size, invocation.memory_used
  told.payload = invocation.failure_text or invocation:payload()
  told.content_type = invocation.content_type
  told.lines = json.array(invocation.lines)
  told.calls = json.array(invocation.calls)
  return told
end

local function send(request, status, value)
  request:respond(status, { ["Content-Type"] = "application/json", ["Cache-Control"] = "no-store" },
    json.encode(value))
end

local function on_page(self, request)
  local html = bundle_files.read(self.service.root .. "/host/lib/local/page.html")
  request:respond(200, {
    ["Content-Type"] = "text/html; charset=utf-8",
    ["Content-Security-Policy"] = POLICY,
    ["X-Content-Type-Options"] = "nosniff",
    ["Referrer-Policy"] = "no-referrer",
    ["Cache-Control"] = "no-store",
  }, html or "host/lib/local/page.html is missing")
end

local function on_function(self, request)
  local service = self.service
  local list = json.array {}
  for i, name in ipairs(events.list(service.root, service.name)) do
    list[i] = { name = name, text = events.read(service.root, service.name, name) }
  end
  local sources = json.array {}
  for i, source in ipairs(samples.SOURCES) do
    sources[i] = { name = source[1], text = samples.text(service.root, source[1], task.now()) }
  end
  send(request, 200, {
    name = service.name,
    address = self.address,
    timeout = service.settings.timeout,
    memory = service.settings.memory,
    aws = service:variable("AWS_ENDPOINT_URL"),
    events = list,
    samples = sources,
  })
end

local function on_list(self, request)
  local list = json.array {}
  for i, invocation in ipairs(self.history.list) do list[i] = summary(invocation) end
  send(request, 200, list)
end

local function on_one(self, request, id)
  local invocation = self.history:find(id)
  if not invocation then return send(request, 404, { message = "no invocation " .. id }) end
  invocation:wait()
  send(request, 200, whole(invocation))
end

local function on_invoke(self, request)
  local event = read_body(request)
  local value, message = json.decode(event)
  if value == nil then return send(request, 400, { message = "the event is no JSON: " .. message }) end
  local invocation = self:invoke { event = event }
  invocation:wait()
  send(request, 200, whole(invocation))
end

--- Its routes: method, pattern of the path, `fn(gateway, request, captured)`.
M.ROUTES = {
  { "GET", "^/$", on_page },
  { "GET", "^/local/function$", on_function },
  { "GET", "^/local/invocations$", on_list },
  { "GET", "^/local/invocations/([^/]+)$", on_one },
  { "POST", "^/local/invoke$", on_invoke },
}

return M
