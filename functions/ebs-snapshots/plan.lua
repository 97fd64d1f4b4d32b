--- What is to be done for one source, by what its tags ask for and the units that are there. Pure.
--
-- A step is `{ action, source, region, reason, snapshot, … }`. To do are `take` (with `from`, the source,
-- and `period`), `copy` (with `original`, the snapshot, and `key`), `expire` and `discard`; `none`,
-- `waiting`, `kept` and `error` say why nothing is done.

local clock = require "schedule.clock"
local keep = require "keep"

local M = {}

local function ids_of(unit)
  local ids = {}
  for i, snapshot in ipairs(unit.snapshots) do ids[i] = snapshot.id end
  return table.concat(ids, " ")
end

local function in_state(units, state)
  local list = {}
  for _, unit in ipairs(units) do
    if unit.state == state then list[#list + 1] = unit end
  end
  return list
end

--- Whether a snapshot is due: none is there of the present period, not even one that is under way. So a late
-- run takes it still, and a second run takes none.
-- @tparam table wanted as `wanted` reads it
-- @tparam {table,...} units of the source, newest first
-- @tparam number now seconds since 1970 UTC
-- @treturn ?number the beginning of the period; nil when none is due
-- @treturn string why, or why not
function M.due(wanted, units, now)
  if not wanted.every then return nil, "snapshot:every is not set: none is taken" end
  local period = wanted.every:previous(now, wanted.zone)
  if not period then return nil, "the first period has not begun" end
  local since = clock.text(period, wanted.zone)
  for _, unit in ipairs(units) do
    if unit.period >= period and unit.state ~= "error" then
      return nil, ("the period since %s has its snapshot: %s"):format(since, ids_of(unit))
    end
  end
  return period, "none yet of the period since " .. since
end

-- Two runs at the same instant may each take one. The first stays, by the order that `marks` gives.
local function without_seconds(units, expire)
  local first, list = {}, {}
  for _, unit in ipairs(units) do
    local before = first[unit.period]
    if before then
      expire(unit, "a second one of its period, besides " .. ids_of(before))
    else
      first[unit.period], list[#list + 1] = unit, unit
    end
  end
  return list
end

--- The units that have had their time. One that is not complete takes no other's place: it may fail.
-- @tparam table wanted
-- @tparam {table,...} units of the source in one region, newest first
-- @tparam number now
-- @treturn {table,...} `{ unit, reason }`
-- @treturn {table,...} the complete units that stay
function M.expired(wanted, units, now)
  local list, stay = {}, {}
  local function expire(unit, reason) list[#list + 1] = { unit = unit, reason = reason } end
  local complete = without_seconds(in_state(units, "completed"), expire)
  if not wanted.keep then return list, complete end
  local kept = keep.kept(wanted.keep, complete, now, wanted.zone)
  for _, unit in ipairs(complete) do
    if kept[unit] then
      stay[#stay + 1] = unit
    else
      expire(unit, ("of the period since %s, and snapshot:keep is %s")
        :format(clock.text(unit.period, wanted.zone), keep.text(wanted.keep)))
    end
  end
  return list, stay
end

-- What is there of copies: the snapshots that are copied, the periods, and the oldest of these.
local function copies_in(there)
  local snapshots, periods, oldest = {}, {}, nil
  for _, unit in ipairs(there) do
    if unit.state ~= "error" then
      periods[unit.period], oldest = unit, unit.period
      for _, snapshot in ipairs(unit.snapshots) do snapshots[snapshot.copy_of or ""] = snapshot end
    end
  end
  return snapshots, periods, oldest
end

-- The units that would be kept there, were all of them copied.
local function kept_there(wanted, units, periods, now)
  local all = {}
  for _, unit in ipairs(units) do all[#all + 1], periods[unit.period] = unit, nil end
  for _, unit in pairs(periods) do all[#all + 1] = unit end
  table.sort(all, function(a, b) return a.period > b.period end)
  return wanted.keep and keep.kept(wanted.keep, all, now, wanted.zone)
end

--- The snapshots to copy, oldest first: from the oldest copy on, all that stay here and would be kept
-- there; the newest alone where no copy is yet.
-- @tparam table wanted
-- @tparam {table,...} here units of the source in its own region
-- @tparam {table,...} there units of its copies
-- @tparam number now
-- @treturn {table,...} snapshots
function M.to_copy(wanted, here, there, now)
  local _, units = M.expired(wanted, here, now)
  local copied, periods, since = copies_in(there)
  if not since then units = { units[1] } end
  local kept = kept_there(wanted, units, periods, now)
  local list = {}
  for i = #units, 1, -1 do
    local unit = units[i]
    local is_wanted = (not since or unit.period >= since) and (not kept or kept[unit])
    for _, snapshot in ipairs(is_wanted and unit.snapshots or {}) do
      if not copied[snapshot.id] then list[#list + 1] = snapshot end
    end
  end
  return list
end

-- ---- steps ----

local function each_snapshot(units, fn)
  for _, unit in ipairs(units) do
    for _, snapshot in ipairs(unit.snapshots) do fn(snapshot) end
  end
end

-- The list, and a function that adds a step to it.
local function new_steps(source)
  local steps = {}
  return steps, function(action, region, reason, more)
    local step = { action = action, source = source.id, region = region.name, reason = reason }
    for name, value in pairs(more or {}) do step[name] = value end
    steps[#steps + 1] = step
  end
end

local function discard_failed(units, region, add)
  each_snapshot(in_state(units, "error"), function(snapshot)
    add("discard", region, snapshot.message or "EC2 does not say why", { snapshot = snapshot.id })
  end)
end

-- A snapshot that is being copied stays until it is.
local function expire(wanted, units, region, now, copies, add)
  for _, each in ipairs((M.expired(wanted, units, now))) do
    each_snapshot({ each.unit }, function(snapshot)
      local copy = copies[snapshot.id]
      local reason = copy and ("it is being copied, to %s; %s"):format(copy, each.reason) or each.reason
      add(copy and "kept" or "expire", region, reason, { snapshot = snapshot.id })
    end)
  end
end

-- In the region of the copies nothing makes room before its successor is there.
local function copy(wanted, here, there, region, now, add)
  local list = M.to_copy(wanted, here, there, now)
  for _, snapshot in ipairs(list) do
    add("copy", region, "no copy yet of " .. snapshot.id, { original = snapshot, key = wanted.copy_key })
  end
  each_snapshot(in_state(here, "pending"), function(snapshot)
    add("waiting", region, "copied when it is complete", { snapshot = snapshot.id })
  end)
  discard_failed(there, region, add)
  if #list == 0 then expire(wanted, there, region, now, {}, add) end
end

local function copies_under_way(there)
  local copies = {}
  each_snapshot(there, function(snapshot)
    if snapshot.state == "pending" and snapshot.copy_of then copies[snapshot.copy_of] = snapshot.id end
  end)
  return copies
end

--- All that is to be done for a source.
-- @tparam table source `{ id, wanted }`
-- @tparam table home its region, `{ name, units }`
-- @tparam ?table abroad the region of its copies; nil where none are wanted, or it cannot be seen
-- @tparam number now seconds since 1970 UTC
-- @treturn {table,...} steps
function M.steps(source, home, abroad, now)
  local wanted, here = source.wanted, home.units[source.id] or {}
  local there = abroad and abroad.units[source.id] or {}
  local steps, add = new_steps(source)
  local period, reason = M.due(wanted, here, now)
  add(period and "take" or "none", home, reason, { period = period, from = period and source })
  if abroad then copy(wanted, here, there, abroad, now, add) end
  discard_failed(here, home, add)
  expire(wanted, here, home, now, copies_under_way(there), add)
  return steps
end

--- What of a region belongs to no source: it is gone, or its tags are, and nobody says how long to keep
-- these.
-- @tparam table region `{ name, units, strange }`
-- @tparam {table,...} known ids of sources, as a set
-- @treturn {table,...} steps
function M.left_alone(region, known)
  local steps = {}
  for source, units in pairs(region.units) do
    if not known[source] then
      local count = 0
      each_snapshot(units, function() count = count + 1 end)
      steps[#steps + 1] = {
        action = "none", source = source, region = region.name,
        reason = ("no tag says how long: its %d snapshots are left alone"):format(count),
      }
    end
  end
  table.sort(steps, function(a, b) return a.source < b.source end)
  for _, each in ipairs(region.strange) do
    steps[#steps + 1] = { action = "error", region = region.name, snapshot = each.id, reason = each.problem }
  end
  return steps
end

return M
