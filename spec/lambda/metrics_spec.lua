local json = require "json"
local log = require "lambda.log"
local metrics = require "lambda.metrics"

describe("metrics.put", function()
  local lines, raw

  before_each(function()
    lines, raw = {}, log.raw
    log.raw = function(line) lines[#lines + 1] = line end -- luacheck: ignore
  end)
  after_each(function() log.raw = raw end) -- luacheck: ignore

  it("writes one line in the embedded metric format", function()
    metrics.put { namespace = "N", dimensions = { FunctionName = "f" }, values = { Failed = 2, Ok = 0 } }
    assert.equal(1, #lines)
    local line = json.decode(lines[1])
    assert.is_true(math.abs(line._aws.Timestamp / 1000 - os.time()) < 5)
    assert.same({
      { Namespace = "N", Dimensions = { { "FunctionName" } },
        Metrics = { { Name = "Failed", Unit = "Count" }, { Name = "Ok", Unit = "Count" } } },
    }, line._aws.CloudWatchMetrics)
    assert.equal("f", line.FunctionName)
    assert.equal(2, line.Failed)
    assert.equal(0, line.Ok)
  end)

  it("writes an empty list of dimensions where there are none", function()
    metrics.put { namespace = "N", values = { A = 1 }, unit = "Seconds" }
    assert.matches('"Dimensions":[[][[][]][]]', lines[1])
    assert.matches('"Unit":"Seconds"', lines[1])
  end)

  it("writes samples of a metric", function()
    metrics.put { namespace = "N", values = { A = { 1, 2.5 } } }
    assert.same({ 1, 2.5 }, json.decode(lines[1]).A)
  end)

  it("refuses what CloudWatch would drop in silence", function()
    local function refused(metric, message)
      assert.error_matches(function() metrics.put(metric) end, message)
      local _, whole = pcall(function() metrics.put(metric) end)
      assert.matches("metrics_spec%.lua:%d+: ", whole)
    end
    refused({ values = { A = 1 } }, "namespace")
    refused({ namespace = "N", values = { A = 0 / 0 } }, "finite")
    refused({ namespace = "N", values = { A = "1" } }, "finite")
    refused({ namespace = "N", values = { A = { 1, 1 / 0 } } }, "finite")
    refused({ namespace = "N", values = { A = {} } }, "samples")
    refused({ namespace = "N", values = {} }, "at least")
    refused({ namespace = "N" }, "at least")
    refused({ namespace = "N", values = { A = 1 }, unit = "Furlongs" }, "Furlongs")
    for _, namespace in ipairs { "", " ", ":a", "a\nb", ("n"):rep(256) } do
      refused({ namespace = namespace, values = { A = 1 } }, "namespace")
    end
    local bad = { { A = "" }, { A = 1 }, { A = ("v"):rep(1025) }, { [":A"] = "x" }, { _aws = "x" } }
    for _, dimensions in ipairs(bad) do
      refused({ namespace = "N", values = { B = 1 }, dimensions = dimensions }, "dimensions")
    end
    refused({ namespace = "N", values = { A = 1 }, dimensions = { A = "both" } }, "cannot be the name")
    refused({ namespace = "N", values = { _aws = 1 } }, "cannot be the name")
    refused("N", "metric")
    local many = {}
    for i = 1, 101 do many["m" .. i] = i end
    refused({ namespace = "N", values = many }, "more than 100")
    local dimensions = {}
    for i = 1, 31 do dimensions["d" .. i] = "x" end
    refused({ namespace = "N", values = { A = 1 }, dimensions = dimensions }, "more than 30")
    assert.equal(0, #lines)
  end)
end)
