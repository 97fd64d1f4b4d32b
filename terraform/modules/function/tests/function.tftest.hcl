# The module, planned and applied with a provider that asks nobody.

mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/sample" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:sample" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/sample" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-1:123456789012:rule/sample" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:123456789012:sample-alarms" }
  }
}

variables {
  name        = "sample"
  description = "Does nothing much"
  output      = "tests/output"
  permissions = []
}

run "takes_little_by_default" {
  assert {
    condition     = aws_lambda_function.this.runtime == "provided.al2023" && aws_lambda_function.this.memory_size == 128
    error_message = "not the runtime and the memory that it should have"
  }
  assert {
    condition     = aws_lambda_function.this.handler == "tests/sample.work" && one(aws_lambda_function.this.architectures) == "arm64"
    error_message = "the handler and the architecture are not those of the build"
  }
  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "the log is not kept for 30 days"
  }
  assert {
    condition     = length(aws_iam_role_policy.code) == 0
    error_message = "a function without permissions has a policy"
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.lambda.policy).Statement == [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/sample:*"]
    }]
    error_message = "Lambda may do more than write the log"
  }
  assert {
    condition     = length(aws_cloudwatch_event_rule.this) + length(aws_lambda_event_source_mapping.queue) == 0
    error_message = "it has a trigger that nobody asked for"
  }
  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["duration", "errors", "throttles"])
    error_message = "not the three alarms that every function has"
  }
  assert {
    condition     = length(output.alarm_topics) == 0
    error_message = "an SNS topic that nobody asked for"
  }
}

run "allows_what_it_is_told_under_its_conditions" {
  variables {
    permissions = [
      { actions = ["ec2:DescribeInstances"], resources = ["*"] },
      {
        actions    = ["ec2:StopInstances"]
        resources  = ["arn:aws:ec2:*:*:instance/*"]
        conditions = { StringEquals = { "aws:ResourceTag/stage" = ["test"] } }
      },
    ]
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.code[0].policy).Statement == [
      { Effect = "Allow", Action = ["ec2:DescribeInstances"], Resource = ["*"] },
      {
        Effect    = "Allow"
        Action    = ["ec2:StopInstances"]
        Resource  = ["arn:aws:ec2:*:*:instance/*"]
        Condition = { StringEquals = { "aws:ResourceTag/stage" = ["test"] } }
      },
    ]
    error_message = "the policy is not what permissions say"
  }
}

run "runs_by_a_schedule" {
  variables {
    trigger             = { schedule = "rate(10 minutes)" }
    failure_destination = "arn:aws:sqs:eu-west-1:123456789012:failed"
    retries             = 0
  }
  assert {
    condition     = aws_cloudwatch_event_rule.this["sample"].schedule_expression == "rate(10 minutes)"
    error_message = "the rule has another schedule"
  }
  assert {
    condition     = aws_lambda_permission.event_rule["sample"].principal == "events.amazonaws.com"
    error_message = "EventBridge may not invoke it"
  }
  assert {
    condition     = aws_lambda_function_event_invoke_config.this.destination_config[0].on_failure[0].destination == "arn:aws:sqs:eu-west-1:123456789012:failed"
    error_message = "failed events go elsewhere"
  }
  assert {
    condition     = contains(jsondecode(aws_iam_role_policy.lambda.policy).Statement, { Effect = "Allow", Action = ["sqs:SendMessage"], Resource = ["arn:aws:sqs:eu-west-1:123456789012:failed"] })
    error_message = "Lambda may not send failed events on"
  }
}

run "runs_by_an_event_pattern" {
  variables {
    trigger = { event_patterns = { started = "{\"source\":[\"aws.ec2\"]}" } }
  }
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.this["sample-started"].event_pattern).source == ["aws.ec2"]
    error_message = "the rule has another pattern"
  }
}

run "runs_by_several_patterns_and_a_schedule" {
  variables {
    trigger = {
      schedule       = "rate(1 day)"
      event_patterns = { started = "{\"source\":[\"aws.ec2\"]}", tagged = "{\"source\":[\"aws.tag\"]}" }
    }
  }
  assert {
    condition     = toset(keys(aws_cloudwatch_event_rule.this)) == toset(["sample", "sample-started", "sample-tagged"])
    error_message = "not a rule for each trigger"
  }
  assert {
    condition     = alltrue([for name, each in aws_cloudwatch_event_target.this : each.rule == name]) && length(aws_cloudwatch_event_target.this) == 3
    error_message = "a rule has no target"
  }
  assert {
    condition     = toset(keys(aws_lambda_permission.event_rule)) == toset(keys(aws_cloudwatch_event_rule.this))
    error_message = "a rule may not invoke it"
  }
}

run "runs_by_a_schedule_and_a_queue" {
  variables {
    trigger = { schedule = "rate(1 day)", queue = { arn = "arn:aws:sqs:eu-west-1:123456789012:work" } }
  }
  assert {
    condition     = length(aws_cloudwatch_event_rule.this) == 1 && length(aws_lambda_event_source_mapping.queue) == 1
    error_message = "one of the triggers is missing"
  }
}

