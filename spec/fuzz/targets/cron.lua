-- Cron expressions: what is read goes forward and back over the same times.
local check = require "check"
local cron = require "schedule.cron"
local zone = require "schedule.zone"

local ZONES = {
  assert(zone.load "UTC"), assert(zone.load "Europe/Berlin"), assert(zone.load "Australia/Lord_Howe"),
}
-- About changes of the clock, and a leap day.
local STARTS = { 0, 1711846800, 1729990800, 951782400, 4102444800 }

return function(input)
  local choice, text = check.choice(input)
  local schedule = check.given(cron.parse(text))
  if not schedule then return end
  assert(type(schedule.text) == "string")
  local where = ZONES[choice % #ZONES + 1]
  local from = STARTS[math.floor(choice / #ZONES) % #STARTS + 1]
  local at = schedule:next(from, where)
  if not at then return end
  assert(at > from, "next is not later")
  assert(at % 60 == 0, "next is not on a minute")
  assert(schedule:previous(at, where) == at, "next is no time of the schedule")
  local before = schedule:previous(at - 1, where)
  assert(not before or before <= from, "next has passed one over")
  local second = schedule:next(at, where)
  assert(not second or second > at, "next stands still")
end
