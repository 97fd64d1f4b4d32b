"""New instances and volumes with right and wrong tags, and what must have become of each a day later.

The demo shows it, and the end-to-end test checks it.
"""

from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import serving
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

REGION = "us-east-1"
START = datetime(2026, 11, 24, 13, tzinfo=timezone.utc)
STOP_AFTER, REPORTED = "tag-guard:stop-after", "tag-guard:reported"
RIGHT = {"owner": "jane@example.com", "stage": "dev", "cost-center": "4711"}
DUE = "2026-11-25T13:00:00Z"
TOPIC = f"arn:aws:sns:{REGION}:{DEFAULT_ACCOUNT_ID}:tag-guard-reports"


class Resource(NamedTuple):
    """`then` is what its owner does two hours later: tags to set, or "stop"."""

    name: str
    kind: str
    tags: dict
    first: str  # the action by the event that tells of it
    state: str  # at the end
    marks: dict  # at the end
    says: str  # a part of what is said of it first
    then: object = None


def instance(*arguments, **others):
    return Resource(arguments[0], "instance", *arguments[1:], **others)


def volume(*arguments, **others):
    return Resource(arguments[0], "volume", *arguments[1:], **others)


RESOURCES = [
    instance("right", RIGHT, "none", "running", {}, "it has all its tags"),
    instance("bare", {}, "warned", "stopped", {}, "owner is missing; stage is missing; cost-center is missing"),
    instance("no-stage", RIGHT | {"stage": "qa"}, "warned", "stopped", {}, 'stage = "qa": is none of dev, test, prod'),
    instance("corrected", {"owner": "jane"}, "warned", "running", {}, "jane@example.com", then=RIGHT),
    instance("given-up", {}, "warned", "stopped", {}, "owner is missing", then="stop"),
    instance("longer", {}, "warned", "running", {STOP_AFTER: "2026-12-01T00:00:00Z"}, "owner is missing",
             then={STOP_AFTER: "2026-12-01T00:00:00Z"}),
    instance("exempt", {"tag-guard:exempt": "kiosk"}, "exempt", "running", {}, "it is exempt by its tag"),
    volume("data", {}, "reported", "available", {REPORTED: "2026-11-24T13:00:00Z"}, "owner is missing; stage is missing"),
    volume("scratch", {"owner": "jane@example.com"}, "reported", "available", {}, "stage is missing", then={"stage": "test"}),
    volume("backup", RIGHT, "none", "available", {}, "it has all its tags"),
]


def aws_tags(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def event_of(hours, *ids, kind="EC2 Instance State-change Notification"):
    """An event so many hours from the start, about resources; about none it is the schedule's."""
    arns = [f"arn:aws:ec2:{REGION}:{DEFAULT_ACCOUNT_ID}:{'volume' if i.startswith('vol') else 'instance'}/{i}" for i in ids]
    return {
        "version": "0",
        "id": "7f0a1b6e-3c52-4a0e-9d71-2b8f5f6a9c30",
        "detail-type": kind if ids else "Scheduled Event",
        "source": "aws.ec2" if ids else "aws.events",
        "account": DEFAULT_ACCOUNT_ID,
        "time": (START + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": arns or [f"arn:aws:events:{REGION}:{DEFAULT_ACCOUNT_ID}:rule/tag-guard"],
        "detail": {},
    }


def make(ec2, kind, tags):
    """An instance, whose volume has its tags, or a volume; its id."""
    if kind == "volume":
        specification = [{"ResourceType": "volume", "Tags": aws_tags(tags)}] if tags else []
        made = ec2.create_volume(Size=8, AvailabilityZone=f"{REGION}a", TagSpecifications=specification)
        return made["VolumeId"]
    made = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    attached = [{"Name": "attachment.instance-id", "Values": [made]}]
    for each in ec2.describe_volumes(Filters=attached)["Volumes"]:
        ec2.create_tags(Resources=[each["VolumeId"]], Tags=aws_tags(RIGHT))
    if tags:
        ec2.create_tags(Resources=[made], Tags=aws_tags(tags))
    return made


def make_topic(aws):
    assert aws.client("sns").create_topic(Name=TOPIC.split(":")[-1])["TopicArn"] == TOPIC


def messages():
    """What was sent to the topic: (subject, body) each."""
    sent = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[TOPIC].sent_notifications
    return [(subject, body) for _, body, subject, *_ in sent]


def describe(aws, id):
    """The state and the tags of a resource."""
    ec2 = aws.client("ec2")
    if id.startswith("vol-"):
        found = ec2.describe_volumes(VolumeIds=[id])["Volumes"][0]
        state = found["State"]
    else:
        found = ec2.describe_instances(InstanceIds=[id])["Reservations"][0]["Instances"][0]
        state = found["State"]["Name"]
    return state, {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}


def marks(aws, id):
    return {key: value for key, value in describe(aws, id)[1].items() if key in (STOP_AFTER, REPORTED)}


class Served(serving.Served):
    """An event served, and the function's outcomes by resource."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.counts = self.result["counts"] if self.result else {}
        self.outcomes = {each["id"]: each for each in self.result["outcomes"]} if self.result else {}


class Story:
    """The day, told: `ids` by name, and `runs` in their order."""

    def __init__(self, aws, function):
        self.aws, self.function = aws, function
        self.ids, self.first, self.runs = {}, {}, []

    def serve(self, *event):
        self.runs.append(Served(self.aws, self.function, event_of(*event)))
        return self.runs[-1]

    def tell(self):
        ec2 = self.aws.client("ec2")
        for each in RESOURCES:
            id = self.ids[each.name] = make(ec2, each.kind, each.tags)
            self.first[each.name] = self.serve(0, id)
        self.serve(0.25)
        for each in RESOURCES:
            self._correct(ec2, self.ids[each.name], each.then)
        for hours in (2.25, 23.75, 24, 24.25):
            self.serve(hours)
        return self

    def _correct(self, ec2, id, then):
        if then == "stop":
            ec2.stop_instances(InstanceIds=[id])
        elif then:
            ec2.create_tags(Resources=[id], Tags=aws_tags(then))
            self.serve(2, id)

    def differences(self, each):
        """What is not as it should be with a resource, in words."""
        id, wrong = self.ids[each.name], []
        outcome = self.first[each.name].outcomes.get(id, {"action": "nothing", "reason": ""})
        if outcome["action"] != each.first or each.says not in outcome["reason"]:
            wrong.append(f"{each.first}: {each.says!r} should be said first, not {outcome['action']}: {outcome['reason']!r}")
        state, _ = describe(self.aws, id)
        if state != each.state:
            wrong.append(f"it should be {each.state}, not {state}")
        if marks(self.aws, id) != each.marks:
            wrong.append(f"its marks should be {each.marks}, not {marks(self.aws, id)}")
        return wrong
