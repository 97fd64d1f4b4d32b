local batch = require "fleet.batch"

local function ids_to(n)
  local ids = {}
  for i = 1, n do ids[i] = ("i-%03d"):format(i) end
  return ids
end

local function set(list)
  local members = {}
  for _, id in ipairs(list) do members[id] = true end
  return members
end

-- An AWS that refuses a call with any bad id in it, and keeps the sizes of the calls.
local function refusing(bad, err)
  local aws = { sizes = {} }
  function aws.call(ids)
    aws.sizes[#aws.sizes + 1] = #ids
    for _, id in ipairs(ids) do
      if bad[id] then return nil, type(err) == "function" and err(id, ids) or err end
    end
    return {}
  end
  return aws
end

local INCORRECT = { status = 400, code = "IncorrectInstanceState", message = "one of them is not stopped" }

local function keys(t)
  local list = {}
  for key in pairs(t) do list[#list + 1] = key end
  table.sort(list)
  return list
end

describe("fleet.batch", function()
  it("calls nothing for no ids", function()
    assert.same({ ok = {}, failed = {} }, batch({}, error))
  end)

  it("calls in batches, in order, the last one short", function()
    local aws = refusing({})
    local ids = ids_to(120)
    assert.same({ ok = ids, failed = {} }, batch(ids, aws.call))
    assert.same({ 50, 50, 20 }, aws.sizes)
    aws = refusing({})
    batch(ids_to(4), aws.call, { size = 2 })
    assert.same({ 2, 2 }, aws.sizes)
  end)

  it("has some batches under way at once, and their ids in order all the same", function()
    local task = require "task"
    for given, expected in pairs { [false] = 5, [2] = 2, [100] = 8 } do
      local under_way, most = 0, 0
      local ids = ids_to(80)
      local result = batch(ids, function(list)
        under_way = under_way + 1
        most = math.max(most, under_way)
        task.sleep(0.001 * (100 - tonumber(list[1]:sub(-2))))
        under_way = under_way - 1
        return {}
      end, { size = 10, concurrency = given or nil })
      assert.equal(expected, most)
      assert.same(ids, result.ok)
    end
  end)

  it("calls an id once that comes twice", function()
    local aws = refusing({})
    assert.same({ "a", "b" }, batch({ "a", "b", "a" }, aws.call).ok)
    assert.same({ 2 }, aws.sizes)
  end)

  it("finds one bad id in the middle of 120 and serves the other 119", function()
    local aws = refusing(set { "i-077" }, INCORRECT)
    local result = batch(ids_to(120), aws.call)
    assert.equal(119, #result.ok)
    assert.same({ ["i-077"] = INCORRECT }, result.failed)
    assert.is_true(#aws.sizes <= 2 + 1 + 2 * 6)
  end)

  it("finds the bad ids at both ends", function()
    local aws = refusing(set { "i-001", "i-050" }, INCORRECT)
    local result = batch(ids_to(50), aws.call)
    assert.equal(48, #result.ok)
    assert.same({ "i-001", "i-050" }, keys(result.failed))
  end)

  it("keeps the order of the ids that went well", function()
    local aws = refusing(set { "i-004" }, INCORRECT)
    assert.same({ "i-001", "i-002", "i-003", "i-005", "i-006", "i-007" }, batch(ids_to(7), aws.call).ok)
  end)

  it("ends when everything is refused, within 2n - 1 calls a batch", function()
    local aws = refusing(set(ids_to(120)), INCORRECT)
    local result = batch(ids_to(120), aws.call)
    assert.equal(0, #result.ok)
    assert.equal(120, #keys(result.failed))
    assert.equal(99 + 99 + 39, #aws.sizes)
  end)

  it("takes out at once the ids that the message names", function()
    local aws = refusing(set { "i-001", "i-007" }, {
      status = 400, code = "InvalidInstanceID.NotFound",
      message = "The instance IDs 'i-001, i-007' do not exist",
    })
    local result = batch(ids_to(10), aws.call)
    assert.equal(8, #result.ok)
    assert.same({ "i-001", "i-007" }, keys(result.failed))
    assert.same({ 10, 8 }, aws.sizes)
  end)

  it("does not take an id for another that begins with it", function()
    local aws = refusing(set { "i-12" }, {
      status = 400, code = "InvalidInstanceID.NotFound", message = "The instance ID 'i-12' does not exist",
    })
    local result = batch({ "i-1", "i-12" }, aws.call)
    assert.same({ "i-1" }, result.ok)
    assert.same({ "i-12" }, keys(result.failed))
  end)

  it("takes out the instance that a refused permission names, and calls for the others", function()
    local aws = refusing(set { "i-002" }, function(id)
      return {
        status = 403, code = "UnauthorizedOperation",
        message = "not authorized to perform: ec2:StartInstances on resource: "
          .. "arn:aws:ec2:us-east-1:123456789012:instance/" .. id .. " because no policy allows it",
      }
    end)
    local result = batch(ids_to(3), aws.call)
    assert.same({ "i-001", "i-003" }, result.ok)
    assert.same({ "i-002" }, keys(result.failed))
  end)

  it("gives an error about no id to every id of the batch, after one call", function()
    for _, err in ipairs {
      { status = 403, code = "UnauthorizedOperation", message = "You are not authorized" },
      { status = 401, code = "AuthFailure" },
      { status = 400, code = "ExpiredToken" },
      { status = 400, code = "Throttling" },
      { status = 400, code = "EC2ThrottledException" },
      { status = 429, code = "Whatever" },
      { status = 503, code = "RequestLimitExceeded" },
      { status = 500, code = "InternalError", message = "i-001 is on fire" },
      { code = "DeadlineExceeded" },
      { code = "ConnectError", message = "refused" },
      "a string",
    } do
      local aws = refusing(set { "i-003" }, err)
      local result = batch(ids_to(5), aws.call, { size = 4 })
      assert.same({ 4, 1 }, aws.sizes)
      assert.same({ "i-005" }, result.ok)
      assert.same({ ["i-001"] = err, ["i-002"] = err, ["i-003"] = err, ["i-004"] = err }, result.failed)
    end
  end)

  it("halves a batch for which there is too little capacity", function()
    local aws = refusing(set { "i-002" }, { status = 500, code = "InsufficientInstanceCapacity" })
    local result = batch(ids_to(4), aws.call)
    assert.same({ "i-001", "i-003", "i-004" }, result.ok)
  end)

  it("stops halving where an error about no id comes up on the way", function()
    local throttled = { status = 503, code = "RequestLimitExceeded" }
    local aws = refusing(set { "i-001", "i-002", "i-003", "i-004" }, function(_, ids)
      return #ids == 4 and INCORRECT or throttled
    end)
    local result = batch(ids_to(4), aws.call)
    assert.same({ 4, 2, 2 }, aws.sizes)
    assert.equal(throttled, result.failed["i-001"])
  end)

  it("takes what the call raises for an error of that batch alone", function()
    local calls = 0
    local result = batch(ids_to(4), function()
      calls = calls + 1
      if calls == 1 then error("undeclared", 0) end
      return {}
    end, { size = 2 })
    assert.same({ "i-003", "i-004" }, result.ok)
    assert.same({ ["i-001"] = "undeclared", ["i-002"] = "undeclared" }, result.failed)
  end)

  it("takes a wrong argument for the caller's mistake", function()
    assert.error_matches(function() batch(nil, print) end, "ids: expected a list")
    assert.error_matches(function() batch({}, nil) end, "call: expected a function")
    assert.error_matches(function() batch({}, print, { size = 0 }) end, "size")
  end)
end)
