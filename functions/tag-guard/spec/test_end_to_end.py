"""The function's bundle, started as Lambda starts it, against the local AWS."""

import json
import unittest
from contextlib import nullcontext

import scenario
import tap
from local_aws import LocalAws
from local_lambda import LocalLambda
from project import ROOT, build, bundle_of
from scenario import DUE, REPORTED, STOP_AFTER

NAME = "tag-guard"
BUNDLE = bundle_of(NAME)


def setUpModule():
    build(NAME)


class TheDay(unittest.TestCase):
    """The whole scenario."""

    @classmethod
    def setUpClass(cls):
        cls.aws = aws = cls.enterClassContext(LocalAws())
        aws.forget()
        scenario.make_topic(aws)
        environment = {**aws.environment(), "TOPIC_ARN": scenario.TOPIC}
        function = cls.enterClassContext(LocalLambda(BUNDLE, environment))
        cls.story = scenario.Story(aws, function).tell()
        cls.messages = scenario.messages()
        cls.log = function.log_lines()

    def test_ends_with_all_as_it_should_be(self):
        for each in scenario.RESOURCES:
            with self.subTest(each.name):
                self.assertEqual([], self.story.differences(each))

    def test_has_no_run_that_failed_or_could_not_do_something(self):
        self.assertEqual([None] * len(self.story.runs), [run.error for run in self.story.runs])
        self.assertEqual({0}, {run.counts["error"] for run in self.story.runs})

    def test_tells_all_of_a_run_in_one_message_and_nothing_where_nothing_is_new(self):
        asked = [run.actions.count("Publish") for run in self.story.runs]
        news = [any(run.counts[each] for each in ("warned", "reported", "stopped", "released")) for run in self.story.runs]
        self.assertEqual([int(new) for new in news], asked)
        self.assertEqual(len(self.messages), sum(asked))
        self.assertIn(0, asked)

    def test_says_in_the_message_which_was_stopped_and_why(self):
        subject, body = self.messages[-1]
        self.assertEqual("tag-guard: 2 stopped (123456789012, us-east-1)", subject)
        for name in ("bare", "no-stage"):
            self.assertIn(self.story.ids[name], body)
        self.assertIn('stage = "qa": is none of dev, test, prod', body)

    def test_says_in_the_message_when_an_instance_will_be_stopped(self):
        first = next(body for _, body in self.messages if self.story.ids["bare"] in body)
        self.assertIn(f"{self.story.ids['bare']}: {DUE}, owner is missing", first)

    def test_stops_nothing_before_its_time(self):
        stops = [run.actions.count("StopInstances") for run in self.story.runs]
        self.assertEqual([2, 0], stops[-2:])
        self.assertEqual(2, sum(stops))

    def test_never_touches_what_is_exempt_or_right(self):
        ids = {self.story.ids[name] for name in ("exempt", "right", "backup")}
        changed = [c for c in self.aws.calls if c.action in ("StopInstances", "DeleteTags")]
        changed += [c for c in self.aws.calls if c.action == "CreateTags" and "tag-guard:" in str(c.parameters)]
        touched = {value for call in changed for value in call.parameters.values()}
        made_exempt = {self.story.ids["exempt"]}  # by the scenario's own CreateTags
        self.assertEqual(made_exempt, ids & touched)

    def test_is_logged_and_counted(self):
        run = self.story.runs[-2]
        lines = [line for line in self.log if line.get("requestId") == run.request_id and "action" in line]
        self.assertEqual(["stopped", "stopped"], [line["action"] for line in lines])
        metric = [line for line in self.log if "_aws" in line][-2]
        self.assertEqual({"Warned": 0, "Reported": 0, "Stopped": 2, "Released": 0, "Errors": 0}, {
            name: metric[name] for name in ("Warned", "Reported", "Stopped", "Released", "Errors")
        })
        self.assertEqual(NAME, metric["FunctionName"])


class Case(unittest.TestCase):
    """A test with a local AWS of its own, and a bare instance in it."""

    def setUp(self):
        self.aws = self.enterContext(LocalAws())
        self.aws.forget()
        self.ec2 = self.aws.client("ec2")
        scenario.make_topic(self.aws)
        self.bare = scenario.make(self.ec2, "instance", {})

    def function(self, **environment):
        given = {**self.aws.environment(), "TOPIC_ARN": scenario.TOPIC, **environment}
        return self.enterContext(LocalLambda(BUNDLE, given))

    def serve(self, function, hours, *ids, during=None):
        return scenario.Served(self.aws, function, scenario.event_of(hours, *ids), during or nullcontext())

    def action(self, served):
        return served.outcomes[self.bare]["action"]


