# Every hour: count the EC2 instances of this account and region.

terraform {
  backend "s3" {} # scripts/aws-init-terraform.sh writes its settings into backend_override.tf
}

variable "alarm_email" {
  description = "Address that hears of failed runs and of a function that stopped firing."
  type        = string
  default     = null
}

module "function" {
  source      = "../../terraform/modules/function"
  name        = "NAME"
  description = "Counts EC2 instances"

  trigger = { schedule = "rate(1 hour)" }

  permissions = [
    { actions = ["ec2:DescribeInstances"], resources = ["*"] },
  ]

  alarms      = { invocations = { min = 1, max = 5, hours = 2 } }
  alarm_email = var.alarm_email
}

output "function" {
  value = module.function
}
