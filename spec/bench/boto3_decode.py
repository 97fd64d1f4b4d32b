"""boto3_decode.py FILE ROUNDS: what boto3 does to an answer of DescribeInstances; microseconds on a processor a round."""

import sys
import time

import botocore.parsers
import botocore.session

model = botocore.session.Session().get_service_model("ec2")
shape = model.operation_model("DescribeInstances").output_shape
parser = botocore.parsers.create_parser(model.metadata["protocol"])
with open(sys.argv[1], "rb") as file:
    text = file.read()
for _ in range(int(sys.argv[2])):
    before = time.process_time()
    parser.parse({"status_code": 200, "headers": {}, "body": text}, shape)
    print(f"{(time.process_time() - before) * 1e6:.1f}")
