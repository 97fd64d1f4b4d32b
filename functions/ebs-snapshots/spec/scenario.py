"""Volumes and instances with every kind of tags, runs on many days, and what must be left of it in the end.

The demo shows it, and the end-to-end test checks it.
"""

from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import serving
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends

HOME, ABROAD = "us-east-1", "eu-west-1"
LAST = datetime(2026, 3, 10, 9, tzinfo=timezone.utc)  # a Tuesday; 05:00 in New York, where days begin
DAYS_BACK = [39, *range(11, -1, -1)]  # 30 January, 27 February to 10 March
EVENT = {
    "version": "0",
    "id": "0c1e7a52-9a0b-4d43-9f51-6d2f0f3b8c11",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-03-10T09:00:00Z",
    "region": HOME,
    "resources": ["arn:aws:events:us-east-1:123456789012:rule/ebs-snapshots"],
    "detail": {},
}


class Source(NamedTuple):
    name: str
    tags: dict  # without the prefix "snapshot:"
    home: list  # the days of which a snapshot is left, newest first
    abroad: list  # the days of which a copy is left
    says: str  # a part of what the last run must say of it; none where it must not even look
    volumes: int = 0  # of an instance; none for a volume


def days(*texts):
    return [f"2026-{text}" for text in texts]


SOURCES = [
    Source(
        "data",
        {"every": "daily", "keep": "3 daily, 2 weekly, 2 monthly"},
        days("03-10", "03-09", "03-08", "02-28"),
        [],
        "the period since 2026-03-10 00:00 -04:00 has its snapshot",
    ),
    Source("logs", {"every": "weekly", "keep": "2"}, days("03-09", "03-02"), [], "since 2026-03-09 00:00 -04:00"),
    Source(
        "web",
        {"every": "daily", "keep": "2"},
        days("03-10", "03-09"),
        [],
        "the period since 2026-03-10 00:00 -04:00 has its snapshot",
        volumes=2,
    ),
    Source(
        "ledger",
        {"every": "daily", "keep": "2 daily / 1 monthly", "copy-to": ABROAD, "copy-key": "alias/backup"},
        days("03-10", "03-09"),
        days("03-10", "03-09"),
        "the period since 2026-03-10 00:00 -04:00 has its snapshot",
    ),
    Source("mail", {"every": "30 3 * * mon-fri", "keep": "4d"}, days("03-10", "03-09"), [], "03:30 -04:00 has its"),
    Source(
        "berlin",
        {"every": "12h", "keep": "1+1 yearly", "timezone": "Europe/Berlin"},
        days("03-10"),
        [],
        "the period since 2026-03-10 00:00 +01:00 has its snapshot",
    ),
    Source("golden", {"every": "daily", "keep": "1"}, days("03-10", "01-30"), [], "uses it"),
    Source("frozen", {"keep": "7"}, [], [], "snapshot:every is not set"),
    Source("bad-every", {"every": "sometimes", "keep": "1"}, [], [], "is none of hourly, daily"),
    Source("bad-keep", {"every": "daily", "keep": "some"}, [], [], '"some" is none of a number'),
    Source("untagged", {}, [], [], ""),
]


