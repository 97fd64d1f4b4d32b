# What invokes the function, and what becomes of an event that fails for good.

locals {
  rules = merge(
    { for each in var.trigger.schedule[*] : var.name => { schedule = each, pattern = null } },
    { for name, each in var.trigger.event_patterns : "${var.name}-${name}" => { schedule = null, pattern = each } },
  )
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each            = local.rules
  name                = each.key
  description         = "Invokes the Lambda function ${var.name}"
  schedule_expression = each.value.schedule
  event_pattern       = each.value.pattern
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.rules
  rule     = aws_cloudwatch_event_rule.this[each.key].name
  arn      = aws_lambda_function.this.arn
}

resource "aws_lambda_permission" "event_rule" {
  for_each      = local.rules
  statement_id  = "event-rule-${each.key}"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.this[each.key].arn
}

resource "aws_lambda_event_source_mapping" "queue" {
  for_each                           = { for queue in var.trigger.queue[*] : "queue" => queue }
  function_name                      = aws_lambda_function.this.arn
  event_source_arn                   = each.value.arn
  batch_size                         = each.value.batch_size
  maximum_batching_window_in_seconds = each.value.batch_window_seconds
  function_response_types            = ["ReportBatchItemFailures"]

  dynamic "scaling_config" {
    for_each = each.value.maximum_concurrency[*]
    content {
      maximum_concurrency = scaling_config.value
    }
  }
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name          = aws_lambda_function.this.function_name
  maximum_retry_attempts = var.retries

  dynamic "destination_config" {
    for_each = var.failure_destination[*]
    content {
      on_failure {
        destination = destination_config.value
      }
    }
  }
}
