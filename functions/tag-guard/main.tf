# New instances and volumes without their tags are reported, and such instances stopped after a grace time.

terraform {
  backend "s3" {} # scripts/aws-init-terraform.sh writes its settings into backend_override.tf
}

variable "report_email" {
  description = "Address that gets the reports; more can subscribe to the topic."
  type        = string
  default     = null
}

variable "dry_run" {
  description = "Whether it only says in its log what it would do."
  type        = bool
  default     = false
}

variable "alarm_email" {
  description = "Address that hears of failed runs, of what could not be stopped or told, and of a function that stopped firing."
  type        = string
  default     = null
}

data "aws_partition" "here" {}
data "aws_region" "here" {}
data "aws_caller_identity" "here" {}

locals {
  here      = "arn:${data.aws_partition.here.partition}:ec2:${data.aws_region.here.name}:${data.aws_caller_identity.here.account_id}"
  instances = "${local.here}:instance/*"
  volumes   = "${local.here}:volume/*"
}

resource "aws_sns_topic" "reports" {
  name = "tag-guard-reports"
}

resource "aws_sns_topic_subscription" "email" {
  count     = var.report_email != null ? 1 : 0
  topic_arn = aws_sns_topic.reports.arn
  protocol  = "email"
  endpoint  = var.report_email
}

module "function" {
  source      = "../../terraform/modules/function"
  name        = "tag-guard"
  description = "Reports new instances and volumes without their tags, and stops such instances"

  trigger = {
    event_patterns = {
      launched = jsonencode({
        source      = ["aws.ec2"]
        detail-type = ["EC2 Instance State-change Notification"]
        detail      = { state = ["running"] }
      })
      volume-created = jsonencode({
        source      = ["aws.ec2"]
        detail-type = ["EBS Volume Notification"]
        detail      = { event = ["createVolume"], result = ["available"] }
      })
      # What is corrected is released at once. The guard's own tags call for nothing.
      tagged = jsonencode({
        source      = ["aws.tag"]
        detail-type = ["Tag Change on Resource"]
        detail = {
          service          = ["ec2"]
          resource-type    = ["instance", "volume"]
          changed-tag-keys = [{ anything-but = { prefix = "tag-guard:" } }]
        }
      })
    }
    schedule = "rate(15 minutes)" # comes back when a grace time is over, and sees what no event has told
  }
  timeout = 120
  environment = {
    TOPIC_ARN = aws_sns_topic.reports.arn
    DRY_RUN   = var.dry_run ? "1" : "0"
  }

  permissions = [
    { actions = ["ec2:DescribeInstances", "ec2:DescribeVolumes"], resources = ["*"] },

    # Stop: only what has had its grace time, which is in the tag.
    {
      actions    = ["ec2:StopInstances"]
      resources  = [local.instances]
      conditions = { Null = { "aws:ResourceTag/tag-guard:stop-after" = ["false"] } }
    },

    # Tag: with the guard's own tags, and nothing else.
    {
      actions    = ["ec2:CreateTags", "ec2:DeleteTags"]
      resources  = [local.instances, local.volumes]
      conditions = { "ForAllValues:StringEquals" = { "aws:TagKeys" = ["tag-guard:stop-after", "tag-guard:reported"] } }
    },

    { actions = ["sns:Publish"], resources = [aws_sns_topic.reports.arn] },
  ]

  alarms = {
    invocations = { min = 2 } # of 4 an hour, and those that events bring
    failures    = { namespace = "tag-guard", metric = "Errors" }
  }
  alarm_email = var.alarm_email
}

output "function" {
  value = module.function
}

output "reports" {
  description = "ARN of the topic that the reports go to."
  value       = aws_sns_topic.reports.arn
}