def event_of(day):
    """The event of a day, counted back from the last."""
    return {**EVENT, "time": (LAST - timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")}


EVENTS = [event_of(day) for day in DAYS_BACK]


def ec2_tags(tags, **others):
    """The function's tags, given without their prefix, and others, as EC2 takes them."""
    named = {f"snapshot:{key}": value for key, value in tags.items()} | others
    return [{"Key": key, "Value": value} for key, value in named.items()]


def make_volume(ec2, tags, **others):
    """A volume with these tags; its id."""
    specification = [{"ResourceType": "volume", "Tags": ec2_tags(tags, **others)}] if tags or others else []
    made = ec2.create_volume(Size=8, AvailabilityZone=f"{HOME}a", TagSpecifications=specification)
    return made["VolumeId"]


def make_instance(ec2, volumes, tags, **others):
    """A running instance of so many volumes; its id."""
    made = ec2.run_instances(
        ImageId="ami-12345678",
        MinCount=1,
        MaxCount=1,
        BlockDeviceMappings=[
            {"DeviceName": f"/dev/sd{chr(ord('a') + i)}{'1' if i == 0 else ''}", "Ebs": {"VolumeSize": 8}}
            for i in range(volumes)
        ],
        TagSpecifications=[{"ResourceType": "instance", "Tags": ec2_tags(tags, **others)}],
    )
    return made["Instances"][0]["InstanceId"]


def create(aws):
    """Makes the sources; returns id → Source."""
    ec2 = aws.client("ec2")
    ids = {}
    for source in SOURCES:
        if source.volumes:
            ids[make_instance(ec2, source.volumes, source.tags, Name=source.name)] = source
        else:
            ids[make_volume(ec2, source.tags, Name=source.name)] = source
    return ids


def snapshots(aws, region=HOME, made_by="ebs-snapshots"):
    """The snapshots with the mark, each with its tags as a table without their prefix."""
    filters = [{"Name": "tag:snapshot:made-by", "Values": [made_by]}]
    found = aws.client("ec2", region).describe_snapshots(OwnerIds=["self"], Filters=filters)["Snapshots"]
    for each in found:
        each["tags"] = {tag["Key"].removeprefix("snapshot:"): tag["Value"] for tag in each["Tags"]}
    return found


def days_of(aws, source, region=HOME):
    """The days of a source's snapshots, newest first: one for each volume."""
    found = [each["tags"] for each in snapshots(aws, region)]
    return sorted((tags["period"][:10] for tags in found if tags["of"] == source), reverse=True)


def held(region=HOME):
    """Moto's own snapshots, to change what no call can change."""
    return ec2_backends[DEFAULT_ACCOUNT_ID][region].snapshots


def set_state(snapshot, state, region=HOME):
    """Moto completes snapshots at once; AWS takes a while, or fails."""
    held(region)[snapshot].status = state


def use_in_image(aws, snapshot):
    """Registers an image that uses a snapshot; its id. Moto gives it a snapshot of its own instead."""
    image = aws.client("ec2").register_image(Name=f"of-{snapshot}", RootDeviceName="/dev/sda1")["ImageId"]
    used = held()[snapshot]
    ec2_backends[DEFAULT_ACCOUNT_ID][HOME].amis[image].ebs_snapshot = used
    used.from_ami = image
    return image


class Served(serving.Served):
    """An event served, and the function's outcomes."""

    def __init__(self, aws, function, event=EVENT, during=nullcontext()):
        super().__init__(aws, function, event, during)
        self.outcomes = self.result["outcomes"] if self.result else []

    def of(self, source):
        """The outcomes of a source."""
        return [outcome for outcome in self.outcomes if outcome.get("source") == source]


def differences(aws, served, source_id, expected):
    """What is not as it should be after the last run, in words."""
    volumes = expected.volumes or 1
    wrong = []
    for region, should in ((HOME, expected.home), (ABROAD, expected.abroad)):
        found = days_of(aws, source_id, region)
        if found != sorted(should * volumes, reverse=True):
            wrong.append(f"in {region} snapshots of {should} should be left, not of {found}")
    said = "; ".join(outcome["reason"] for outcome in served.of(source_id))
    if expected.says not in said or bool(expected.says) != bool(said):
        wrong.append(f"{expected.says!r} should be said, not {said!r}")
    return wrong


def play(aws, function):
    """Serves an event a day, and the last day's until all is done; the last run."""
    sources = create(aws)
    golden = next(id for id, source in sources.items() if source.name == "golden")
    for number, event in enumerate(EVENTS):
        served = Served(aws, function, event)
        if number == 0:
            use_in_image(aws, next(s["SnapshotId"] for s in snapshots(aws) if s["tags"]["of"] == golden))
        if served.error:
            return sources, served
    for _ in range(3):  # copies what was taken, and expires what that has followed
        served = Served(aws, function)
    return sources, served
