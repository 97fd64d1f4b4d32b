# Every 10 minutes: start and stop what this account and region have, as the tags say.

terraform {
  backend "s3" {} # scripts/aws-init-terraform.sh writes its settings into backend_override.tf
}

variable "alarm_email" {
  description = "Address that hears of failed runs, wrongly tagged or failing resources and a function that stopped firing."
  type        = string
  default     = null
}

variable "targets" {
  description = "Kinds of things to start and stop: ec2 (instances), rds (DB instances), aurora (DB clusters), autoscaling (groups). Permissions are given for these alone."
  type        = list(string)
  default     = ["ec2"]
  validation {
    condition     = length(var.targets) > 0 && length(setsubtract(var.targets, ["ec2", "rds", "aurora", "autoscaling"])) == 0
    error_message = "targets takes ec2, rds, aurora and autoscaling, one at least."
  }
}

variable "event_bus" {
  description = "Name of an EventBridge bus of this account and region that hears of each action and each failure, such as default; null for none."
  type        = string
  default     = null
}

variable "schedules_path" {
  description = "Path of SSM parameters whose values are named schedules, such as /start-stop/schedules; null for none."
  type        = string
  default     = null
}

variable "holidays" {
  description = "Bucket and prefix of calendars, such as { bucket = \"my-bucket\", prefix = \"holidays/\" }; null for none. The prefix ends with a slash."
  type        = object({ bucket = string, prefix = string })
  default     = null
}

variable "regions" {
  description = "Regions to serve, such as [\"eu-west-1\", \"us-east-1\"], or [\"all\"] for those that the account has opted in to; none for this one alone."
  type        = list(string)
  default     = []
}

variable "roles" {
  description = <<-EOT
    Accounts to serve, each by the ARN of a role to assume there; "own" is this account. "organization/NAME" is the role of that name in
    each account of the organization. None for this account alone. The output role_policy is what such a role must be allowed.
  EOT
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for role in var.roles : can(regex("^(own|organization/.+|arn:[^:]+:iam::[0-9]{12}:role/.+)$", role))])
    error_message = "roles takes ARNs of roles, own, and organization/NAME."
  }
}

variable "role_external_id" {
  description = "External id that the roles ask for; null for none."
  type        = string
  default     = null
}

variable "shards" {
  description = "Whether the function splits itself: it puts each place on a queue, and further invocations of it serve them."
  type        = bool
  default     = false
}

variable "kms_keys" {
  description = "ARNs of the customer managed keys that encrypt volumes of the instances: starting one takes a grant on its keys."
  type        = list(string)
  default     = []
}

data "aws_partition" "here" {}
data "aws_region" "here" {}
data "aws_caller_identity" "here" {}

locals {
  here  = "${data.aws_region.here.name}:${data.aws_caller_identity.here.account_id}"
  place = length(var.regions) + length(var.roles) > 0 ? "*:*" : local.here # a policy reaches no further than its account
  arns = {
    instances  = "arn:${data.aws_partition.here.partition}:ec2:${local.place}:instance/*"
    databases  = "arn:${data.aws_partition.here.partition}:rds:${local.place}:db:*"
    clusters   = "arn:${data.aws_partition.here.partition}:rds:${local.place}:cluster:*"
    groups     = "arn:${data.aws_partition.here.partition}:autoscaling:${local.place}:autoScalingGroup:*:autoScalingGroupName/*"
    buses      = "arn:${data.aws_partition.here.partition}:events:${local.here}:event-bus/"
    queues     = "arn:${data.aws_partition.here.partition}:sqs:${local.here}:"
    parameters = "arn:${data.aws_partition.here.partition}:ssm:${local.here}:parameter"
    buckets    = "arn:${data.aws_partition.here.partition}:s3:::"
  }

  # Only what carries one of these tags may be changed (IAM takes one tag a statement), and only tags of ours be written.
  tagged   = [for tag in ["schedule", "start", "stop", "keep"] : { Null = { "aws:ResourceTag/start-stop:${tag}" = ["false"] } }]
  our_tags = { "ForAllValues:StringLike" = { "aws:TagKeys" = ["start-stop:*"] } }

  # The roles to assume; those of an organization are in accounts that nobody lists here.
  assumed = [
    for role in setsubtract(var.roles, ["own"]) :
    replace(role, "/^organization//", "arn:${data.aws_partition.here.partition}:iam::*:role/")
  ]

  permissions = {
    ec2 = concat(
      [
        { actions = ["ec2:DescribeInstances", "ec2:DescribeVolumes"], resources = ["*"], conditions = {} },
        { actions = ["ec2:CreateTags", "ec2:DeleteTags"], resources = [local.arns.instances], conditions = local.our_tags },
        {
          actions    = ["ec2:ModifyInstanceAttribute"]
          resources  = [local.arns.instances]
          conditions = { Null = { "aws:ResourceTag/start-stop:types" = ["false"] } } # that may get another type
        },
      ],
      [for condition in local.tagged : {
        actions    = ["ec2:StartInstances", "ec2:StopInstances"]
        resources  = [local.arns.instances]
        conditions = condition
      }],
      length(var.kms_keys) > 0 ? [{
        actions    = ["kms:CreateGrant"]
        resources  = var.kms_keys
        conditions = { Bool = { "kms:GrantIsForAWSResource" = ["true"] } }
      }] : [],
    )
    rds = concat(
      [
        { actions = ["rds:DescribeDBInstances"], resources = ["*"], conditions = {} },
        { actions = ["rds:AddTagsToResource"], resources = [local.arns.databases], conditions = local.our_tags },
      ],
      [for condition in local.tagged : {
        actions    = ["rds:StartDBInstance", "rds:StopDBInstance"]
        resources  = [local.arns.databases]
        conditions = condition
      }],
    )
    aurora = concat(
      [
        { actions = ["rds:DescribeDBClusters"], resources = ["*"], conditions = {} },
        { actions = ["rds:AddTagsToResource"], resources = [local.arns.clusters], conditions = local.our_tags },
      ],
      [for condition in local.tagged : {
        actions    = ["rds:StartDBCluster", "rds:StopDBCluster"]
        resources  = [local.arns.clusters]
        conditions = condition
      }],
    )
    autoscaling = concat(
      [
        {
          actions    = ["autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeScalingActivities", "ec2:DescribeInstances"]
          resources  = ["*"]
          conditions = {}
        },
        {
          actions    = ["autoscaling:CreateOrUpdateTags", "autoscaling:DeleteTags"]
          resources  = [local.arns.groups]
          conditions = local.our_tags
        },
        {
          actions    = ["ec2:StartInstances", "ec2:StopInstances"] # where start-stop:asg = suspend
          resources  = [local.arns.instances]
          conditions = { Null = { "aws:ResourceTag/aws:autoscaling:groupName" = ["false"] } }
        },
      ],
      [for condition in local.tagged : {
        actions    = ["autoscaling:ResumeProcesses", "autoscaling:SuspendProcesses", "autoscaling:UpdateAutoScalingGroup"]
        resources  = [local.arns.groups]
        conditions = condition
      }],
    )
  }

  # What it takes in each place, whether the function or a role that it assumes does it.
  of_a_place = concat(
    flatten([for target in var.targets : local.permissions[target]]),
    contains(var.regions, "all") ? [{ actions = ["ec2:DescribeRegions"], resources = ["*"], conditions = {} }] : [],
  )
}

