local errors = require "aws.error"
local paginate = require "aws.paginate"
local things = require "aws.things"
local worlds = require "aws.world"

-- A client whose one operation answers with the given pages and keeps the parameters of its calls.
local function paged(pages)
  local client = { calls = {}, core = { model = { service = "s" } } }
  function client.list(_, params)
    local copy = {}
    for key, value in pairs(params) do copy[key] = value end
    client.calls[#client.calls + 1] = copy
    local page = pages[#client.calls]
    if errors.is(page) then return nil, page end
    return page
  end
  return client
end

local function collect(iterator)
  local found = {}
  for item, key in iterator do found[#found + 1] = key and { item, key } or item end
  return found
end

local function items(pages, paginator, params)
  local client = paged(pages)
  return collect(paginate.items(paginate.iterator(client, "list", params, paginator), paginator)), client
end

local SIMPLE = { input_token = "Token", output_token = "Next", result_key = "Items" }

describe("aws.paginate", function()
  it("follows the token to the last page", function()
    local client = paged { { Next = "b" }, { Next = "c" }, {} }
    local pages = collect(paginate.iterator(client, "list", { Size = 2 }, SIMPLE))
    assert.equal(3, #pages)
    assert.same({ { Size = 2 }, { Size = 2, Token = "b" }, { Size = 2, Token = "c" } }, client.calls)
  end)

  it("takes an empty token for none", function()
    assert.equal(1, #collect(paginate.iterator(paged { { Next = "" } }, "list", {}, SIMPLE)))
  end)

  it("starts at the caller's token, and leaves the caller's table alone", function()
    local params = { Token = "x" }
    local client = paged { { Next = "y" }, {} }
    collect(paginate.iterator(client, "list", params, SIMPLE))
    assert.same({ { Token = "x" }, { Token = "y" } }, client.calls)
    assert.same({ Token = "x" }, params)
  end)

  it("asks for no page before it is wanted", function()
    local client = paged { { Next = "b" }, {} }
    local next_page = paginate.iterator(client, "list", {}, SIMPLE)
    assert.equal(0, #client.calls)
    next_page()
    assert.equal(1, #client.calls)
  end)

  it("gives nothing after the last page, as often as it is asked", function()
    local next_page = paginate.iterator(paged { {} }, "list", {}, SIMPLE)
    next_page()
    assert.is_nil(next_page())
    assert.is_nil(next_page())
  end)

  it("follows several tokens", function()
    local paginator = {
      input_token = { "KeyMarker", "IdMarker" },
      output_token = { "NextKey", "NextId" },
      more_results = "Truncated",
      result_key = { "Uploads", "Prefixes" },
    }
    local found, client = items({
      { Truncated = true, NextKey = "k", NextId = "i", Uploads = { 1 }, Prefixes = { "a" } },
      { Truncated = true, NextKey = "l", Uploads = {}, Prefixes = { "b" } },
      { Truncated = false, NextKey = "m", Uploads = { 2, 3 } },
    }, paginator)
    assert.same({ {}, { KeyMarker = "k", IdMarker = "i" }, { KeyMarker = "l" } }, client.calls)
    assert.same({ { 1, "Uploads" }, { "a", "Prefixes" }, { "b", "Prefixes" }, { 2, "Uploads" },
      { 3, "Uploads" } }, found)
  end)

  it("looks into nested keys and expressions", function()
    local found, client = items({
      { List = { Items = { 1, 2 }, Next = "n" } },
      { List = { Items = { 3 } } },
    }, { input_token = "Marker", output_token = "List.Next", result_key = "List.Items" })
    assert.same({ {}, { Marker = "n" } }, client.calls)
    assert.same({ { 1, "List.Items" }, { 2, "List.Items" }, { 3, "List.Items" } }, found)

    found, client = items({
      { More = true, Contents = { { Key = "a" }, { Key = "b" } } },
      { More = false, Contents = { { Key = "c" } } },
    }, {
      input_token = "Marker", output_token = "NextMarker || Contents[-1].Key", more_results = "More",
      result_key = "Contents",
    })
    assert.same({ {}, { Marker = "b" } }, client.calls)
    assert.equal(3, #found)
  end)

  it("counts no numbers among the items, and takes a single value for an item", function()
    local found = items({ { Items = { "a" }, Count = 1, Text = "t" } },
      { input_token = "T", output_token = "N", result_key = { "Items", "Count", "Text" } })
    assert.same({ { "a", "Items" }, { "t", "Text" } }, found)
  end)

  it("keeps nothing of what it has handed out, though the next page is long in coming", function()
    local handed_out = setmetatable({}, { __mode = "k" })
    local left
    local answers = {
      { Next = "b", Items = { { 1 }, { 2 }, { 3 } } },
      { Items = {} },
    }
    local client = paged {}
    function client.list()
      local page = table.remove(answers, 1)
      for _, item in ipairs(page.Items) do handed_out[item] = true end
      if #answers == 0 then
        collectgarbage()
        left = 0
        for _ in pairs(handed_out) do left = left + 1 end
      end
      return page
    end
    local count = 0
    for _ in paginate.items(paginate.iterator(client, "list", nil, SIMPLE), SIMPLE) do count = count + 1 end
    assert.equal(3, count)
    assert.is_true(left <= 1) -- the loop's own
  end)

  it("goes over empty pages and missing keys", function()
    local found = items({ { Items = {}, Next = "a" }, { Next = "b" }, { Items = { 1 } } }, SIMPLE)
    assert.same({ { 1, "Items" } }, found)
  end)

  describe("errors", function()
    it("are raised, so that no loop ends early in silence", function()
      local down = errors.new { code = "Down" }
      local client = paged { { Next = "b" }, down }
      local seen = 0
      local ok, err = pcall(function()
        for _ in paginate.iterator(client, "list", {}, SIMPLE) do seen = seen + 1 end
      end)
      assert.is_false(ok)
      assert.equal(down, err)
      assert.equal(1, seen)
    end)

    it("end a service's endless pages", function()
      local client = paged { { Next = "b" }, { Next = "b" }, {} }
      local pages = paginate.iterator(client, "list", {}, SIMPLE)
      assert.is_table(pages())
      assert.is_table(pages())
      local ok, err = pcall(pages)
      assert.is_false(ok)
      assert.equal("PaginationError", err.code)
      assert.equal(2, #client.calls)
    end)
  end)

  describe("in a client", function()
    local function two_pages()
      return worlds.new {
        answers = { things.page({ { "a" }, { "b" } }, "next"), things.page { { "c" } } },
      }
    end

    it("gives pages and items", function()
      local pages = 0
      for page in things.client(two_pages()):pages("describe_things", { MaxResults = 5 }) do
        pages = pages + #page.Things
      end
      assert.equal(3, pages)

      local world = two_pages()
      local ids = {}
      for thing in things.client(world):each("describe_things") do ids[#ids + 1] = thing.ThingId end
      assert.same({ "a", "b", "c" }, ids)
      assert.truthy(world.requests[2].body:find("NextToken=next", 1, true))
    end)

    it("raises AWS's error with everything that is known", function()
      local world = worlds.new { answers = { things.refusal(403, "AccessDenied") } }
      local ok, err = pcall(function()
        for _ in things.client(world):each("describe_things") do error("not reached") end
      end)
      assert.is_false(ok)
      assert.is_true(errors.is(err))
      assert.equal("things DescribeThings: AccessDenied: because (HTTP 403, request r-1)", tostring(err))
    end)

    it("raises a caller's mistake before anything is sent", function()
      local client = things.client(worlds.new())
      for _, call in ipairs {
        { "pages", "make_thing", {}, "has no pages" },
        { "each", "describe_thing", {}, 'did you mean "describe_things"?' },
        { "pages", "describe_things", { Max = 1 }, "Max: unknown member" },
      } do
        local ok, message = pcall(client[call[1]], client, call[2], call[3])
        assert.is_false(ok)
        assert.truthy(message:find(call[4], 1, true))
      end
    end)
  end)
end)
