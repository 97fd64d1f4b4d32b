--- A volume and its snapshots in memory, for specs and for the picture: each run is planned by plan.lua, and
-- what it plans is done as EC2 would.

local keep = require "keep"
local every = require "every"
local marks = require "marks"
local plan = require "plan"
local zone = require "schedule.zone"

local HOME, ABROAD = "us-east-1", "eu-west-1"

local Simulation = {}
Simulation.__index = Simulation

local function new_id(self)
  self.made = self.made + 1
  return ("snap-%06d"):format(self.made)
end

local function add(self, region, specifications, volume)
  local id = new_id(self)
  self[region][id] = {
    SnapshotId = id, VolumeId = volume, State = "pending", Tags = specifications[1].Tags,
  }
  return id
end

local DO = {}

function DO.take(self, step, run)
  add(self, HOME, marks.taken(step.from, step.period, step.from.wanted.zone, run), "vol-1")
end

function DO.copy(self, step)
  assert(self[HOME][step.original.id], "the original of a copy is gone")
  add(self, ABROAD, marks.copied(step.original), "vol-ffffffff")
end

function DO.expire(self, step)
  assert(self[step.region][step.snapshot], "expired twice")
  self[step.region][step.snapshot] = nil
end

DO.discard = DO.expire

-- What was under way is complete, or has failed where chance has it so.
local function settle(self, region)
  for _, snapshot in pairs(self[region]) do
    if snapshot.State == "pending" then snapshot.State = self.fails(region) and "error" or "completed" end
  end
end

--- The snapshots of a region by source, as the handler sees them.
function Simulation:units(region)
  local list = {}
  for _, snapshot in pairs(self[region]) do list[#list + 1] = snapshot end
  return marks.units(list)["vol-1"] or {}
end

--- Plans a run.
function Simulation:plan(now)
  local function seen(region) return { name = region, units = { ["vol-1"] = self:units(region) } } end
  return plan.steps(self.source, seen(HOME), self.source.wanted.copy_to and seen(ABROAD) or nil, now)
end

--- A run, and what of it was done; what `works(step)` is false for fails.
function Simulation:run(now, works)
  local steps = self:plan(now)
  self.runs = self.runs + 1
  for _, step in ipairs(steps) do
    local act = DO[step.action]
    if act and (not works or works(step)) then act(self, step, "run-" .. self.runs) end
  end
  return steps
end

--- Lets what is under way come to its end.
function Simulation:settle()
  settle(self, HOME)
  settle(self, ABROAD)
end

--- @tparam table tags `every`, `keep`, and optionally `zone` and `copy`
-- @tparam[opt] function fails region → whether a snapshot that is under way there fails
return function(tags, fails)
  local wanted = {
    every = tags.every and assert(every(tags.every)),
    keep = tags.keep and assert(keep.parse(tags.keep)),
    zone = assert(zone.load(tags.zone or "UTC")),
    copy_to = tags.copy and ABROAD or nil,
  }
  return setmetatable({
    source = { id = "vol-1", is_volume = true, wanted = wanted },
    fails = fails or function() return false end,
    made = 0, runs = 0, [HOME] = {}, [ABROAD] = {},
  }, Simulation)
end
