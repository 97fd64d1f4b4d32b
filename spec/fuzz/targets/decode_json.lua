return require("service").target "json"
