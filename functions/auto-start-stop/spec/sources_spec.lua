local grammar = require "schedule.grammar"
local task = require "task"
local zone = require "schedule.zone"

local UTC = zone.load "UTC"
local CHRISTMAS = UTC:utc { year = 2026, month = 12, day = 25 } / 86400
local ICS = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261225\r\nSUMMARY:Christmas\r\n"
  .. "END:VEVENT\r\nEND:VCALENDAR\r\n"

-- A folder with files of these texts.
local function folder_of(texts)
  local folder = os.tmpname()
  os.remove(folder)
  os.execute(("mkdir -p '%s/data/holidays'"):format(folder))
  for path, text in pairs(texts) do
    local file = assert(io.open(folder .. "/" .. path, "wb"))
    file:write(text)
    file:close()
  end
  return folder
end

-- A client whose calls are counted: `pages`, the items of its lists, or an error; `objects`, by key.
local function client(pages, objects)
  local calls = {}
  return {
    calls = calls,
    each = function(_, operation, params)
      calls[#calls + 1] = { operation, params }
      if pages.err then error(pages.err, 0) end
      local i = 0
      return function()
        i = i + 1
        return pages[i]
      end
    end,
    get_object = function(_, params)
      calls[#calls + 1] = { "get_object", params }
      local body = objects[params.Key]
      if body then return { Body = body } end
      return nil, "s3 GetObject: AccessDenied"
    end,
  }
end

local function named(...)
  local list = {}
  for i, value in ipairs { ... } do
    list[i] = { tags = { { Key = "Name", Value = "x" }, { Key = "start-stop:holidays", Value = value } } }
  end
  return list
end

describe("auto-start-stop: sources", function()
  local sources, logged, folders

  setup(function()
    package.loaded["lambda.log"] = { error = function(message) logged[#logged + 1] = message end }
    package.loaded["sources"] = nil
    sources = require "sources"
  end)

  before_each(function() logged, folders = {}, {} end)

  after_each(function()
    for _, folder in ipairs(folders) do os.execute(("rm -r '%s'"):format(folder)) end
  end)

  local function folder(texts)
    folders[#folders + 1] = folder_of(texts or {})
    return folders[#folders]
  end

  describe("reads named schedules", function()
    it("of which there need be none, without a call", function()
      assert.same({ texts = {} }, sources.schedules({}, {}, folder()))
      assert.same({}, logged)
    end)

    it("from a file and from parameters, which come first", function()
      local ssm = client {
        { Name = "/start-stop/office", Value = "mon-fri 08:00-18:00" },
        { Name = "/start-stop/morning", Value = "mon-fri 08:00" },
      }
      local names = sources.schedules({ schedules_path = "/start-stop" }, { ssm = ssm }, folder {
        ["schedules.lua"] = 'return { office = "always", nights = "daily 22:00-06:00" }',
      })
      assert.same({ texts = {
        office = "mon-fri 08:00-18:00", morning = "mon-fri 08:00", nights = "daily 22:00-06:00",
      } }, names)
      assert.same({ { "get_parameters_by_path", { Path = "/start-stop" } } }, ssm.calls)
      assert.same({}, logged)
    end)

    it("where one that is wrong is logged, and an error of those that use it", function()
      local names = sources.schedules({}, {}, folder {
        ["schedules.lua"] = 'return { bad = "mon-fri 8-18", good = "always", daily = "always", no = 7 }',
      })
      assert.equal(3, #logged)
      assert.matches('^named schedule "bad": column 9: "8" is no time of day', logged[1])
      assert.matches('^named schedule "daily": @daily is one of cron\'s own', logged[2])
      assert.matches('^named schedule "no": is not a text', logged[3])
      assert.same({ fixed = "running" }, (grammar.schedule("always", names)))
      assert.equal("running", grammar.schedule("@good", names).fixed)
      assert.matches('the schedule named "bad" is "mon%-fri 8%-18": column 9',
        select(2, grammar.schedule("@bad", names)))
    end)

    it("where a file or a path that cannot be read is logged, and the rest is read", function()
      local refused = { ssm = client { err = "ssm GetParametersByPath: AccessDenied" } }
      local names = sources.schedules({ schedules_path = "/x" }, refused, folder {
        ["schedules.lua"] = 'return { good = "always" }',
      })
      assert.equal("running", grammar.schedule("@good", names).fixed)
      assert.matches("AccessDenied", select(2, grammar.schedule("@office", names)))
      assert.same({ "named schedules of /x: ssm GetParametersByPath: AccessDenied" }, logged)

      for text, expected in pairs {
        ["return 7"] = "^schedules.lua: does not return a table$",
        ["return {"] = "schedules.lua:1: unexpected symbol",
        ["error 'no'"] = "schedules.lua: .*no$",
      } do
        logged = {}
        assert.same({ texts = {} }, sources.schedules({}, {}, folder { ["schedules.lua"] = text }))
        assert.equal(1, #logged)
        assert.matches(expected, logged[1])
      end
    end)
  end)

  describe("reads calendars", function()
    local S3 = { holidays = { bucket = "b", prefix = "cal/" } }

    it("of which there need be none, without a call", function()
      assert.same({}, sources.calendars(S3, {}, folder()) { { tags = {} }, {} })
    end)

    it("that are named, each once, from S3", function()
      local s3 = client({
        { Key = "cal/de.ics", Size = #ICS }, { Key = "cal/us.txt", Size = 10 },
        { Key = "cal/us.pdf", Size = 10 },
        { Key = "cal/old/de.ics", Size = 1 }, { Key = "cal/fr.ics", Size = 1 },
      }, { ["cal/de.ics"] = ICS, ["cal/us.txt"] = "2026-12-25" })
      local resources = named("de", "us+de stop", "de start", "nowhere")
      local found = sources.calendars(S3, { s3 = s3 }, folder())(resources)
      assert.equal("Christmas", found.de:on(CHRISTMAS, UTC))
      assert.equal("", found.us:on(CHRISTMAS, UTC))
      assert.is_nil(found.de:on(CHRISTMAS + 1, UTC))
      assert.is_nil(found.nowhere)
      assert.same({ problem = "was not read" }, found.fr)
      assert.same({
        { "list_objects_v2", { Bucket = "b", Prefix = "cal/" } },
        { "get_object", { Bucket = "b", Key = "cal/de.ics" } },
        { "get_object", { Bucket = "b", Key = "cal/us.txt" } },
      }, s3.calls)
      assert.same({}, logged)
    end)

    it("from the bundle", function()
      local here = folder { ["data/holidays/de.ics"] = ICS, ["data/holidays/us.txt"] = "2026-12-25 Holiday" }
      local found = sources.calendars({}, {}, here)(named("de", "us", "fr"))
      assert.equal("Christmas", found.de:on(CHRISTMAS, UTC))
      assert.equal("Holiday", found.us:on(CHRISTMAS, UTC))
      assert.is_nil(found.fr)
    end)

    it("where one that cannot be read is logged once, and an error of those that name it", function()
      local s3 = client({
        { Key = "cal/big.ics", Size = 1048577 }, { Key = "cal/bad.txt", Size = 4 },
        { Key = "cal/no.txt", Size = 4 },
      }, { ["cal/bad.txt"] = "soon" })
      local found = sources.calendars(S3, { s3 = s3 }, folder())(named("big", "bad", "no", "bad"))
      assert.equal("s3://b/cal/big.ics is larger than 1048576 bytes", found.big.problem)
      assert.matches('^line 1: "soon" is no date', found.bad.problem)
      assert.equal("s3 GetObject: AccessDenied", found.no.problem)
      assert.equal(3, #logged)
      assert.matches('^calendar "big": s3://b/cal/big.ics is larger', logged[1])
    end)

    it("once for all who ask, though they ask at the same time", function()
      local s3 = client({ { Key = "cal/de.ics", Size = #ICS }, { Key = "cal/us.txt", Size = 10 } },
        { ["cal/de.ics"] = ICS, ["cal/us.txt"] = "2026-12-25" })
      local get = s3.get_object
      function s3:get_object(params)
        task.sleep(0.01)
        return get(self, params)
      end
      local read, askers = sources.calendars(S3, { s3 = s3 }, folder()), {}
      for i, names in ipairs { { "de" }, { "de", "us" }, { "us" } } do
        askers[i] = task.spawn(function()
          local calendars = read(named(unpack(names)))
          for _, name in ipairs(names) do assert(not calendars[name].problem, name) end
        end)
      end
      for _, asker in ipairs(askers) do assert.is_true((asker:join())) end
      assert.equal(3, #s3.calls)
    end)

    it("where S3 cannot be listed, from the bundle alone", function()
      local s3 = client { err = "s3 ListObjectsV2: NoSuchBucket" }
      local here = folder { ["data/holidays/de.ics"] = ICS }
      local found = sources.calendars(S3, { s3 = s3 }, here)(named("de", "us"))
      assert.equal("Christmas", found.de:on(CHRISTMAS, UTC))
      assert.same({ problem = "s3 ListObjectsV2: NoSuchBucket" }, found.us)
      assert.same({ 'calendar "us": s3 ListObjectsV2: NoSuchBucket' }, logged)
    end)
  end)
end)
