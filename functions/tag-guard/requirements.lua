return {
  handler = "handler",
  aws = {
    ec2 = { "CreateTags", "DeleteTags", "DescribeInstances", "DescribeVolumes", "StopInstances" },
    sns = { "Publish" },
  },
  rocks = {},
}
