-- SECURITY.md: each promise names a test that is there.

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local function promises()
  local list = {}
  local table_of = read("SECURITY.md"):match "## What it promises.-\n|%-.-\n(.-)\n\n"
  for line in table_of:gmatch "[^\n]+" do
    local promise, path, name = line:match "^| (.+) | `([^`]+)`: `([^`]+)` |$"
    list[#list + 1] = { line = line, promise = promise, path = path, name = name }
  end
  return list
end

-- How a test of that name begins in a file of its kind.
local function marks(path, name)
  local family = name:match "^test_(.+)$"
  if path:find "%.lua$" then return { ('it("%s"'):format(name) } end
  return { ("def %s(self"):format(name), family and ('"%s"'):format(family:gsub("_", " ")) }
end

describe("SECURITY.md", function()
  it("names for each promise a test that is there", function()
    local list = promises()
    assert.is_true(#list > 10)
    for _, of in ipairs(list) do
      assert(of.name, "no test is named: " .. of.line)
      local text, found = read(of.path), false
      for _, mark in ipairs(marks(of.path, of.name)) do found = found or text:find(mark, 1, true) end
      assert(found, ("%s has no test %s"):format(of.path, of.name))
    end
  end)
end)
