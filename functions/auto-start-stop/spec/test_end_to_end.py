"""The function's bundle, started as Lambda starts it, against the local AWS."""

import json
import unittest
from contextlib import nullcontext

import scenario
import tap
from local_aws import CREDENTIALS, LocalAws
from local_lambda import LocalLambda
from project import build, bundle_of

NAME = "auto-start-stop"
BUNDLE = bundle_of(NAME)


def setUpModule():
    build(NAME)


DETAIL_TYPES = {"actions": "Auto Start Stop Action", "failures": "Auto Start Stop Failure"}


def keep_events(aws):
    """Keeps what comes to the default bus in an archive by the kind of event."""
    bus = aws.client("events").describe_event_bus(Name="default")["Arn"]
    for name, detail_type in DETAIL_TYPES.items():
        pattern = json.dumps({"source": ["lualambda.auto-start-stop"], "detail-type": [detail_type]})
        aws.client("events").create_archive(ArchiveName=name, EventSourceArn=bus, EventPattern=pattern)


class TheFleet(unittest.TestCase):
    """The whole scenario: first in a dry run, then in earnest, then once more."""

    @classmethod
    def setUpClass(cls):
        aws = cls.enterClassContext(LocalAws())
        aws.forget()
        cls.fleet = scenario.create(aws)
        aws.refuse(scenario.Refusals(cls.fleet))
        cls.aws = aws
        keep_events(aws)
        environment = {**aws.environment(), "TARGETS": scenario.TARGETS, "EVENT_BUS": "default"}
        with LocalLambda(BUNDLE, {**environment, "DRY_RUN": "1"}) as function:
            cls.dry = scenario.Served(aws, function)
        with LocalLambda(BUNDLE, environment) as function:
            cls.first = scenario.Served(aws, function)
            cls.log = function.log_lines()
            events = aws.client("events")
            cls.events = {name: events.describe_archive(ArchiveName=name)["EventCount"] for name in DETAIL_TYPES}
            cls.second = scenario.Served(aws, function)

    def test_is_started_and_stopped_as_its_tags_say(self):
        for instance_id, expected in self.fleet.items():
            with self.subTest(expected.name):
                self.assertEqual([], self.first.differences(instance_id, expected))

    def test_is_told_of_in_events(self):
        reported = [row["action"] for row in self.first.outcomes.values()]
        actions = sum(action in ("started", "stopped") for action in reported)
        self.assertEqual({"actions": actions, "failures": reported.count("error")}, self.events)

    def test_has_its_databases_started_before_what_needs_them(self):
        starts = [call for call in self.first.calls if call.action in ("StartDBInstance", "StartInstances")]
        app = next(instance_id for instance_id, resource in self.fleet.items() if resource.name == "app")
        database = next(at for at, call in enumerate(starts) if call.action == "StartDBInstance")
        instance = next(at for at, call in enumerate(starts) if app in call.parameters.values())
        self.assertLess(database, instance)

    def test_leaves_the_instances_of_groups_to_these(self):
        members = [row for key, row in self.first.outcomes.items() if key not in self.fleet]
        self.assertEqual(4, len(members))
        for row in members:
            self.assertEqual("none", row["action"])
            self.assertIn("left to its Auto Scaling group", row["reason"])

    def test_comes_back_as_it_was_when_its_time_has_come(self):
        night = {**scenario.EVENT, "time": "2026-03-11T03:00:00Z"}  # 23:00 in New York
        with LocalLambda(BUNDLE, {**self.aws.environment(), "TARGETS": scenario.TARGETS}) as function:
            served = scenario.Served(self.aws, function, night)
            again = scenario.Served(self.aws, function, night)
        scarce = next(each for each, resource in self.fleet.items() if resource.name == "scarce")
        described = self.aws.client("ec2").describe_instances(InstanceIds=[scarce])["Reservations"][0]["Instances"][0]
        self.assertIn("back to t3.micro", served.of(scarce)[1])
        self.assertEqual("t3.micro", described["InstanceType"])
        self.assertNotIn("start-stop:first-type", [tag["Key"] for tag in described["Tags"]])
        groups = self.aws.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        sizes = {each["AutoScalingGroupName"]: (each["MinSize"], each["DesiredCapacity"], each["MaxSize"]) for each in groups}
        self.assertEqual({"web-group": (1, 2, 4), "api-group": (1, 2, 4), "day-group": (0, 0, 0)}, sizes)
        self.assertEqual([], [each["SuspendedProcesses"] for each in groups if each["SuspendedProcesses"]])
        for name in ("web-group", "api-group", "shop-cluster"):
            self.assertEqual(("started", "running"), (served.of(name)[0], served.after[name]))
        for name in ("day-group", "app-db"):
            self.assertEqual(("stopped", "stopped"), (served.of(name)[0], served.after[name]))
        self.assertEqual([], again.changes())

    def test_is_left_alone_by_the_second_event_of_the_minute(self):
        self.assertEqual([], self.second.changes())
        for instance_id, expected in self.fleet.items():
            with self.subTest(expected.name):
                self.assertEqual([], self.second.differences(instance_id, scenario.settled(expected)))

    def test_is_only_spoken_of_in_a_dry_run(self):
        self.assertEqual([], self.dry.changes())
        self.assertEqual(self.dry.before, self.dry.after)
        would = {"started": "would-start", "stopped": "would-stop"}
        for resource_id, resource in self.fleet.items():
            self.assertEqual(would.get(resource.action, resource.action), self.dry.of(resource_id)[0])

    def test_is_logged_resource_by_resource(self):
        logged = {line["id"]: line for line in self.log if "id" in line}
        self.assertEqual(set(self.first.outcomes), set(logged))
        for resource_id, line in logged.items():
            action = self.first.of(resource_id)[0]
            self.assertEqual(action, line["action"])
            self.assertEqual("ERROR" if action == "error" else "INFO", line["level"])
            self.assertEqual(self.first.request_id, line["requestId"])

    def test_is_counted_in_a_metric(self):
        metric = next(line for line in self.log if "_aws" in line)
        by_kind = {line["Kind"]: line for line in self.log if "Kind" in line}
        self.assertEqual({"ec2", "rds", "aurora", "autoscaling"}, set(by_kind))
        self.assertEqual(metric["Started"], sum(line["Started"] for line in by_kind.values()))
        errors = sum(instance.action == "error" for instance in self.fleet.values())
        self.assertEqual(errors, metric["Errors"])
        self.assertEqual(NAME, metric["FunctionName"])


