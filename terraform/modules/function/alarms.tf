# Alarms, and whom they tell.

locals {
  topics = concat(var.alarm_topic[*], aws_sns_topic.alarms[*].arn)

  # What an alarm is when it does not say otherwise: any in five minutes.
  any = {
    namespace  = "AWS/Lambda"
    dimensions = { FunctionName = var.name }
    statistic  = "Sum"
    period     = 300
    comparison = "GreaterThanThreshold"
    threshold  = 0
    missing    = "notBreaching"
  }

  alarms = merge(
    {
      errors    = merge(local.any, { metric = "Errors", description = "an invocation failed" })
      throttles = merge(local.any, { metric = "Throttles", description = "an invocation was refused for lack of concurrency" })
      duration = merge(local.any, {
        metric      = "Duration"
        statistic   = "Maximum"
        threshold   = var.timeout * 1000 * var.alarms.duration_percent / 100
        description = "an invocation took more than ${var.alarms.duration_percent} % of its ${var.timeout} seconds"
      })
    },
    { for min in var.alarms.invocations.min[*] : "too-few-invocations" => merge(local.any, {
      metric      = "Invocations"
      period      = var.alarms.invocations.hours * 3600
      comparison  = "LessThanThreshold"
      threshold   = min
      missing     = "breaching"
      description = "fewer than ${min} invocations in ${var.alarms.invocations.hours} h: it has stopped firing"
    }) },
    { for max in var.alarms.invocations.max[*] : "too-many-invocations" => merge(local.any, {
      metric      = "Invocations"
      period      = var.alarms.invocations.hours * 3600
      threshold   = max
      description = "more than ${max} invocations in ${var.alarms.invocations.hours} h"
    }) },
    { for own in var.alarms.failures[*] : "failures" => merge(local.any, {
      namespace   = own.namespace
      metric      = own.metric
      description = "something failed within an invocation; the log says what"
    }) },
    { for queue in var.alarms.dead_letters[*] : "dead-letters" => merge(local.any, {
      namespace   = "AWS/SQS"
      dimensions  = { QueueName = queue }
      metric      = "ApproximateNumberOfMessagesVisible"
      statistic   = "Maximum"
      description = "the queue ${queue} has messages that were given up"
    }) },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each            = local.alarms
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${var.name}: ${each.value.description}"
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = 1
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing
  alarm_actions       = local.topics
  ok_actions          = local.topics
}

resource "aws_sns_topic" "alarms" {
  count = var.alarm_email != null ? 1 : 0
  name  = "${var.name}-alarms"
}

resource "aws_sns_topic_subscription" "email" {
  count     = var.alarm_email != null ? 1 : 0
  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}
