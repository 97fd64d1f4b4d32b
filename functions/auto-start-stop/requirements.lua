return {
  handler = "handler",
  aws = {
    autoscaling = {
      "CreateOrUpdateTags", "DeleteTags", "DescribeAutoScalingGroups", "DescribeScalingActivities",
      "ResumeProcesses", "SuspendProcesses", "UpdateAutoScalingGroup",
    },
    ec2 = {
      "CreateTags", "DeleteTags", "DescribeInstances", "DescribeRegions", "DescribeVolumes",
      "ModifyInstanceAttribute", "StartInstances", "StopInstances",
    },
    events = { "PutEvents" },
    organizations = { "ListAccounts" },
    rds = {
      "AddTagsToResource", "DescribeDBClusters", "DescribeDBInstances",
      "StartDBCluster", "StartDBInstance", "StopDBCluster", "StopDBInstance",
    },
    s3 = { "GetObject", "ListObjectsV2" },
    sqs = { "SendMessageBatch" },
    ssm = { "GetParametersByPath" },
  },
  iam = {
    "kms:CreateGrant", -- to start an instance whose volumes are encrypted with a key of the account
    "sts:AssumeRole", -- in other accounts
  },
  rocks = {},
}
