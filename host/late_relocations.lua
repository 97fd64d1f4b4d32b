-- Spares ld.so the relocations of three libraries' tables: luajit late_relocations.lua LINKED MAP OUT
-- MAP is the linker's, of the program LINKED. Each word gets its address in the file, and the table that
-- late_relocations.c reads gets the words' places. Nothing moves; the same program gives the same bytes.

local bit = require "bit"
local ffi = require "ffi"

-- Source: System V gABI, "ELF Header", "Section Header", "Relocation", "Dynamic Section".
ffi.cdef [[
  struct header {
    uint8_t ident[16]; uint16_t type, machine; uint32_t version; uint64_t entry, segments, sections;
    uint32_t flags; uint16_t size, segment_size, segment_count, section_size, section_count, section_names;
  };
  struct section {
    uint32_t name, type; uint64_t flags, address, offset, size; uint32_t link, info;
    uint64_t alignment, entry_size;
  };
  struct rela { uint64_t address, info; int64_t addend; };
  struct dynamic { int64_t tag; uint64_t value; };
]]

local LATE = { crypto = true, ssl = true, curl = true, expat = true } -- libraries
local RELATIVE = { [62] = 8, [183] = 1027 } -- R_X86_64_RELATIVE, R_AARCH64_RELATIVE by machine
local DT_NULL, DT_RELASZ, DT_RELACOUNT = 0, 8, 0x6ffffff9
local WORD, BITS = 8, 63

local function fail(...)
  io.stderr:write("late_relocations: ", string.format(...), "\n")
  os.exit(1)
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local linked, map, out = arg[1], arg[2], arg[3]
local text = read(linked)
local image = ffi.new("uint8_t[?]", #text)
ffi.copy(image, text, #text)

local function view(type, offset)
  return ffi.cast("struct " .. type .. " *", image + offset)
end

local header = view("header", 0)
local sections = view("section", header.sections)

local function section(name)
  local names = sections[header.section_names].offset
  for i = 0, header.section_count - 1 do
    if ffi.string(image + names + sections[i].name) == name then return sections[i] end
  end
  fail("%s: there is no section %s", linked, name)
end

--- The words of the libraries' data, by address, as the map has them.
local function late_words()
  local words = {}
  local input = "\n %.data%S*%s+0x(%x+)%s+0x(%x+) [^\n]*/lib(%a+)%.a%("
  for address, size, library in read(map):gmatch(input) do
    local start = tonumber(address, 16)
    if LATE[library] and start > 0 then -- 0 is where what was left out is
      local first = math.ceil(start / WORD) * WORD
      for word = first, start + tonumber(size, 16) - WORD, WORD do words[word] = true end
    end
  end
  return words
end

--- Where the image has what the program has at an address.
local data = { section ".data.rel.ro", section ".data" }
local function place(address)
  for _, part in ipairs(data) do
    local within = address - tonumber(part.address)
    if within >= 0 and within + WORD <= tonumber(part.size) then
      return ffi.cast("int64_t *", image + part.offset + within)
    end
  end
  fail("%s: %x is in no section that the libraries' tables are in", linked, address)
end

--- Moves the addends of late relocations to their words; returns the words' addresses in order.
local function take(relocations, dynamic)
  local late, relative = late_words(), RELATIVE[header.machine]
  local entries = view("rela", relocations.offset)
  local all = tonumber(relocations.size) / ffi.sizeof("struct rela")
  local kept, taken = 0, {}
  for i = 0, all - 1 do
    local address = tonumber(entries[i].address)
    if tonumber(entries[i].info) == relative and late[address] then
      place(address)[0] = entries[i].addend
      taken[#taken + 1] = address
    else
      entries[kept] = entries[i]
      kept = kept + 1
    end
  end
  local freed = (all - kept) * ffi.sizeof("struct rela")
  ffi.fill(entries + kept, freed)
  relocations.size = relocations.size - freed
  dynamic[DT_RELASZ].value = dynamic[DT_RELASZ].value - freed
  dynamic[DT_RELACOUNT].value = dynamic[DT_RELACOUNT].value - #taken
  table.sort(taken)
  return taken
end

--- The entries that name the addresses: one itself, or the 63 words behind those named before it.
local function encode(addresses)
  local entries, at = {}, 1
  while at <= #addresses do
    local first = addresses[at]
    entries[#entries + 1] = ffi.new("uint64_t", first)
    at, first = at + 1, first + WORD
    while at <= #addresses and addresses[at] < first + BITS * WORD do
      local bits = 1ULL
      while at <= #addresses and addresses[at] < first + BITS * WORD do
        bits = bit.bor(bits, bit.lshift(1ULL, (addresses[at] - first) / WORD + 1))
        at = at + 1
      end
      entries[#entries + 1] = bits
      first = first + BITS * WORD
    end
  end
  return entries
end

local function read_dynamic()
  local entries, dynamic = view("dynamic", section(".dynamic").offset), {}
  while entries[0].tag ~= DT_NULL do
    dynamic[tonumber(entries[0].tag)] = entries[0]
    entries = entries + 1
  end
  return dynamic
end

local taken = take(section ".rela.dyn", read_dynamic())
if #taken == 0 then fail("%s names no table of OpenSSL's, libcurl's or expat's", map) end

local entries, room = encode(taken), section ".late_relocations"
local size = (#entries + 1) * WORD -- a zero ends them
if size > tonumber(room.size) then
  fail("the table needs %d bytes; late_relocations.c has room for %d", size, tonumber(room.size))
end
for i, entry in ipairs(entries) do
  ffi.cast("uint64_t *", image + room.offset)[i - 1] = entry
end

local file = assert(io.open(out, "wb"))
assert(file:write(ffi.string(image, #text)))
assert(file:close())
