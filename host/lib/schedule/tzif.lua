--- Decoding of TZif files, the compiled form of IANA time zones (RFC 9636, versions 1 to 4).
-- @module schedule.tzif

local byte = string.byte

local M = {}

local HEADER_SIZE = 44
local TYPE_SIZE = 6
-- RFC 9636, 3.2 (utoff): the offsets that a POSIX TZ string can express.
local MIN_OFFSET, MAX_OFFSET = -89999, 93599

local function uint32(data, at)
  local a, b, c, d = byte(data, at, at + 3)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

local function int32(data, at)
  local value = uint32(data, at)
  return value < 2 ^ 31 and value or value - 2 ^ 32
end

-- Exact to 2^53 seconds, which is 285 million years.
local function int64(data, at)
  return int32(data, at) * 2 ^ 32 + uint32(data, at + 4)
end

-- The header at a position and its block's layout, `width` being the size of a time in that block.
local function read_header(data, at, width)
  if #data < at + HEADER_SIZE - 1 then
    return nil, "truncated header"
  end
  if data:sub(at, at + 3) ~= "TZif" then
    return nil, "not a TZif file"
  end
  local header = {
    version = byte(data, at + 4),
    width = width,
    isutcnt = uint32(data, at + 20),
    isstdcnt = uint32(data, at + 24),
    leapcnt = uint32(data, at + 28),
    timecnt = uint32(data, at + 32),
    typecnt = uint32(data, at + 36),
    charcnt = uint32(data, at + 40),
  }
  header.times = at + HEADER_SIZE
  header.indices = header.times + header.timecnt * width
  header.types = header.indices + header.timecnt
  header.after = header.types + header.typecnt * TYPE_SIZE + header.charcnt + header.leapcnt * (width + 4)
    + header.isstdcnt + header.isutcnt
  if #data < header.after - 1 then
    return nil, "truncated data block"
  end
  return header
end

local function check_counts(header)
  if header.leapcnt > 0 then
    return "counts leap seconds (a \"right\" zone); use the zone of the same name without them"
  end
  if header.typecnt == 0 or header.charcnt == 0 then
    return "no local time types"
  end
  if header.isutcnt ~= 0 and header.isutcnt ~= header.typecnt then
    return "the number of UT indicators is not that of the types"
  end
  if header.isstdcnt ~= 0 and header.isstdcnt ~= header.typecnt then
    return "the number of standard time indicators is not that of the types"
  end
end

local function read_types(data, header)
  local offsets, isdst = {}, {}
  for index = 0, header.typecnt - 1 do
    local at = header.types + index * TYPE_SIZE
    local offset, daylight, name_at = int32(data, at), byte(data, at + 4, at + 5)
    if offset < MIN_OFFSET or offset > MAX_OFFSET then
      return nil, ("offset of %d seconds in type %d"):format(offset, index)
    end
    if daylight > 1 or name_at >= header.charcnt then
      return nil, ("bad type %d"):format(index)
    end
    offsets[index], isdst[index] = offset, daylight == 1
  end
  return offsets, isdst
end

-- The times of change, and the type that begins at each; type 0 comes before the first.
local function read_changes(data, header)
  local offsets, isdst = read_types(data, header)
  if not offsets then
    return nil, isdst
  end
  local zone = { times = {}, offsets = { [0] = offsets[0] }, isdst = { [0] = isdst[0] } }
  local read_time = header.width == 8 and int64 or int32
  local last = -math.huge
  for i = 1, header.timecnt do
    local time = read_time(data, header.times + (i - 1) * header.width)
    local index = byte(data, header.indices + i - 1)
    if time <= last then
      return nil, ("transition %d is not after the one before"):format(i)
    end
    if index >= header.typecnt then
      return nil, ("transition %d has no type"):format(i)
    end
    zone.times[i], zone.offsets[i], zone.isdst[i] = time, offsets[index], isdst[index]
    last = time
  end
  return zone
end

--- Decodes a TZif file.
-- @tparam string data the file's bytes
-- @treturn[1] table `times` (seconds since 1970 UTC, ascending), `offsets` (seconds east of UTC) and `isdst`,
-- where index i holds what begins at times[i], and index 0 what was before; `footer`, a POSIX TZ string for
-- the time from the last of `times` on, or nil
-- @treturn[2] nil
-- @treturn[2] string what is wrong
function M.decode(data)
  local header, message = read_header(data, 1, 4)
  if not header then
    return nil, message
  end
  local has_footer = header.version >= byte "2"
  if has_footer then -- the same again with 64-bit times, then the footer
    header, message = read_header(data, header.after, 8)
    if not header then
      return nil, message
    end
  end
  message = check_counts(header)
  if message then
    return nil, message
  end
  local zone
  zone, message = read_changes(data, header)
  if not zone then
    return nil, message
  end
  if has_footer then
    local footer = data:match("^\n([^\n]*)\n", header.after)
    if not footer then
      return nil, "truncated footer"
    end
    zone.footer = footer ~= "" and footer or nil
  end
  return zone
end

return M
