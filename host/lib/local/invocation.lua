--- One event on its way through a function: its request, its log, its AWS calls and what came of it.
-- @module local.invocation

local bells = require "local.bell"
local json = require "json"
local platform = require "aws.platform"
local task = require "task"

local M = {}

local LOG_TAIL = 4096 -- bytes of the log that `LogType: Tail` gives back

local Invocation = {}
Invocation.__index = Invocation

local random = platform.of().random

local function hex(digits)
  return (("0"):rep(digits):gsub("0", function() return ("%x"):format(math.floor(random() * 16)) end))
end

--- Makes a request id.
-- @treturn string a UUID of version 4
function M.id()
  return ("%s-%s-4%s-%x%s-%s"):format(hex(8), hex(4), hex(3), 8 + math.floor(random() * 4), hex(3), hex(12))
end

local function trace(now)
  return ("Root=1-%08x-%s;Parent=%s;Sampled=0"):format(now, hex(24), hex(16))
end

--- Makes an invocation.
-- @tparam table options `event` (the text of its JSON); `client_context` (JSON), `trace_id`, `tenant_id`,
--   nil where there is none; `say(line)` takes the log's lines
function M.new(options)
  local now = task.now()
  return setmetatable({
    id = M.id(),
    event = options.event,
    client_context = options.client_context,
    trace_id = options.trace_id or trace(now),
    tenant_id = options.tenant_id,
    submitted = now,
    say = options.say,
    lines = {},
    calls = {},
    pieces = {}, -- of the response, as they came
    bell = bells.new(), -- rung at each piece, and at the end
  }, Invocation)
end

--- Adds a line to the log.
function Invocation:log(line)
  self.lines[#self.lines + 1] = line
  self.say(line)
end

--- Says that a process has taken the event.
function Invocation:begin(init)
  self.started = task.now()
  self.init = init
  self:log(("START RequestId: %s Version: $LATEST"):format(self.id))
end

--- Says how the response comes.
-- @tparam ?string content_type
-- @tparam boolean streamed
function Invocation:respond(content_type, streamed)
  self.content_type, self.streamed = content_type, streamed
  self.bell:ring()
end

--- Adds a piece of the response.
function Invocation:add(piece)
  self.pieces[#self.pieces + 1] = piece
  self.bell:ring()
end

--- The whole response so far.
-- @treturn string
function Invocation:payload()
  return table.concat(self.pieces)
end

local function milliseconds(seconds)
  return ("%.2f ms"):format(seconds * 1000)
end

local function report_line(self, status)
  local parts = {
    "REPORT RequestId: " .. self.id,
    "Duration: " .. milliseconds(self.duration),
    ("Billed Duration: %d ms"):format(math.ceil((self.duration + (self.init or 0)) * 1000)),
    ("Memory Size: %d MB"):format(self.memory_size),
    ("Max Memory Used: %d MB"):format(math.ceil(self.memory_used / 2 ^ 20)),
  }
  if self.init then parts[#parts + 1] = "Init Duration: " .. milliseconds(self.init) end
  if status then parts[#parts + 1] = "Status: " .. status end
  return table.concat(parts, "\t")
end

--- Ends it.
-- @tparam table outcome `failure` (its report, nil for none) and `failure_text` (its JSON, as it came),
--   `status` (Lambda's word in the REPORT line, nil for none), `memory_size` (megabytes),
--   `memory_used` (bytes)
function Invocation:finish(outcome)
  self.duration = self.started and task.now() - self.started or 0
  self.memory_size, self.memory_used = outcome.memory_size, outcome.memory_used or 0
  self.failure = outcome.failure
  self.failure_text = outcome.failure and (outcome.failure_text or json.encode(outcome.failure))
  if not self.started then self:log(("START RequestId: %s Version: $LATEST"):format(self.id)) end
  for _, line in ipairs(outcome.lines or {}) do self:log(line) end
  self:log("END RequestId: " .. self.id)
  self:log(report_line(self, outcome.status))
  self.done = true
  self.bell:ring()
end

--- Waits for the end.
function Invocation:wait()
  self.bell:await(function() return self.done end)
end

--- The end of the log, as `LogType: Tail` gives it.
-- @treturn string
function Invocation:log_tail()
  local text = table.concat(self.lines, "\n") .. "\n"
  return text:sub(-LOG_TAIL)
end

return M
