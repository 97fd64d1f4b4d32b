-- SSM, CloudWatch and CloudFormation.
local moto = require "live.moto"

local TEMPLATE = [[
{
  "Parameters": { "Name": { "Type": "String" } },
  "Resources": { "Queue": { "Type": "AWS::SQS::Queue", "Properties": { "QueueName": { "Ref": "Name" } } } },
  "Outputs": { "Url": { "Value": { "Ref": "Queue" } } }
}]]

describe("Operations of a local AWS", function()
  local aws

  setup(function() aws = moto.start() end)
  teardown(function() aws:stop() end)

  describe("in SSM", function()
    local ssm
    setup(function() ssm = aws:client("ssm") end)

    it("keeps a parameter", function()
      local put = assert(ssm:put_parameter {
        Name = "/app/Grüße", Value = "first\nsecond = \"ü\"", Type = "SecureString",
      })
      assert.equal(1, put.Version)
      local parameter = assert(ssm:get_parameter { Name = "/app/Grüße", WithDecryption = true }).Parameter
      assert.equal("first\nsecond = \"ü\"", parameter.Value)
      assert.is_number(parameter.LastModifiedDate)
    end)

    it("reads a path page by page", function()
      for i = 1, 23 do
        assert(ssm:put_parameter { Name = "/paged/deep/" .. i, Value = tostring(i), Type = "String" })
      end
      local pages, sum = 0, 0
      local params = { Path = "/paged", Recursive = true, MaxResults = 10 }
      for page in ssm:pages("get_parameters_by_path", params) do
        pages = pages + 1
        for _, parameter in ipairs(page.Parameters) do sum = sum + tonumber(parameter.Value) end
      end
      assert.equal(3, pages)
      assert.equal(23 * 24 / 2, sum)
    end)

    it("tells the parameters that are not there", function()
      local output = assert(ssm:get_parameters { Names = { "/app/Grüße", "/app/none" } })
      assert.same({ "/app/none" }, output.InvalidParameters)
    end)

    it("says what went wrong", function()
      local none, err = ssm:get_parameter { Name = "/app/none" }
      assert.is_nil(none)
      assert.equal("ParameterNotFound 400", err.code .. " " .. err.status)
    end)
  end)

  describe("in CloudWatch", function()
    local cloudwatch
    setup(function() cloudwatch = aws:client("cloudwatch") end)

    it("takes numbers of all sizes and gives them back", function()
      local now = require("task").now()
      local data = {}
      for i, value in ipairs { 0.1, -1e-9, 1e15, 3 } do
        data[i] = {
          MetricName = "size" .. i, Value = value, Timestamp = now, Unit = "Count",
          Dimensions = { { Name = "host", Value = "a & b" } },
        }
      end
      assert(cloudwatch:put_metric_data { Namespace = "specs/numbers", MetricData = data })
      local output = assert(cloudwatch:get_metric_statistics {
        Namespace = "specs/numbers", MetricName = "size1", Period = 60, Statistics = { "Sum", "Maximum" },
        StartTime = now - 3600, EndTime = now + 3600, Dimensions = { { Name = "host", Value = "a & b" } },
      })
      assert.equal(1, #output.Datapoints)
      assert.equal(0.1, output.Datapoints[1].Sum)
      assert.is_number(output.Datapoints[1].Timestamp)
    end)

    it("lists metrics page by page", function()
      local expected = 520 -- moto gives 500 a page
      for from = 1, expected, 20 do
        local data = {}
        for i = from, from + 19 do data[#data + 1] = { MetricName = "metric" .. i, Value = i } end
        assert(cloudwatch:put_metric_data { Namespace = "specs/paged", MetricData = data })
      end
      local names, count = {}, 0
      for metric in cloudwatch:each("list_metrics", { Namespace = "specs/paged" }) do
        if not names[metric.MetricName] then count = count + 1 end
        names[metric.MetricName] = true
      end
      assert.equal(expected, count)
    end)

    it("sets alarms and describes them", function()
      assert(cloudwatch:put_metric_alarm {
        AlarmName = "too much", Namespace = "specs", MetricName = "load", Period = 60, EvaluationPeriods = 2,
        Threshold = 0.75, ComparisonOperator = "GreaterThanThreshold", Statistic = "Average",
        ActionsEnabled = false,
      })
      local alarm = assert(cloudwatch:describe_alarms { AlarmNames = { "too much" } }).MetricAlarms[1]
      assert.equal(0.75, alarm.Threshold)
      assert.equal(2, alarm.EvaluationPeriods)
      assert.is_false(alarm.ActionsEnabled)
      assert.is_true(cloudwatch:wait("alarm_exists", { AlarmNames = { "too much" } }))
    end)

    it("says what went wrong", function()
      local none, err = cloudwatch:delete_dashboards { DashboardNames = { "no-such-dashboard" } }
      assert.is_nil(none)
      assert.equal("ResourceNotFound", err.code)
    end)
  end)

  describe("in CloudFormation", function()
    local cloudformation
    setup(function() cloudformation = aws:client("cloudformation") end)

    it("makes a stack, waits for it and drops it", function()
      local stack = assert(cloudformation:create_stack {
        StackName = "queue", TemplateBody = TEMPLATE,
        Parameters = { { ParameterKey = "Name", ParameterValue = "made-by-a-stack" } },
        Tags = { { Key = "team", Value = "a, b" } },
      }).StackId
      assert.is_true(cloudformation:wait("stack_create_complete", { StackName = "queue" }))
      local described = assert(cloudformation:describe_stacks { StackName = stack }).Stacks[1]
      assert.equal("CREATE_COMPLETE", described.StackStatus)
      assert.same({ { Key = "team", Value = "a, b" } }, described.Tags)
      assert.matches("made%-by%-a%-stack$", described.Outputs[1].OutputValue)
      assert.is_number(described.CreationTime)
      local resources = {}
      for resource in cloudformation:each("list_stack_resources", { StackName = "queue" }) do
        resources[#resources + 1] = resource.LogicalResourceId
      end
      assert.same({ "Queue" }, resources)
      assert(cloudformation:delete_stack { StackName = "queue" })
      assert.is_true(cloudformation:wait("stack_delete_complete", { StackName = stack }))
    end)

    it("says what went wrong", function()
      local none, err = cloudformation:describe_stacks { StackName = "no-such-stack" }
      assert.is_nil(none)
      assert.equal("ValidationError 400", err.code .. " " .. err.status)
      assert.matches("no%-such%-stack", err.message)
    end)
  end)
end)
