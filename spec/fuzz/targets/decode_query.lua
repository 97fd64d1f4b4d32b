return require("service").target "query"