run "runs_by_a_queue_and_reports_the_messages_that_failed" {
  variables {
    trigger = { queue = { arn = "arn:aws:sqs:eu-west-1:123456789012:work", batch_size = 5, maximum_concurrency = 2 } }
  }
  assert {
    condition     = one(aws_lambda_event_source_mapping.queue["queue"].function_response_types) == "ReportBatchItemFailures"
    error_message = "a failed message takes its batch with it"
  }
  assert {
    condition     = aws_lambda_event_source_mapping.queue["queue"].scaling_config[0].maximum_concurrency == 2
    error_message = "the concurrency has no limit"
  }
  assert {
    condition     = contains(flatten(jsondecode(aws_iam_role_policy.lambda.policy).Statement[*].Action), "sqs:DeleteMessage")
    error_message = "Lambda may not take the messages"
  }
}

run "runs_as_it_is_told" {
  variables {
    layers               = ["arn:aws:lambda:eu-west-1:123456789012:layer:runtime:1"]
    environment          = { STAGE = "test" }
    memory               = 256
    timeout              = 10
    reserved_concurrency = 0
    log_retention_days   = 7
    xray                 = true
    vpc                  = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  }
  assert {
    condition     = aws_lambda_function.this.environment[0].variables.STAGE == "test" && aws_lambda_function.this.reserved_concurrent_executions == 0
    error_message = "not the environment and the concurrency that were asked for"
  }
  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active" && aws_lambda_function.this.vpc_config[0].subnet_ids == toset(["subnet-1"])
    error_message = "neither traced nor in the VPC"
  }
  assert {
    condition     = length(setsubtract(["xray:PutTraceSegments", "ec2:CreateNetworkInterface"], flatten(jsondecode(aws_iam_role_policy.lambda.policy).Statement[*].Action))) == 0
    error_message = "Lambda may not trace it, or place it in the VPC"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["duration"].threshold == 8000
    error_message = "the alarm is not at 80 % of the timeout"
  }
}

run "tells_of_trouble" {
  variables {
    alarms = {
      invocations  = { min = 1, max = 3, hours = 24 }
      failures     = { namespace = "sample", metric = "Failed" }
      dead_letters = "sample-failed"
    }
    alarm_topic = "arn:aws:sns:eu-west-1:123456789012:on-call"
    alarm_email = "me@example.com"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["too-few-invocations"].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.this["too-few-invocations"].period == 86400
    error_message = "a function that stopped firing goes unnoticed"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["failures"].namespace == "sample" && aws_cloudwatch_metric_alarm.this["failures"].dimensions.FunctionName == "sample"
    error_message = "its own metric has no alarm"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["dead-letters"].namespace == "AWS/SQS" && aws_cloudwatch_metric_alarm.this["dead-letters"].dimensions == tomap({ QueueName = "sample-failed" })
    error_message = "messages that were given up go unnoticed"
  }
  assert {
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset([
      "arn:aws:sns:eu-west-1:123456789012:on-call", "arn:aws:sns:eu-west-1:123456789012:sample-alarms",
    ])])
    error_message = "an alarm does not go to both topics"
  }
}

run "refuses_to_deploy_without_a_bundle" {
  command = plan
  variables {
    output = "tests/nowhere"
  }
  expect_failures = [aws_lambda_function.this]
}

run "refuses_to_deploy_a_bundle_that_is_older_than_its_sources" {
  command = plan
  variables {
    name = "edited"
  }
  expect_failures = [aws_lambda_function.this]
}

run "refuses_bad_values" {
  command = plan
  variables {
    name                 = "no spaces"
    description          = join("", [for _ in range(257) : "x"])
    layers               = ["runtime"]
    permissions          = [{ actions = ["ec2:*"], resources = ["*"] }]
    trigger              = { schedule = "every day" }
    failure_destination  = "arn:aws:s3:::bucket"
    retries              = 3
    environment          = { "1A" = "" }
    memory               = 64
    timeout              = 901
    reserved_concurrency = -1
    log_retention_days   = 8
    vpc                  = { subnet_ids = [], security_group_ids = [] }
    alarms               = { duration_percent = 0, invocations = { min = 2, max = 1, hours = 48 } }
    alarm_topic          = "on-call"
    alarm_email          = "me"
  }
  expect_failures = [
    var.name, var.description, var.layers, var.permissions, var.trigger, var.failure_destination, var.retries,
    var.environment, var.memory, var.timeout, var.reserved_concurrency, var.log_retention_days, var.vpc, var.alarms,
    var.alarm_topic, var.alarm_email,
  ]
}

run "refuses_a_pattern_that_is_no_json" {
  command = plan
  variables {
    trigger = { event_patterns = { started = "aws.ec2" } }
  }
  expect_failures = [var.trigger]
}

run "refuses_a_queue_that_is_none" {
  command = plan
  variables {
    trigger = { queue = { arn = "arn:aws:sns:eu-west-1:123456789012:topic" } }
  }
  expect_failures = [var.trigger]
}
