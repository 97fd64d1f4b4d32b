return require("service").target "smithy-rpc-v2-cbor"
