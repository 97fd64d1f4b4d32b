# One Lambda function, and all that belongs to it. What triggers it is in trigger.tf, who hears of trouble in alarms.tf.

resource "aws_lambda_function" "this" {
  function_name                  = var.name
  description                    = var.description
  role                           = aws_iam_role.this.arn
  runtime                        = "provided.al2023"
  architectures                  = [local.build.architecture]
  handler                        = local.build.handler
  filename                       = local.bundle
  source_code_hash               = try(filebase64sha256(local.bundle), null)
  layers                         = var.layers
  memory_size                    = var.memory
  timeout                        = var.timeout
  reserved_concurrent_executions = coalesce(var.reserved_concurrency, -1)

  tracing_config {
    mode = var.xray ? "Active" : "PassThrough"
  }

  dynamic "environment" {
    for_each = length(var.environment) > 0 ? [var.environment] : []
    content {
      variables = environment.value
    }
  }

  dynamic "vpc_config" {
    for_each = var.vpc[*]
    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  lifecycle {
    precondition {
      condition     = local.built
      error_message = "There is no bundle output/${var.name}.zip: run scripts/build-lambda ${var.name}"
    }
    precondition {
      condition     = !local.built || length(local.edited) == 0
      error_message = "The bundle output/${var.name}.zip is older than ${join(", ", local.edited)}: run scripts/build-lambda ${var.name}"
    }
  }

  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.code, aws_iam_role_policy.lambda]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "this" {
  name = var.name
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

# What the function's code may do: main.tf says it, requirements.lua declares it, and a spec compares the two.
resource "aws_iam_role_policy" "code" {
  count = length(var.permissions) > 0 ? 1 : 0
  name  = "code"
  role  = aws_iam_role.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for each in var.permissions : merge(
      { Effect = "Allow", Action = each.actions, Resource = each.resources },
      length(each.conditions) > 0 ? { Condition = each.conditions } : {},
    )]
  })
}

# What Lambda does in the function's name.
locals {
  destination_actions = { sqs = "sqs:SendMessage", sns = "sns:Publish", lambda = "lambda:InvokeFunction", events = "events:PutEvents" }

  lambda_statements = concat(
    [{
      actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
    }],
    [for queue in var.trigger.queue[*] : {
      actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
      resources = [queue.arn]
    }],
    [for arn in var.failure_destination[*] : {
      actions   = [local.destination_actions[split(":", arn)[2]]]
      resources = [arn]
    }],
    [for _ in var.xray ? [1] : [] : {
      actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      resources = ["*"]
    }],
    # Source: AWS Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC".
    [for _ in var.vpc[*] : {
      actions = [
        "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
      ]
      resources = ["*"]
    }],
  )
}

resource "aws_iam_role_policy" "lambda" {
  name = "lambda"
  role = aws_iam_role.this.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for each in local.lambda_statements : { Effect = "Allow", Action = each.actions, Resource = each.resources }]
  })
}
