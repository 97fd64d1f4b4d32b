"""The operations of the fault matrix, one of each kind that matters, a small EC2 that answers them, a small AWS CLI."""

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from misbehave import http

EC2 = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'


def xml(text):
    return lambda _: http(text.encode(), Content_Type="text/xml;charset=UTF-8")


def js(value):
    return lambda _: http(json.dumps(value).encode(), Content_Type="application/x-amz-json-1.1")


@dataclass
class Operation:
    service: str
    name: str
    params: dict
    answer: object


# Kinds of operations, by what a second sending of them does.
OPERATIONS = {
    # nothing
    "read": Operation("ec2", "describe_instances", {}, xml(
        f"<DescribeInstancesResponse {EC2}><reservationSet><item><reservationId>r-0</reservationId></item>"
        "</reservationSet></DescribeInstancesResponse>")),
    "query": Operation("sts", "get_caller_identity", {}, xml(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>"
        "</GetCallerIdentityResult></GetCallerIdentityResponse>")),
    "json": Operation("ssm", "get_parameter", {"Name": "p"}, js({"Parameter": {"Name": "p", "Value": "v"}})),
    "rest": Operation("lambda", "list_functions", {}, js({"Functions": [{"FunctionName": "f"}]})),
    "stream": Operation("s3", "get_object", {"Bucket": "b", "Key": "k"},
                        lambda _: http(b"what the object holds", ETag='"e"')),
    # nothing more: they name a state to reach
    "start": Operation("ec2", "start_instances", {"InstanceIds": ["i-1"]}, xml(
        f"<StartInstancesResponse {EC2}><instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>"
        "</StartInstancesResponse>")),
    "stop": Operation("ec2", "stop_instances", {"InstanceIds": ["i-1"]}, xml(
        f"<StopInstancesResponse {EC2}><instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>"
        "</StopInstancesResponse>")),
    # nothing more: AWS knows the second by its token
    "token": Operation("ec2", "run_instances", {"MinCount": 1, "MaxCount": 1, "ImageId": "ami-1"}, xml(
        f"<RunInstancesResponse {EC2}><reservationId>r-1</reservationId></RunInstancesResponse>")),
    # it counts twice, as with every AWS SDK: queues deliver at least once
    "send": Operation("sqs", "send_message", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/q", "MessageBody": "m"},
                      js({"MessageId": "m-1", "MD5OfMessageBody": "6f8f57715090da2632453988d9a1501b"})),
}


def refusal(kind, code, message="As you wish."):
    """An error in the form of the operation's protocol."""
    if kind in ("read", "start", "stop", "token"):
        return (f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
                "<RequestID>q-1</RequestID></Response>").encode()
    if kind == "stream":
        return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    if kind == "query":
        return (f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error>"
                "<RequestId>q-1</RequestId></ErrorResponse>").encode()
    return json.dumps({"__type": code, "message": message}).encode()


def form(request):
    """A request's parameters, of the ec2 and query protocols."""
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


@dataclass
class Fleet:
    """EC2 with instances whose starts and stops end at once. By day those of the tags `start 8, stop 18` run."""

    states: dict = field(default_factory=lambda: {f"i-{n}": "stopped" for n in range(4)} | {"i-9": "running"})
    changes: list = field(default_factory=list)  # (action, instance), as they arrived

    def answer(self, request):
        params = form(request)
        action = params["Action"]
        ids = [value for name, value in params.items() if name.startswith("InstanceId.")]
        for instance in ids:
            self.changes.append((action, instance))
            self.states[instance] = {"StartInstances": "running", "StopInstances": "stopped"}[action]
        if action != "DescribeInstances":
            return xml(f"<{action}Response {EC2}><instancesSet/></{action}Response>")(request)
        items = "".join(self._describe(instance, state) for instance, state in self.states.items())
        return xml(f"<DescribeInstancesResponse {EC2}><reservationSet><item><instancesSet>{items}</instancesSet></item>"
                   "</reservationSet></DescribeInstancesResponse>")(request)

    @staticmethod
    def _describe(instance, state):
        # i-9 is to be stopped: its hours have ended.
        start, stop = ("0 5 * * *", "0 9 * * *") if instance == "i-9" else ("0 8 * * *", "0 18 * * *")
        tags = {"start-stop:start": start, "start-stop:stop": stop, "start-stop:timezone": "UTC"}
        listed = "".join(f"<item><key>{key}</key><value>{value}</value></item>" for key, value in tags.items())
        return (f"<item><instanceId>{instance}</instanceId><instanceState><name>{state}</name></instanceState>"
                f"<tagSet>{listed}</tagSet></item>")


# The AWS CLI, as far as aws-init-terraform.sh asks it about an account that is ready.
READY_ACCOUNT = r"""
case "$*" in
  *get-caller-identity*) printf '123456789012\tarn:aws:iam::123456789012:root\n' ;;
  *list-buckets*) echo 123456789012-terraform ;;
  *get-bucket-location*) echo eu-central-1 ;;
  *get-bucket-versioning*) echo Enabled ;;
  *get-bucket-encryption*) echo AES256 ;;
  *get-public-access-block*) printf 'True\tTrue\tTrue\tTrue\n' ;;
  *get-bucket-policy*) echo aws:SecureTransport ;;
  *describe-table*) printf 'ACTIVE\tLockID\n' ;;
  *describe-continuous-backups*) echo ENABLED ;;
  *) exit 1 ;;
esac
"""
