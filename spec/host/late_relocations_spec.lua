-- What host/late_relocations.lua made of the linked program, and what the program makes of that.

local program = require "program"

local BUILD = os.getenv "BUILD" or "build"
local BUILT, LINKED = BUILD .. "/bootstrap", BUILD .. "/bootstrap.linked"

--- The lines of a command's output.
local function lines(command)
  local pipe = assert(io.popen(command))
  local found = {}
  for line in pipe:lines() do found[#found + 1] = line end
  pipe:close()
  return found
end

--- The addends of relative relocations, by address; how many there are, and the others as a text.
local function relocations(file)
  local relative, count, others = {}, 0, {}
  for _, line in ipairs(lines("readelf --relocs --wide " .. file)) do
    local address, addend = line:match "^(%x+) +%x+ R_%S+_RELATIVE? +(%x+)$"
    if address then
      relative[tonumber(address, 16)] = tonumber(addend, 16)
      count = count + 1
    elseif line:match "^%x+ +%x+ R_" then
      others[#others + 1] = line
    end
  end
  return relative, count, table.concat(others, "\n")
end

--- The sections of a file, by name.
local function sections(file)
  local found = {}
  for _, line in ipairs(lines("readelf --section-headers --wide " .. file)) do
    local name, address, offset, size = line:match "%] (%.%S+) +%u[%u_]* +(%x+) (%x+) (%x+)"
    if name then
      found[name] = {
        address = tonumber(address, 16), offset = tonumber(offset, 16), size = tonumber(size, 16),
      }
    end
  end
  return found
end

local function read(file)
  local handle = assert(io.open(file, "rb"))
  local text = handle:read "*a"
  handle:close()
  return text
end

--- The bytes at an offset as two numbers of 32 bits, the lower first.
local function halves(text, offset)
  local number = {}
  for half = 0, 1 do
    local a, b, c, d = text:byte(offset + half * 4 + 1, offset + half * 4 + 4)
    number[half + 1] = a + 256 * (b + 256 * (c + 256 * d))
  end
  return number[1], number[2]
end

--- The addresses that the table of late relocations names, by the gABI's rules for SHT_RELR.
local function named(text, room)
  local addresses, at = {}, nil
  for offset = room.offset, room.offset + room.size - 8, 8 do
    local low, high = halves(text, offset)
    if low == 0 and high == 0 then break end
    if low % 2 == 0 then
      addresses[#addresses + 1] = low + high * 2 ^ 32
      at = addresses[#addresses] + 8
    else
      for place = 1, 63 do
        local half, shift = place < 32 and low or high, place % 32
        if math.floor(half / 2 ^ shift) % 2 == 1 then addresses[#addresses + 1] = at + (place - 1) * 8 end
      end
      at = at + 63 * 8
    end
  end
  return addresses
end

--- The section that an address is in.
local function section_of(all, address)
  for name, section in pairs(all) do
    if address >= section.address and address < section.address + section.size then return name, section end
  end
end

describe("late relocations", function()
  local all, built = sections(BUILT), read(BUILT)
  local late = named(built, all[".late_relocations"])
  local before, total, other_before = relocations(LINKED)
  local left, left_count, other_left = relocations(BUILT)

  it("are, with what is left to ld.so, all that the linker asked for", function()
    local both = {}
    for address, addend in pairs(left) do both[address] = addend end
    for _, address in ipairs(late) do both[address] = before[address] end
    assert.is_true(left_count > 0)
    assert.same(before, both)
    assert.equal(total, #late + left_count) -- so none is in both
    assert.equal(other_before, other_left)
  end)

  -- The host's, LuaJIT's and lua-cjson's own tables. More would come of a library whose tables a
  -- start could do without, or of a name for it that host/late_relocations.lua does not know.
  it("are most: ld.so applies fewer than 1500", function()
    assert.is_true(left_count < 1500, left_count .. " are left")
    assert.is_true(#late > 10000, #late .. " are late")
  end)

  it("are those of tables alone", function()
    local names = {}
    for _, address in ipairs(late) do names[section_of(all, address)] = true end
    assert.same({ [".data"] = true, [".data.rel.ro"] = true }, names)
  end)

  it("have their addends in their words", function()
    local wrong = {}
    for _, address in ipairs(late) do
      local _, section = section_of(all, address)
      local low, high = halves(built, section.offset + address - section.address)
      if low + high * 2 ^ 32 ~= before[address] then wrong[#wrong + 1] = address end
    end
    assert.same({}, wrong)
  end)

  it("change nothing else of the file but where relocations are counted", function()
    assert.equal(#read(LINKED), #built)
    local symbols = "readelf --symbols --wide "
    assert.same(lines(symbols .. LINKED), lines(symbols .. BUILT))
  end)

  it("are applied before the libraries are used: who calls one, calls what applies them", function()
    -- OpenSSL calls roots.c; lua_sigv4.c, which begins, calls sigv4.c; http.c, which does too, multi.c.
    local theirs = {}
    local exempt = { ["multi.o"] = true, ["openssl.o"] = true, ["roots.o"] = true, ["sigv4.o"] = true }
    local vendor = BUILD == "build" and "build/vendor" or "build/vendor-" .. BUILD:match "[^/]*$"
    for _, library in ipairs { "crypto", "ssl", "curl", "expat" } do
      local archive = ("%s/lib/lib%s.a"):format(vendor, library)
      for _, line in ipairs(lines("nm --defined-only --extern-only " .. archive .. " 2> /dev/null")) do
        theirs[line:match "(%S+)$" or ""] = true
      end
    end
    assert.is_true(theirs.SHA256_Update)
    local users = 0
    for _, object in ipairs(lines("ls " .. BUILD .. "/obj/host/*.o")) do
      local uses, begins = nil, false
      for _, line in ipairs(lines("nm --undefined-only " .. object)) do
        local name = line:match "(%S+)$"
        uses = theirs[name] and name or uses
        begins = begins or name == "openssl_begin" or name == "late_relocations_apply"
      end
      users = users + (uses and 1 or 0)
      local excused = begins or exempt[object:match "[^/]*$"]
      assert.is_true(not uses or excused, object .. " uses " .. tostring(uses))
    end
    assert.is_true(users >= 5)
  end)

  it("wait for the first digest, and are read-only again behind it", function()
    local places = {}
    for i, address in ipairs(late) do places[i] = ("[%d]=%d"):format(address, before[address]) end
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    local relro = all[".data.rel.ro"].address
    file:write(("return { relro = %d, late = {%s} }"):format(relro, table.concat(places, ",")))
    file:close()
    local script = "spec/host/late_relocations_probe.lua"
    local found = lines(("%s run %s %s 2>&1"):format(program, script, path))
    os.remove(path)
    assert.same({
      "start: r--p, 0 of " .. #late .. " words relocated",
      "after a digest: r--p, " .. #late .. " of " .. #late .. " words relocated",
    }, found)
  end)
end)
