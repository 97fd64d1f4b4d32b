--- The console: `bootstrap repl`.
--
-- Each entry runs as a task, so that it may wait; tasks that it has spawned go on while the prompt waits.
-- The value of the last expression is `_`. Ctrl-C stops the entry that runs, Ctrl-D ends the console.
-- @module repl

local attention = require "host.console"
local chunks = require "repl.chunk"
local host = require "host.task"
local line = require "repl.line"
local show = require "repl.show"
local task = require "task"

local M = {}

local PROMPT, MORE = "> ", ">> "

local function say(text)
  io.stdout:write(text, "\n")
end

local function complain(reader, text)
  say(reader.colour and "\27[31m" .. text .. "\27[0m" or text)
end

-- Whether a traceback tells more than that the entry itself has failed.
local function is_telling(trace)
  for place in trace:gmatch "\n%s+([^\n]+)" do
    if not (place:find "^%[" or place:find "^repl:" or place:find "^lib/repl/") then return true end
  end
  return false
end

local function complain_of(reader, err, trace)
  local text = type(err) == "table" and show.value(err) or tostring(err)
  if trace and is_telling(trace) then text = text .. "\n" .. trace end
  complain(reader, text)
end

local function print_values(count, ...)
  for i = 1, count do say(show.value((select(i, ...)))) end
end

local function finish(reader, environment, count, ok, ...)
  if ok then
    if count > 1 then environment._ = ... end
    print_values(count - 1, ...)
  elseif count == 2 then
    complain(reader, "interrupted")
  else
    complain_of(reader, ...)
  end
end

-- Runs an entry to its end, or until Ctrl-C comes: then it is cancelled where it waits, or stopped.
local function execute(reader, environment, fn)
  local entry = task.spawn(fn)
  local interruption = attention.attention(nil, entry)
  local guard = task.spawn(function()
    host.wait(interruption)
    if attention.interrupted() then entry:cancel() end
  end)
  local function ended(...)
    guard:cancel()
    attention.interrupted() -- one that stopped the entry before the guard could hear of it
    finish(reader, environment, select("#", ...), ...)
  end
  ended(entry:join())
end

-- What tasks that nobody joined have failed of.
local function report_failures(reader, console)
  while true do
    local failed = host.family_failure(console)
    if not failed then return end
    local _, err, trace = failed:join()
    complain(reader, "a task has failed:")
    complain_of(reader, err, trace)
  end
end

-- An entry of as many lines as it takes: its function, or nil and what is wrong.
local function read_entry(reader, environment)
  local text
  while true do
    local read, why = reader:read(text and MORE or PROMPT)
    if not read then return nil, why end
    text = text and text .. "\n" .. read or read
    local fn, message = chunks.compile(text, environment)
    if message ~= chunks.MORE then return fn, message end
  end
end

local function converse(reader, console)
  local environment = chunks.environment(reader)
  reader:use(environment)
  while true do
    report_failures(reader, console)
    io.stdout:flush()
    local fn, message = read_entry(reader, environment)
    if fn then
      execute(reader, environment, fn)
    elseif message == line.ENDED then
      return
    elseif message ~= line.INTERRUPTED then
      complain(reader, message)
    end
  end
end

--- Runs the console until its input ends.
-- @tparam[opt] string folder where `require` looks first
function M.run(folder)
  if folder then
    package.path = ("%s/?.lua;%s/?/init.lua;%s"):format(folder, folder, package.path)
  end
  local reader = line.open()
  local console
  console = host.root(nil, function() converse(reader, console) end)
  local ok, err, trace = console:join()
  reader:close()
  if not ok then error(tostring(err) .. "\n" .. tostring(trace), 0) end
end

return M
