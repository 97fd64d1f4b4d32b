return {
  handler = "handler",
  aws = {
    ec2 = { "DescribeInstances", "StartInstances", "StopInstances" },
  },
  rocks = {},
}
