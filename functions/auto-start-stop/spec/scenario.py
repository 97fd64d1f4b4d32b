"""A fleet with every kind of tags, and what the function must do with each instance of it.

The demo shows it, and the end-to-end test checks it.
"""

from contextlib import nullcontext
from typing import NamedTuple

IMAGE = "ami-12345678"
EVENT = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-03-10T14:00:00Z",  # a Tuesday; 10:00 in New York, 15:00 in Berlin
    "region": "us-east-1",
    "resources": ["arn:aws:events:us-east-1:123456789012:rule/auto-start-stop"],
    "detail": {},
}


class Instance(NamedTuple):
    name: str
    state: str  # before
    tags: dict  # without the prefix "start-stop:"
    action: str  # that the function must report; none for an instance that it must not even look at
    reason: str  # a part of the one it must give
    after: str


OFFICE_HOURS = {"start": "0 8 * * mon-fri", "stop": "0 18 * * mon-fri"}
NIGHTS = {"start": "0 20 * * *", "stop": "0 6 * * *"}

FLEET = [
    Instance("office", "stopped", OFFICE_HOURS, "started", "since 2026-03-10 08:00 -04:00", "running"),
    Instance("office-up", "running", OFFICE_HOURS, "none", "as it should be", "running"),
    Instance("night", "running", NIGHTS, "stopped", "since 2026-03-10 06:00 -04:00", "stopped"),
    Instance("night-down", "stopped", NIGHTS, "none", "as it should be", "stopped"),
    Instance(
        "berlin",
        "running",
        {"start": "0 7 * * mon-fri", "stop": "30 14 * * mon-fri", "timezone": "Europe/Berlin"},
        "stopped",
        "since 2026-03-10 14:30 +01:00",
        "stopped",
    ),
    Instance(
        "eventbridge",
        "stopped",
        {"start": "cron(0 9 ? * TUE#2 *)", "stop": "cron(0 17 ? * MON-FRI *)"},
        "started",
        "since 2026-03-10 09:00 -04:00",
        "running",
    ),
    Instance("start-due", "stopped", {"start": "55 9 * * *"}, "started", "was at 2026-03-10 09:55", "running"),
    Instance("start-past", "stopped", {"start": "0 8 * * *"}, "none", "not in the last 10 min", "stopped"),
    Instance("stop-due", "running", {"stop": "0 10 * * *"}, "stopped", "was at 2026-03-10 10:00", "stopped"),
    Instance("stop-past", "running", {"stop": "@daily"}, "none", "not in the last 10 min", "running"),
    Instance("disabled", "stopped", {**OFFICE_HOURS, "enable": "No"}, "none", "disabled", "stopped"),
    Instance("bad-cron", "stopped", {"start": "0 25 * * *"}, "error", "start-stop:start", "stopped"),
    Instance(
        "bad-zone",
        "stopped",
        {**OFFICE_HOURS, "timezone": "Europe/Berlim"},
        "error",
        "start-stop:timezone",
        "stopped",
    ),
    Instance("bad-switch", "stopped", {**OFFICE_HOURS, "enable": "perhaps"}, "error", "start-stop:enable", "stopped"),
    Instance("too-short", "stopped", {"start": "0 9 * * *", "stop": "30 9 * * *"}, "error", "30 minutes", "stopped"),
    Instance("gone", "terminated", OFFICE_HOURS, "none", "left alone", "terminated"),
    Instance("untagged", "running", {}, "", "", "running"),
]


def ec2_tags(tags, **others):
    """The function's tags, given without their prefix, and others, as EC2 takes them."""
    named = {f"start-stop:{key}": value for key, value in tags.items()} | others
    return [{"Key": key, "Value": value} for key, value in named.items()]


def create(ec2):
    """Brings the fleet to life with boto3's client; returns instance id → Instance."""
    ids = {}
    for instance in FLEET:
        tags = ec2_tags(instance.tags, Name=instance.name)
        made = ec2.run_instances(
            ImageId=IMAGE,
            InstanceType="t3.micro",
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )
        ids[made["Instances"][0]["InstanceId"]] = instance
    ec2.stop_instances(InstanceIds=[i for i, of in ids.items() if of.state == "stopped"])
    ec2.terminate_instances(InstanceIds=[i for i, of in ids.items() if of.state == "terminated"])
    return ids


def states(ec2):
    """Instance id → the name of its state."""
    pages = ec2.get_paginator("describe_instances").paginate()
    return {
        instance["InstanceId"]: instance["State"]["Name"]
        for page in pages
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
    }


class Served:
    """An event served: what came of it, what AWS was asked for, and the instances' states before and after."""

    def __init__(self, aws, function, event=EVENT, during=nullcontext()):
        """`during` is entered for as long as the function works."""
        ec2 = aws.client("ec2")
        self.before = states(ec2)
        calls = len(aws.calls)
        with during:
            invocation = function.invoke(event)
        self.actions = [call.action for call in aws.calls[calls:]]
        self.after = states(ec2)
        self.request_id = invocation.request_id
        self.error = invocation.error and invocation.error.report
        instances = invocation.result["instances"] if invocation.result else []
        self.outcomes = {outcome["instance"]: outcome for outcome in instances}

    def of(self, instance_id):
        """The action and the reason that the function gave; neither for an instance that it did not list."""
        outcome = self.outcomes.get(instance_id, {})
        return outcome.get("action", ""), outcome.get("reason", "")

    def reported(self):
        """The actions that were reported, each once."""
        return {outcome["action"] for outcome in self.outcomes.values()}

    def differences(self, instance_id, expected):
        """What of an instance is not as it should be, in words."""
        action, reason = self.of(instance_id)
        found = {
            "before": (self.before[instance_id], expected.state),
            "action": (action, expected.action),
            "after": (self.after[instance_id], expected.after),
        }
        wrong = [f"{what} should be {should!r}, not {is_!r}" for what, (is_, should) in found.items() if is_ != should]
        if expected.reason not in reason:
            wrong.append(f"reason should hold {expected.reason!r}")
        return wrong


def settled(instance):
    """What the next event of the same minute must make of an instance: nothing is done again."""
    if instance.action in ("started", "stopped"):
        return instance._replace(state=instance.after, action="none", reason="")
    return instance
