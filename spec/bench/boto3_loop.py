"""The peer in Python: a function that has boto3's EC2 client at hand, served as floor_loop.c serves."""

import http.client
import os

import boto3

boto3.client("ec2", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
path = "/2018-06-01/runtime/invocation"
while True:
    api.request("GET", f"{path}/next")
    event = api.getresponse()
    event.read()
    request_id = event.getheader("Lambda-Runtime-Aws-Request-Id")
    api.request("POST", f"{path}/{request_id}/response", b"{}")
    api.getresponse().read()
