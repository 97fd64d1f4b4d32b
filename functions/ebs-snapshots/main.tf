# Every 15 minutes: take, copy and expire the snapshots of this account and region as tags say.

terraform {
  backend "s3" {} # scripts/aws-init-terraform.sh writes its settings into backend_override.tf
}

variable "alarm_email" {
  description = "Address that hears of failed runs, wrong tags, snapshots that failed and a function that stopped firing."
  type        = string
  default     = null
}

variable "copy_kms_key" {
  description = "Key of KMS that encrypts the copies: an alias, which each region has of its own, or an ARN; null to encrypt a copy as its snapshot is."
  type        = string
  default     = null
}

data "aws_partition" "here" {}
data "aws_region" "here" {}
data "aws_caller_identity" "here" {}

locals {
  ec2         = "arn:${data.aws_partition.here.partition}:ec2"
  here        = "${local.ec2}:${data.aws_region.here.name}:${data.aws_caller_identity.here.account_id}"
  snapshots   = ["${local.ec2}:*::snapshot/*"] # the copies' region is a tag's to say
  made        = { StringEquals = { "aws:ResourceTag/snapshot:made-by" = ["ebs-snapshots"] } }
  marked      = { StringEquals = { "aws:RequestTag/snapshot:made-by" = ["ebs-snapshots"] } }
  through_ec2 = "ec2.*.${data.aws_partition.here.dns_suffix}"
  tagged      = { Null = { "aws:ResourceTag/snapshot:every" = ["false"] } } # that carry the tag
}

module "function" {
  source      = "../../terraform/modules/function"
  name        = "ebs-snapshots"
  description = "Takes, copies and expires EBS snapshots as tags say"

  trigger     = { schedule = "rate(15 minutes)" }
  timeout     = 300
  environment = merge({ TIMEZONE = "America/New_York" }, var.copy_kms_key == null ? {} : { COPY_KMS_KEY = var.copy_kms_key })

  permissions = [
    {
      actions   = ["ec2:DescribeVolumes", "ec2:DescribeInstances", "ec2:DescribeSnapshots", "ec2:DescribeImages"]
      resources = ["*"]
    },

    # Take: of a volume or an instance with the tag, whatever its volumes; what comes of it has our mark.
    { actions = ["ec2:CreateSnapshot"], resources = ["${local.here}:volume/*"], conditions = local.tagged },
    { actions = ["ec2:CreateSnapshots"], resources = ["${local.here}:instance/*"], conditions = local.tagged },
    { actions = ["ec2:CreateSnapshots"], resources = ["${local.here}:volume/*"] },
    { actions = ["ec2:CreateSnapshot", "ec2:CreateSnapshots"], resources = local.snapshots, conditions = local.marked },

    # Copy: what has our mark, into what has our mark.
    { actions = ["ec2:CopySnapshot"], resources = local.snapshots, conditions = local.made },
    { actions = ["ec2:CopySnapshot"], resources = local.snapshots, conditions = local.marked },
    {
      actions    = ["ec2:CreateTags"]
      resources  = local.snapshots
      conditions = { StringEquals = { "ec2:CreateAction" = ["CreateSnapshot", "CreateSnapshots", "CopySnapshot"] } }
    },

    # Expire: what has our mark, and nothing else.
    { actions = ["ec2:DeleteSnapshot"], resources = local.snapshots, conditions = local.made },

    # The keys of encrypted snapshots and their copies, through EC2 alone.
    # Source: Amazon EBS User Guide, "Requirements for Amazon EBS encryption".
    {
      actions = [
        "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo",
      ]
      resources  = ["*"]
      conditions = { StringLike = { "kms:ViaService" = [local.through_ec2] } }
    },
    {
      actions   = ["kms:CreateGrant"]
      resources = ["*"]
      conditions = {
        StringLike = { "kms:ViaService" = [local.through_ec2] }
        Bool       = { "kms:GrantIsForAWSResource" = ["true"] }
      }
    },
  ]

  alarms = {
    invocations = { min = 2, max = 8 } # of 4 an hour
    failures    = { namespace = "ebs-snapshots", metric = "Errors" }
  }
  alarm_email = var.alarm_email
}

output "function" {
  value = module.function
}
