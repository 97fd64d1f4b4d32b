local files = require "bundle.files"
local fixture = require "bundle.fixture"
local zip = require "bundle.zip"

describe("bundle.zip", function()
  local folder

  before_each(function() folder = fixture.folder() end)
  after_each(function() fixture.remove(folder) end)

  local ENTRIES = {
    { path = "lib/b.lua", bytes = ("return 1\n"):rep(100) },
    { path = "bootstrap", bytes = "\127ELF", mode = "755" },
    { path = "-a [1].txt", bytes = "" },
  }

  local function write(name, entries)
    zip.write(folder .. "/" .. name .. ".zip", entries, folder .. "/" .. name)
    return assert(files.read(folder .. "/" .. name .. ".zip"))
  end

  it("lays entries out in order, with fixed modes", function()
    local directory = zip.directory(write("x", ENTRIES))
    local list = {}
    for i, entry in ipairs(directory) do
      list[i] = ("%s %d %o"):format(entry.path, entry.size, entry.mode % 512)
    end
    assert.same({ "-a [1].txt 0 644", "bootstrap 4 755", "lib/b.lua 900 644" }, list)
    assert.is_true(directory[3].packed < 100)
  end)

  it("writes the same bytes from another folder, in another order", function()
    assert.is_true(write("one", ENTRIES) == write("another", { ENTRIES[3], ENTRIES[1], ENTRIES[2] }))
  end)

  it("writes no extra fields, and 1 January 1980 as every time", function()
    local bytes = write("x", { { path = "a", bytes = "b" } })
    -- Local header: time and date at 10, length of the extra field at 28.
    assert.equal("\0\0\33\0", bytes:sub(11, 14))
    assert.equal("\0\0", bytes:sub(29, 30))
  end)

  it("can be unpacked", function()
    write("x", ENTRIES)
    local python = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); "
      .. "assert z.testzip() is None; print(z.read('lib/b.lua') == b'return 1\\n' * 100)"
    assert.equal("True\n", files.must { "python3", "-c", python, folder .. "/x.zip" })
  end)
end)
