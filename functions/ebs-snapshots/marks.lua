--- The tags that a snapshot gets in the call that makes it, and what they tell when it is found again. Pure.
--
-- A *unit* is what one run took of one source: a volume's snapshot, or those of all volumes of an instance;
-- or the copies of these in another region. It is `{ source, run, period, state, snapshots = { { id,
-- volume, state, message, copy_of, tags }, … } }`.

local by_key = require("fleet.tags").by_key
local clock = require "schedule.clock"
local event_time = require "lambda.event_time"

local M = {}

--- The mark of what this function made. Nothing without it is ever touched.
M.MADE_BY = { Key = "snapshot:made-by", Value = "ebs-snapshots" }

local OF, PERIOD, RUN = "snapshot:of", "snapshot:period", "snapshot:run"
local COPY_OF, VOLUME = "snapshot:copy-of", "snapshot:volume"

local function specification(tags)
  table.insert(tags, 1, M.MADE_BY)
  return { { ResourceType = "snapshot", Tags = tags } }
end

--- The `TagSpecifications` of a snapshot.
-- @tparam table source `{ id, name }`
-- @tparam number period its beginning, in seconds since 1970 UTC
-- @tparam schedule.zone.Zone zone
-- @tparam string run the invocation's id
-- @treturn table
function M.taken(source, period, zone, run)
  local tags = {
    { Key = OF, Value = source.id },
    { Key = PERIOD, Value = clock.rfc3339(period, zone) },
    { Key = RUN, Value = run },
  }
  if source.name then tags[#tags + 1] = { Key = "Name", Value = source.name } end
  return specification(tags)
end

--- The `TagSpecifications` of a copy. A copy's own `VolumeId` is arbitrary, so a tag tells the volume.
-- @tparam table snapshot of a unit
-- @treturn table
function M.copied(snapshot)
  local tags = { { Key = COPY_OF, Value = snapshot.id }, { Key = VOLUME, Value = snapshot.volume } }
  for _, key in ipairs { OF, PERIOD, RUN, "Name" } do
    if snapshot.tags[key] then tags[#tags + 1] = { Key = key, Value = snapshot.tags[key] } end
  end
  return specification(tags)
end

local function unit_state(snapshots)
  local state = "completed"
  for _, snapshot in ipairs(snapshots) do
    if snapshot.state == "error" then return "error" end
    if snapshot.state ~= "completed" then state = "pending" end
  end
  return state
end

local function newest_first(a, b)
  if a.period ~= b.period then return a.period > b.period end
  return a.snapshots[1].id < b.snapshots[1].id
end

-- A copy that has failed, or that is there already, is by itself: its unit goes without it.
local function new_sorter()
  local units, by_source, is_copied = {}, {}, {}

  local function key_of(snapshot, source, run)
    local by_itself = snapshot.copy_of and (snapshot.state == "error" or is_copied[snapshot.copy_of])
    if snapshot.copy_of and not by_itself then is_copied[snapshot.copy_of] = true end
    return table.concat({ source, run, by_itself and snapshot.id }, " ")
  end

  local function put(snapshot, source, run, period)
    local key = key_of(snapshot, source, run)
    local unit = units[key]
    if not unit then
      unit = { source = source, run = run, period = period, snapshots = {} }
      units[key] = unit
      by_source[source] = by_source[source] or {}
      table.insert(by_source[source], unit)
    end
    table.insert(unit.snapshots, snapshot)
  end

  return put, by_source
end

local function by_id(a, b) return a.SnapshotId < b.SnapshotId end

--- Puts snapshots together again.
-- @tparam {table,...} described as EC2 describes them, all with the mark; sorted by id here
-- @treturn {[string]={table,...}} units by source, the newest first
-- @treturn {table,...} `{ id, problem }` of those whose other tags somebody has changed
function M.units(described)
  local put, by_source = new_sorter()
  local strange = {}
  table.sort(described, by_id)
  for _, each in ipairs(described) do
    local tags = by_key(each.Tags)
    local source, run, period = tags[OF], tags[RUN], event_time(tags[PERIOD])
    if source and run and period then
      put({
        id = each.SnapshotId, volume = tags[VOLUME] or each.VolumeId, state = each.State,
        message = each.StateMessage, copy_of = tags[COPY_OF], tags = tags,
      }, source, run, period)
    else
      strange[#strange + 1] = {
        id = each.SnapshotId,
        problem = ("left alone: its tags %s, %s and %s are not as they were made"):format(OF, PERIOD, RUN),
      }
    end
  end
  for _, units in pairs(by_source) do
    for _, unit in ipairs(units) do unit.state = unit_state(unit.snapshots) end
    table.sort(units, newest_first)
  end
  return by_source, strange
end

return M
