return {
  handler = "handler",
  aws = {
    ec2 = {
      "CopySnapshot", "CreateSnapshot", "CreateSnapshots", "DeleteSnapshot", "DescribeImages",
      "DescribeInstances", "DescribeSnapshots", "DescribeVolumes",
    },
  },
  iam = {
    "ec2:CreateTags", -- a snapshot is made with its tags
    -- a copy is encrypted with a key
    "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom", "kms:ReEncryptTo",
  },
  rocks = {},
}
