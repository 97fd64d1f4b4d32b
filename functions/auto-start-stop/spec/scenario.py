"""A fleet with every kind of tags, and what the function must do with each resource of it.

The demo shows it, and the end-to-end test checks it.
"""

from contextlib import nullcontext
from typing import NamedTuple

import serving

IMAGE = "ami-12345678"
TARGETS = "ec2,rds,aurora,autoscaling"
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


class Resource(NamedTuple):
    name: str
    state: str  # before
    tags: dict  # without the prefix "start-stop:"
    action: str  # that the function must report; none for a resource that it must not even look at
    reason: str  # a part of the one it must give
    after: str
    kind: str = "ec2"


OFFICE_HOURS = {"start": "0 8 * * mon-fri", "stop": "0 18 * * mon-fri"}
NIGHTS = {"start": "0 20 * * *", "stop": "0 6 * * *"}

FLEET = [
    Resource("office", "stopped", OFFICE_HOURS, "started", "since 2026-03-10 08:00 -04:00", "running"),
    Resource("office-up", "running", OFFICE_HOURS, "none", "as it should be", "running"),
    Resource("night", "running", NIGHTS, "stopped", "since 2026-03-10 06:00 -04:00", "stopped"),
    Resource("night-down", "stopped", NIGHTS, "none", "as it should be", "stopped"),
    Resource(
        "berlin",
        "running",
        {"start": "0 7 * * mon-fri", "stop": "30 14 * * mon-fri", "timezone": "Europe/Berlin"},
        "stopped",
        "since 2026-03-10 14:30 +01:00",
        "stopped",
    ),
    Resource(
        "eventbridge",
        "stopped",
        {"start": "cron(0 9 ? * TUE#2 *)", "stop": "cron(0 17 ? * MON-FRI *)"},
        "started",
        "since 2026-03-10 09:00 -04:00",
        "running",
    ),
    Resource("start-due", "stopped", {"start": "55 9 * * *"}, "started", "was at 2026-03-10 09:55", "running"),
    Resource("start-past", "stopped", {"start": "0 8 * * *"}, "none", "not in the last 10 min", "stopped"),
    Resource("stop-due", "running", {"stop": "0 10 * * *"}, "stopped", "was at 2026-03-10 10:00", "stopped"),
    Resource("stop-past", "running", {"stop": "@daily"}, "none", "not in the last 10 min", "running"),
    Resource("disabled", "stopped", {**OFFICE_HOURS, "enable": "No"}, "none", "disabled", "stopped"),
    Resource("bad-cron", "stopped", {"start": "0 25 * * *"}, "error", "start-stop:start", "stopped"),
    Resource(
        "bad-zone",
        "stopped",
        {**OFFICE_HOURS, "timezone": "Europe/Berlim"},
        "error",
        "start-stop:timezone",
        "stopped",
    ),
    Resource("bad-switch", "stopped", {**OFFICE_HOURS, "enable": "perhaps"}, "error", "start-stop:enable", "stopped"),
    Resource("too-short", "stopped", {"start": "0 9 * * *", "stop": "30 9 * * *"}, "error", "30 minutes", "stopped"),
    Resource("gone", "terminated", OFFICE_HOURS, "none", "left alone", "terminated"),
    Resource("untagged", "running", {}, "", "", "running"),
    Resource("hibernate", "running", {**NIGHTS, "hibernate": "yes"}, "stopped", "without hibernation", "stopped"),
    Resource(
        "scarce",
        "stopped",
        {**OFFICE_HOURS, "types": "m5.large m5a.large"},
        "started",
        "as m5.large, for want of t3.micro",
        "running",
    ),
    Resource("app", "stopped", {**OFFICE_HOURS, "order": "20"}, "started", "2026-03-10 08:00", "running"),
    Resource("app-db", "stopped", {**OFFICE_HOURS, "order": "10"}, "started", "2026-03-10 08:00", "running", "rds"),
    Resource("ledger-db", "running", {}, "", "", "running", "rds"),
    Resource("ledger-copy", "running", NIGHTS, "none", "a read replica", "running", "rds"),
    Resource("shop-cluster", "running", NIGHTS, "stopped", "2026-03-10 06:00", "stopped", "aurora"),
    Resource("web-group", "running", NIGHTS, "stopped", "sizes were 1 2 4", "stopped", "autoscaling"),
    Resource("api-group", "running", {**NIGHTS, "asg": "suspend"}, "stopped", "06:00", "stopped", "autoscaling"),
    Resource("day-group", "stopped", {**OFFICE_HOURS, "size": "1 1 3"}, "started", "08:00", "running", "autoscaling"),
]


def aws_tags(tags, **others):
    """The function's tags, given without their prefix, and others, as AWS takes them."""
    named = {f"start-stop:{key}": value for key, value in tags.items()} | others
    return [{"Key": key, "Value": value} for key, value in named.items()]


def run_instances(ec2, tags, count=1, **others):
    """Running instances with these tags; their ids."""
    made = ec2.run_instances(
        ImageId=IMAGE,
        InstanceType="t3.micro",
        MinCount=count,
        MaxCount=count,
        TagSpecifications=[{"ResourceType": "instance", "Tags": aws_tags(tags, **others)}],
    )
    return [instance["InstanceId"] for instance in made["Instances"]]


# ---- bringing it to life, kind by kind; each gives the id of what it made ----


def create_instance(ec2, resource):
    (instance_id,) = run_instances(ec2, resource.tags, Name=resource.name)
    if resource.state == "stopped":
        ec2.stop_instances(InstanceIds=[instance_id])
    elif resource.state == "terminated":
        ec2.terminate_instances(InstanceIds=[instance_id])
    return instance_id


