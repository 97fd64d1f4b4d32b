# Every 10 minutes: start and stop the instances of this account and region as their tags say.

terraform {
  backend "s3" {} # scripts/aws-init-terraform.sh writes its settings into backend_override.tf
}

variable "alarm_email" {
  description = "Address that hears of failed runs, wrongly tagged instances and a function that stopped firing."
  type        = string
  default     = null
}

data "aws_partition" "here" {}
data "aws_region" "here" {}
data "aws_caller_identity" "here" {}

locals {
  instances = "arn:${data.aws_partition.here.partition}:ec2:${data.aws_region.here.name}:${data.aws_caller_identity.here.account_id}:instance/*"
}

module "function" {
  source      = "../../terraform/modules/function"
  name        = "auto-start-stop"
  description = "Starts and stops EC2 instances as their tags say"

  trigger     = { schedule = "rate(10 minutes)" }
  timeout     = 120
  environment = { TIMEZONE = "America/New_York", PERIOD_MINUTES = "10" }

  permissions = [
    { actions = ["ec2:DescribeInstances"], resources = ["*"] },
    {
      actions    = ["ec2:StartInstances"]
      resources  = [local.instances]
      conditions = { Null = { "aws:ResourceTag/start-stop:start" = ["false"] } } # that carry the tag
    },
    {
      actions    = ["ec2:StopInstances"]
      resources  = [local.instances]
      conditions = { Null = { "aws:ResourceTag/start-stop:stop" = ["false"] } }
    },
  ]

  alarms = {
    invocations = { min = 4, max = 12 } # of 6 an hour
    failures    = { namespace = "auto-start-stop", metric = "Errors" }
  }
  alarm_email = var.alarm_email
}

output "function" {
  value = module.function
}