class Case(unittest.TestCase):
    """A test with a local AWS of its own."""

    def setUp(self):
        self.aws = self.enterContext(LocalAws())
        self.aws.forget()
        self.ec2 = self.aws.client("ec2")

    def function(self, **environment):
        return self.enterContext(LocalLambda(BUNDLE, {**self.aws.environment(), **environment}))

    def serve(self, event=scenario.EVENT, during=nullcontext(), **environment):
        return scenario.Served(self.aws, self.function(**environment), event, during, environment.get("TARGETS", "ec2"))

    def user(self, *actions):
        """A user who may do that; the variables of the credentials."""
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        return self.aws.user({"Version": "2012-10-17", "Statement": [statement]})

    def instances(self, count, **tags):
        """Running instances with these tags; their ids."""
        return scenario.run_instances(self.ec2, tags, count)


class FleetsOfOtherSizes(Case):
    def test_an_empty_one(self):
        served = self.serve()
        self.assertIsNone(served.error)
        self.assertEqual({}, served.outcomes)
        self.assertEqual(["DescribeInstances"], served.actions)

    def test_one_of_several_pages(self):
        for _ in range(12):
            self.instances(1, stop="0 10 * * *")
        self.aws.limit_pages(5)
        served = self.serve()
        self.assertEqual(["DescribeInstances"] * 3 + ["StopInstances"], served.actions[:4])
        self.assertEqual(["StopInstances"], served.changes())
        self.assertEqual(12, len(served.outcomes))
        self.assertEqual({"stopped"}, set(served.after.values()))


class ABatch(Case):
    def test_with_one_instance_that_aws_refuses_lets_the_others_stop(self):
        ids = self.instances(50, stop="0 10 * * *")
        bad = ids[17]
        self.aws.refuse(lambda call: call.action == "StopInstances" and bad in call.parameters.values())
        served = self.serve()
        self.assertEqual("error", served.outcomes[bad]["action"])
        self.assertIn("OperationNotPermitted", served.outcomes[bad]["reason"])
        self.assertEqual("running", served.after.pop(bad))
        self.assertEqual({"stopped"}, set(served.after.values()))
        self.assertEqual(49, sum(outcome["action"] == "stopped" for outcome in served.outcomes.values()))
        self.assertLess(served.actions.count("StopInstances"), 20)