def create_database(rds, resource):
    given = {"DBInstanceIdentifier": resource.name, "DBInstanceClass": "db.t3.micro", "Tags": aws_tags(resource.tags)}
    if resource.name == "ledger-copy":
        rds.create_db_instance_read_replica(SourceDBInstanceIdentifier="ledger-db", **given)
    else:
        rds.create_db_instance(Engine="postgres", MasterUsername="root", MasterUserPassword="of-a-test", **given)
    if resource.state == "stopped":
        rds.stop_db_instance(DBInstanceIdentifier=resource.name)
    return resource.name


def create_cluster(rds, resource):
    rds.create_db_cluster(
        DBClusterIdentifier=resource.name,
        Engine="aurora-postgresql",
        MasterUsername="root",
        MasterUserPassword="of-a-test",
        Tags=aws_tags(resource.tags),
    )
    return resource.name


def create_group(autoscaling, resource):
    configuration = {"LaunchConfigurationName": "of-groups"}
    if not autoscaling.describe_launch_configurations()["LaunchConfigurations"]:
        autoscaling.create_launch_configuration(ImageId=IMAGE, InstanceType="t3.micro", **configuration)
    sizes = (0, 0, 0) if resource.state == "stopped" else (1, 2, 4)
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=resource.name,
        AvailabilityZones=["us-east-1a"],
        **dict(zip(("MinSize", "DesiredCapacity", "MaxSize"), sizes)),
        **configuration,
        Tags=[{**tag, "PropagateAtLaunch": True} for tag in aws_tags(resource.tags)],
    )
    return resource.name


CREATE = {
    "ec2": ("ec2", create_instance),
    "rds": ("rds", create_database),
    "aurora": ("rds", create_cluster),
    "autoscaling": ("autoscaling", create_group),
}


def create(aws, fleet=FLEET):
    """Brings a fleet to life; returns id → Resource."""
    clients = {service: aws.client(service) for service, _ in CREATE.values()}
    made = {}
    for resource in fleet:
        service, create_one = CREATE[resource.kind]
        made[create_one(clients[service], resource)] = resource
    return made


class Refusals:
    """What AWS refuses and the local AWS does not: to hibernate what was not launched for it, and to start an instance
    that names other types before it has one of these."""

    def __init__(self, fleet):
        self.scarce = {resource_id for resource_id, resource in fleet.items() if "types" in resource.tags}

    def __call__(self, call):
        if call.action == "StopInstances" and call.parameters.get("Hibernate") == "true":
            return "UnsupportedHibernationConfiguration", "The instance was not configured for hibernation at launch."
        if call.action == "ModifyInstanceAttribute":
            self.scarce.discard(call.parameters["InstanceId"])
        if call.action == "StartInstances" and self.scarce & set(call.parameters.values()):
            return "InsufficientInstanceCapacity", "There is not enough capacity to fulfill the request."
        return None


# ---- looking at it ----


def instance_states(aws):
    pages = aws.client("ec2").get_paginator("describe_instances").paginate()
    return {
        instance["InstanceId"]: instance["State"]["Name"]
        for page in pages
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
    }


def database_states(aws):
    rds = aws.client("rds")
    found = {each["DBInstanceIdentifier"]: each["DBInstanceStatus"] for each in rds.describe_db_instances()["DBInstances"]}
    found |= {each["DBClusterIdentifier"]: each["Status"] for each in rds.describe_db_clusters()["DBClusters"]}
    return {name: "running" if status == "available" else status for name, status in found.items()}


def group_states(aws, instances):
    """A group runs when its instances do."""
    groups = aws.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return {
        group["AutoScalingGroupName"]: "running"
        if any(instances.get(each["InstanceId"]) == "running" for each in group["Instances"])
        else "stopped"
        for group in groups
    }


def states(aws, kinds=TARGETS):
    """Id → state."""
    found = instance_states(aws)
    if "rds" in kinds:
        found |= database_states(aws)
    if "autoscaling" in kinds:
        found |= group_states(aws, found)
    return found


class Served(serving.Served):
    """An event served: what came of it, what AWS was asked for, and the states before and after."""

    def __init__(self, aws, function, event=EVENT, during=nullcontext(), kinds=TARGETS):
        """`kinds` are those whose states are looked at."""
        self.before = states(aws, kinds)
        super().__init__(aws, function, event, during)
        self.after = states(aws, kinds)
        rows = self.result["resources"] if self.result else []
        self.outcomes = {row.get("id", row["kind"]): row for row in rows}

    def of(self, resource_id):
        """The action and the reason that the function gave; neither for a resource that it did not list."""
        outcome = self.outcomes.get(resource_id, {})
        return outcome.get("action", ""), outcome.get("reason", "")

    def reported(self):
        """The actions that were reported, each once."""
        return {outcome["action"] for outcome in self.outcomes.values()}

    def differences(self, resource_id, expected):
        """What of a resource is not as it should be, in words."""
        action, reason = self.of(resource_id)
        found = {
            "before": (self.before[resource_id], expected.state),
            "action": (action, expected.action),
            "after": (self.after[resource_id], expected.after),
        }
        wrong = [f"{what} should be {should!r}, not {is_!r}" for what, (is_, should) in found.items() if is_ != should]
        if expected.reason not in reason:
            wrong.append(f"reason should hold {expected.reason!r}, and is {reason!r}")
        return wrong


def settled(resource):
    """What the next event of the same minute must make of a resource: nothing is done again."""
    if resource.action in ("started", "stopped"):
        return resource._replace(state=resource.after, action="none", reason="")
    return resource
