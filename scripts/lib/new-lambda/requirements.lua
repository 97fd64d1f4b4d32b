return {
  handler = "handler",
  aws = {
    ec2 = { "DescribeInstances" },
  },
  rocks = {},
}