class AKind(Case):
    """One that the function may not even list is that kind's error."""

    def test_that_is_refused_lets_the_others_be_served(self):
        self.instances(2, stop="0 10 * * *")
        user = self.user("ec2:DescribeInstances", "ec2:StopInstances")
        served = self.serve(during=self.aws.enforcing_iam(), TARGETS="ec2,rds,autoscaling", **user)
        self.assertIsNone(served.error)
        self.assertEqual({"stopped", "error"}, served.reported())
        for kind in ("rds", "autoscaling"):
            self.assertEqual("error", served.of(kind)[0])
            self.assertIn("cannot be listed", served.of(kind)[1])
            self.assertIn("not authorized", served.of(kind)[1])


class TooLittleCapacity(Case):
    """The local AWS always has enough; how another type is taken, the fleet shows."""

    def test_is_an_error_where_there_is_no_other_type(self):
        fleet = [scenario.Resource("scarce", "stopped", scenario.OFFICE_HOURS, "", "", "")]
        instance_id = next(iter(scenario.create(self.aws, fleet)))
        scarcity = ("InsufficientInstanceCapacity", "There is not enough capacity to fulfill the request.")
        self.aws.refuse(lambda call: call.action == "StartInstances" and scarcity)
        served = self.serve()
        self.assertEqual(("error", "stopped"), (served.of(instance_id)[0], served.after[instance_id]))
        self.assertIn("AWS has too little capacity of its type", served.of(instance_id)[1])


class TheTrigger(Case):
    def test_must_have_a_time(self):
        self.instances(1, stop="0 10 * * *")
        for event in ({}, {"time": "soon"}, {"time": None}, {"time": 5}, {"time": "2026-02-30T00:00:00Z"}, [], "x"):
            with self.subTest(event):
                served = self.serve(event)
                self.assertIn("event.time", served.error["errorMessage"])
                self.assertEqual([], served.actions)

    def test_needs_settings_that_can_be_read(self):
        served = self.serve(PERIOD_MINUTES="ten")
        self.assertIn("PERIOD_MINUTES", served.error["errorMessage"])
        self.assertEqual([], served.actions)

    def test_is_read_in_the_zone_of_the_environment(self):
        self.instances(1, stop="0 15 * * *")
        self.assertEqual({"stopped"}, self.serve(TIMEZONE="Europe/Berlin").reported())


class TheCredentials(Case):
    """Moto checks signatures and policies here."""

    def serve_enforced(self, **credentials):
        self.instances(2, stop="0 10 * * *")
        return self.serve(during=self.aws.enforcing_iam(), **credentials)

    def test_sign_so_that_aws_accepts_it(self):
        user = self.user("ec2:DescribeInstances", "ec2:StopInstances")
        served = self.serve_enforced(**user)
        self.assertIsNone(served.error)
        self.assertEqual({"stopped"}, served.reported())

    def test_with_a_wrong_secret_are_refused(self):
        user = self.user("ec2:DescribeInstances", "ec2:StopInstances")
        function = self.function(**{**user, "AWS_SECRET_ACCESS_KEY": "wrong-SECRET"})
        served = scenario.Served(self.aws, function, during=self.aws.enforcing_iam(), kinds="ec2")
        self.assertEqual("AuthFailure", served.error["errorType"])
        self.assertNotIn("wrong-SECRET", str(served.error) + function.log())

    def test_that_may_not_stop_fail_instance_by_instance(self):
        served = self.serve_enforced(**self.user("ec2:DescribeInstances"))
        self.assertIsNone(served.error)
        self.assertEqual(2, len(served.outcomes))
        for outcome in served.outcomes.values():
            self.assertEqual("error", outcome["action"])
            self.assertIn("is not authorized to perform: ec2:StopInstances", outcome["reason"])

    def test_that_are_missing_are_an_error_that_says_where_it_looked(self):
        served = self.serve(**{name: "" for name in CREDENTIALS})
        for place in ("AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS", ".aws"):
            self.assertIn(place, served.error["errorMessage"])
        self.assertEqual([], served.actions)


if __name__ == "__main__":
    tap.main()
