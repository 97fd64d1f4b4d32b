output "function_name" {
  description = "Name of the function, as `aws lambda invoke --function-name` takes it."
  value       = aws_lambda_function.this.function_name
}

output "function_arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.this.arn
}

output "role_arn" {
  description = "ARN of the role that the function runs with."
  value       = aws_iam_role.this.arn
}

output "log_group" {
  description = "Name of the log group, as `aws logs tail` takes it."
  value       = aws_cloudwatch_log_group.this.name
}

output "alarm_topics" {
  description = "ARNs of the SNS topics that the alarms go to."
  value       = local.topics
}