class ADryRun(Case):
    def test_only_says_what_it_would_do(self):
        dry = self.function(DRY_RUN="1")
        served = self.serve(dry, 0, self.bare)
        self.assertEqual("would-warn", self.action(served))
        self.assertEqual([], served.changes())
        self.serve(self.function(), 0, self.bare)
        served = self.serve(dry, 25)
        self.assertEqual("would-stop", self.action(served))
        self.assertEqual([], served.changes())


class AnInstance(Case):
    def test_that_no_event_told_of_is_found_by_the_schedule(self):
        self.assertEqual("warned", self.action(self.serve(self.function(), 1)))
        self.assertEqual({STOP_AFTER: "2026-11-25T14:00:00Z"}, scenario.marks(self.aws, self.bare))

    def test_that_was_stopped_and_is_started_again_has_its_time_again(self):
        function = self.function()
        self.serve(function, 0, self.bare)
        self.assertEqual("stopped", self.action(self.serve(function, 24)))
        self.ec2.start_instances(InstanceIds=[self.bare])
        self.assertEqual("warned", self.action(self.serve(function, 48, self.bare)))
        self.assertEqual("wait", self.action(self.serve(function, 71)))

    def test_brings_its_volumes_with_it(self):
        attached = [{"Name": "attachment.instance-id", "Values": [self.bare]}]
        (volume,) = self.ec2.describe_volumes(Filters=attached)["Volumes"]
        self.ec2.delete_tags(Resources=[volume["VolumeId"]], Tags=[{"Key": "owner"}])
        served = self.serve(self.function(), 0, self.bare)
        self.assertEqual("reported", served.outcomes[volume["VolumeId"]]["action"])
        self.assertEqual({REPORTED: "2026-11-24T13:00:00Z"}, scenario.marks(self.aws, volume["VolumeId"]))
        self.assertEqual(1, len(scenario.messages()))


class Trouble(Case):
    def test_with_the_topic_leaves_the_news_to_the_next_run(self):
        function = self.function()
        self.aws.refuse(lambda call: call.action == "Publish")
        served = self.serve(function, 0, self.bare)
        self.assertEqual("error", self.action(served))
        self.assertIn("cannot be told (owner is missing", served.outcomes[self.bare]["reason"])
        self.assertEqual({}, scenario.marks(self.aws, self.bare))
        self.aws.refuse(None)
        self.assertEqual("warned", self.action(self.serve(function, 1)))

    def test_with_one_instance_is_not_the_others(self):
        function = self.function()
        other = scenario.make(self.ec2, "instance", {})
        self.serve(function, 0)
        self.aws.refuse(lambda call: call.action == "StopInstances" and self.bare in call.parameters.values())
        served = self.serve(function, 24)
        self.assertEqual("error", self.action(served))
        self.assertIn("OperationNotPermitted", served.outcomes[self.bare]["reason"])
        self.assertEqual("stopped", served.outcomes[other]["action"])
        self.assertEqual({STOP_AFTER: DUE}, scenario.marks(self.aws, self.bare))

    def test_with_the_event_or_the_settings_stops_it_all(self):
        for event in ({}, {"time": "soon"}, {"time": "2026-11-24T13:00:00Z", "resources": ["arn:aws:s3:::bucket"]}):
            served = scenario.Served(self.aws, self.function(), event)
            self.assertIn("event.", served.error["errorMessage"])
            self.assertEqual([], served.actions)
        served = self.serve(self.function(TOPIC_ARN="reports"), 0)
        self.assertIn("TOPIC_ARN", served.error["errorMessage"])
        self.assertEqual([], served.actions)


class TheRole(Case):
    """Moto checks signatures and policies here, but of SNS: it takes a space in a body for `+`, signed as `%20`."""

    def test_needs_no_more_than_is_declared(self):
        policy = json.loads((ROOT / "output" / f"{NAME}.policy.json").read_text())
        function = self.function(**self.aws.user(policy), TOPIC_ARN="")
        with self.aws.enforcing_iam():
            said = [self.action(self.serve(function, hours)) for hours in (0, 12, 24, 25)]
        self.assertEqual(["warned", "wait", "stopped", "none"], said)


if __name__ == "__main__":
    tap.main()
