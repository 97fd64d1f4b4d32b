local zones = require "bundle.zones"

local LIBRARY = { a = "local b = require 'b'", b = 'require("schedule.zone") require "a"', c = "return 1" }

local function reach(source, path)
  return zones.reach({ { path = path or "handler.lua", bytes = source } }, "schedule.zone",
    function(name) return LIBRARY[name] end)
end

describe("bundle.zones", function()
  it("finds schedule.zone in a file, and behind the library's modules that it requires", function()
    assert.is_true(reach 'local zone = require("schedule.zone")')
    assert.is_true(reach "local a = require 'a'")
    assert.is_false(reach "local c = require 'c'")
    assert.is_false(reach "local unknown = require 'unknown'")
  end)

  it("reads Lua files alone", function()
    assert.is_false(reach("require 'schedule.zone'", "data/note.txt"))
  end)
end)
