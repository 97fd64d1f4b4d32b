local files = require "bundle.files"

-- The compiler that embeds the library and is always this machine's; the program may be another processor's.
local build = os.getenv "BUILD" or "build"
local TOOL = (build == "build" and "build/vendor" or build:gsub("^build/", "build/vendor-")) .. "/bin/luajit"

local DUMP = [[
for i = 1, #arg do
  local file = assert(io.open("host/lib/" .. arg[i], "rb"))
  io.write(string.dump(assert(loadstring(file:read("*a"), "@lib/" .. arg[i])), "d"))
  file:close()
end
]]

local function dumped_by_tool(names)
  local script = os.tmpname()
  files.write(script, DUMP)
  local words = { TOOL, script }
  for _, name in ipairs(names) do words[#words + 1] = files.quote(name) end
  local pipe = assert(io.popen(table.concat(words, " "), "r"))
  local bytes = pipe:read("*a")
  pipe:close()
  os.remove(script)
  return bytes
end

describe("the library's bytecode", function()
  local names = {}
  for _, name in ipairs(files.list("host/lib")) do
    if name:find("%.lua$") then names[#names + 1] = name end
  end

  it("is what the program itself would compile", function()
    assert.is_true(#names > 60)
    local own = {}
    for i, name in ipairs(names) do
      own[i] = string.dump(assert(loadstring(files.read("host/lib/" .. name), "@lib/" .. name)), "d")
    end
    assert.is_true(table.concat(own) == dumped_by_tool(names))
  end)

  it("gives functions that are whole, names and lines too, though these are left where they are", function()
    local compared = 0
    for _, name in ipairs { "nearest", "schedule.cron", "schedule.clock", "aws.sigv4", "fleet.tags" } do
      local path = name:gsub("%.", "/") .. ".lua"
      local own = assert(loadstring(files.read("host/lib/" .. path), "@lib/" .. path))()
      for key, value in pairs(require(name)) do
        if type(value) == "function" and debug.getinfo(value, "S").what == "Lua" then
          assert.equal(string.dump(own[key], "d"), string.dump(value, "d"), key)
          compared = compared + 1
        end
      end
    end
    assert.is_true(compared > 10)
  end)

  it("is of the kind that both processors read: little-endian, two slots a frame", function()
    -- "\27LJ", the version, and the flags, of which 1 is big-endian and 8 two slots a frame.
    local header = { dumped_by_tool({ names[1] }):byte(1, 5) }
    assert.same({ 27, 76, 74, 2 }, { unpack(header, 1, 4) })
    assert.equal(8, bit.band(header[5], bit.bor(1, 8)))
  end)
end)
