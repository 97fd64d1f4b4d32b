-- Random parameters and random answers, as botocore and as we read and write them.

local json = require "json"
local protocol = require "aws.protocol"
local scalar = require "host.scalar"

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$")

local INSTALL = [[

The reference is botocore, and this machine's python3 cannot import it:
    python3 -m pip install botocore     (or, on Debian, apt-get install python3-botocore)
]]

local function read_lines()
  local pipe = assert(io.popen(("python3 '%s/reference.py' 2>&1"):format(HERE)))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  if not (lines[#lines] or ""):find('"complete"', 1, true) then
    local text = table.concat(lines, "\n", math.max(1, #lines - 15))
    error(text:find("No module named") and text .. INSTALL or text, 0)
  end
  lines[#lines] = nil
  return lines
end

-- The marked values of reference.py as Lua has them.
local function unmarked(value)
  if type(value) ~= "table" then return value end
  if value["$blob"] then return scalar.unbase64(value["$blob"]) end
  if value["$time"] then return value["$time"] end
  if value["$number"] then return tonumber(value["$number"]) end
  local copy = {}
  for key, item in pairs(value) do copy[key] = unmarked(item) end
  return setmetatable(copy, getmetatable(value))
end

-- Where two values differ, as a path; nil if they do not.
local function difference(expected, found, path)
  path = path or ""
  if type(expected) == "number" and type(found) == "number" then
    local same = expected == found or expected ~= expected and found ~= found
      or math.abs(expected - found) <= 1e-6
    if same then return nil end
  end
  if type(expected) ~= "table" or type(found) ~= "table" then
    if expected == found then return nil end
    return ("%s: expected %s, found %s"):format(path, tostring(expected), tostring(found))
  end
  for key, item in pairs(expected) do
    local inner = difference(item, found[key], path .. "." .. tostring(key))
    if inner then return inner end
  end
  for key, item in pairs(found) do
    if expected[key] == nil then return ("%s.%s: unexpected %s"):format(path, tostring(key),
      tostring(item)) end
  end
  if #expected == 0 and next(expected) == nil and json.is_array(expected) ~= json.is_array(found) then
    return path .. ": an empty list is no empty map"
  end
end

local function decoded(text)
  return (text:gsub("%+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function form(text)
  local pairs_ = {}
  for pair in text:gmatch("[^&]+") do
    local key, value = pair:match("^([^=]*)=?(.*)$")
    pairs_[#pairs_ + 1] = decoded(key) .. "=" .. decoded(value)
  end
  table.sort(pairs_)
  return pairs_
end

local function split_path(path)
  local bare, query = path:match("^([^?]*)%??(.*)$")
  return { path = bare, query = form(query) }
end

local function parsed_body(name, body)
  if name == "ec2" or name == "query" then return form(body) end
  if name == "json" or (name == "rest-json" and body:find("^%s*[%[{]")) then return json.decode(body)
    or body end
  return body
end

local function lower_names(headers)
  local lower = {}
  for name, value in pairs(headers) do lower[name:lower()] = value end
  return lower
end

-- Without the headers that botocore's serializers, or an older one's, leave to other parts of it.
local function without_added(headers, expected)
  local kept = lower_names(headers)
  for name in pairs(kept) do
    local ours = name == "content-type" or name == "content-md5" or name:find("^x%-amz%-checksum%-")
      or name == "x-amz-sdk-checksum-algorithm" or name == "content-encoding" or name == "x-amzn-query-mode"
    if ours and expected[name] == nil then kept[name] = nil end
  end
  return kept
end

local check = {}

function check.encode(line, case)
  local expect = case.expect
  local body = scalar.unbase64(expect.body)
  local request = protocol.encode(line.model, line.operation, unmarked(case.params))
  local headers = lower_names(expect.headers)
  return difference(
    { method = expect.method, path = split_path(expect.path), headers = headers,
      body = parsed_body(line.protocol, body),
      host_prefix = expect.host_prefix ~= json.null and expect.host_prefix or nil },
    { method = request.method, path = split_path(request.path),
      headers = without_added(request.headers, headers),
      body = parsed_body(line.protocol, request.body), host_prefix = request.host_prefix })
end

local function answer_of(case)
  return { status = case.status, headers = case.headers, body = scalar.unbase64(case.body) }
end

function check.decode(line, case)
  local output, err = protocol.decode(line.model, line.operation, answer_of(case))
  if not output then return tostring(err) end
  return difference(unmarked(case.expect), output)
end

check["error"] = function(line, case)
  local output, err = protocol.decode(line.model, line.operation, answer_of(case))
  if output then return "an error was taken for an output" end
  local expect = unmarked(case.expect)
  return difference(expect, {
    code = err.code, request_id = err.request_id, detail = err.detail,
    message = (expect.message == json.null or expect.message == "") and expect.message or err.message,
  })
end

describe("protocols beside botocore", function()
  local lines = read_lines()
  assert(#lines > 60, "too few operations")
  for i = 2, #lines do
    local line = json.decode(lines[i])
    it(("%s %s (%s)"):format(line.service, line.operation, line.protocol), function()
      for number, case in ipairs(line.cases) do
        local ok, wrong = pcall(check[case.case], line, case)
        if wrong then
          error(("case %d, %s: %s%s\n%s"):format(
            number, case.case, ok and "" or "raised ", wrong, json.encode(case):sub(1, 3000)), 0)
        end
      end
    end)
  end
end)
