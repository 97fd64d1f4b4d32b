return require("service").target "ec2"
