return require("service").target "rest-xml"
