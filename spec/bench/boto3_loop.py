"""The peer in Python, served as floor_loop.c serves: boto3's EC2 client, and nothing done with an event.

With the argument `describe` each event means what it means to auto-start-stop before it decides anything: all
instances that have one of the two tags, page by page, and their tags read. It answers with their number.
"""

import http.client
import os
import sys

import boto3

DESCRIBE = sys.argv[1:] == ["describe"]
FILTERS = [{"Name": "tag-key", "Values": ["start-stop:start", "start-stop:stop"]}]

ec2 = boto3.client("ec2")


def handle():
    if not DESCRIBE:
        return b"{}"
    count = 0
    for page in ec2.get_paginator("describe_instances").paginate(Filters=FILTERS, MaxResults=1000):
        for reservation in page["Reservations"]:
            for instance in reservation["Instances"]:
                tags = {tag["Key"]: tag["Value"] for tag in instance["Tags"]}
                count += "start-stop:start" in tags
    return str(count).encode()


api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
path = "/2018-06-01/runtime/invocation"
while True:
    api.request("GET", f"{path}/next")
    event = api.getresponse()
    event.read()
    request_id = event.getheader("Lambda-Runtime-Aws-Request-Id")
    api.request("POST", f"{path}/{request_id}/response", handle())
    api.getresponse().read()
