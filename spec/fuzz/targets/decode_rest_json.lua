return require("service").target "rest-json"
