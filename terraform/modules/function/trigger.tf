# What invokes the function, and what becomes of an event that fails for good.

locals {
  on_event = var.trigger.schedule != null || var.trigger.event_pattern != null
}

resource "aws_cloudwatch_event_rule" "this" {
  count               = local.on_event ? 1 : 0
  name                = var.name
  description         = "Invokes the Lambda function ${var.name}"
  schedule_expression = var.trigger.schedule
  event_pattern       = var.trigger.event_pattern
}

resource "aws_cloudwatch_event_target" "this" {
  count = local.on_event ? 1 : 0
  rule  = aws_cloudwatch_event_rule.this[0].name
  arn   = aws_lambda_function.this.arn
}

resource "aws_lambda_permission" "event_rule" {
  count         = local.on_event ? 1 : 0
  statement_id  = "event-rule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.this[0].arn
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