locals {
  name    = "auto-start-stop"
  timeout = 120
  tries   = 3 # of a shard; then it is kept for a look
}

resource "aws_sqs_queue" "shards" {
  count                      = var.shards ? 1 : 0
  name                       = "${local.name}-shards"
  sqs_managed_sse_enabled    = true
  visibility_timeout_seconds = 6 * local.timeout # Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS"
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.failed_shards[0].arn
    maxReceiveCount     = local.tries
  })
}

resource "aws_sqs_queue" "failed_shards" {
  count                     = var.shards ? 1 : 0
  name                      = "${local.name}-failed-shards"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 14 * 24 * 3600
}

module "function" {
  source      = "../../terraform/modules/function"
  name        = local.name
  description = "Starts and stops instances, databases and groups as their tags say"

  trigger = {
    schedule = "rate(10 minutes)"
    queue = one([for queue in aws_sqs_queue.shards : {
      arn                 = queue.arn
      batch_size          = 5
      maximum_concurrency = 20
    }])
  }
  timeout = local.timeout
  environment = merge(
    { TIMEZONE = "America/New_York", PERIOD_MINUTES = "10", TARGETS = join(",", var.targets) },
    { for bus in var.event_bus[*] : "EVENT_BUS" => bus },
    { for path in var.schedules_path[*] : "SCHEDULES_PATH" => path },
    { for folder in var.holidays[*] : "HOLIDAYS" => "s3://${folder.bucket}/${folder.prefix}" },
    length(var.regions) > 0 ? { REGIONS = join(",", var.regions) } : {},
    length(var.roles) > 0 ? { ROLES = join(",", var.roles) } : {},
    { for id in var.role_external_id[*] : "ROLE_EXTERNAL_ID" => id },
    { for queue in aws_sqs_queue.shards : "QUEUE_URL" => queue.url },
  )

  permissions = concat(
    local.of_a_place,
    length(local.assumed) > 0 ? [{ actions = ["sts:AssumeRole"], resources = local.assumed, conditions = {} }] : [],
    anytrue([for role in var.roles : startswith(role, "organization/")]) ? [
      { actions = ["organizations:ListAccounts"], resources = ["*"], conditions = {} },
    ] : [],
    [for path in var.schedules_path[*] : {
      actions    = ["ssm:GetParametersByPath"]
      resources  = ["${local.arns.parameters}${path}", "${local.arns.parameters}${path}/*"]
      conditions = {}
    }],
    [for folder in var.holidays[*] : {
      actions    = ["s3:GetObject"]
      resources  = ["${local.arns.buckets}${folder.bucket}/${folder.prefix}*"]
      conditions = {}
    }],
    [for folder in var.holidays[*] : {
      actions    = ["s3:ListBucket"]
      resources  = ["${local.arns.buckets}${folder.bucket}"]
      conditions = { StringEquals = { "s3:prefix" = [folder.prefix] } }
    }],
    var.shards ? [{ actions = ["sqs:SendMessage"], resources = ["${local.arns.queues}${local.name}-shards"], conditions = {} }] : [],
    [for bus in var.event_bus[*] : { actions = ["events:PutEvents"], resources = ["${local.arns.buses}${bus}"], conditions = {} }],
  )

  alarms = {
    invocations  = { min = 4, max = var.shards ? null : 12 } # of 6 an hour, and those that serve shards
    failures     = { namespace = "auto-start-stop", metric = "Errors" }
    dead_letters = one(aws_sqs_queue.failed_shards[*].name)
  }
  alarm_email = var.alarm_email
}

output "role_policy" {
  description = "Policy of the roles that are assumed in other accounts."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [for each in local.of_a_place : merge(
      { Effect = "Allow", Action = each.actions, Resource = each.resources },
      length(each.conditions) > 0 ? { Condition = each.conditions } : {},
    )]
  })
}

output "function" {
  value = module.function
}
