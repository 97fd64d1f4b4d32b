"""The function's bundle, started as Lambda starts it, against the local AWS."""

import json
import unittest
from contextlib import nullcontext

import scenario
import tap
from local_aws import LocalAws
from local_lambda import LocalLambda
from project import ROOT, build, bundle_of
from scenario import ABROAD, HOME

NAME = "ebs-snapshots"
BUNDLE = bundle_of(NAME)


def setUpModule():
    build(NAME)


class TheDays(unittest.TestCase):
    """The whole scenario, beside a snapshot that somebody else has made."""

    @classmethod
    def setUpClass(cls):
        cls.aws = aws = cls.enterClassContext(LocalAws())
        aws.forget()
        function = cls.enterClassContext(LocalLambda(BUNDLE, aws.environment()))
        ec2 = aws.client("ec2")
        cls.others = ec2.create_snapshot(VolumeId=scenario.make_volume(ec2, {"every": "daily"}))["SnapshotId"]
        cls.sources, cls.last = scenario.play(aws, function)
        cls.log = function.log_lines()

    def test_leave_what_the_tags_say(self):
        for source_id, expected in self.sources.items():
            with self.subTest(expected.name):
                self.assertEqual([], scenario.differences(self.aws, self.last, source_id, expected))

    def test_end_with_nothing_left_to_do(self):
        self.assertEqual([], self.last.changes())

    def test_need_no_call_that_tags(self):
        self.assertNotIn("CreateTags", [call.action for call in self.aws.calls])

    def test_leave_a_snapshot_that_somebody_else_made(self):
        self.assertIn(self.others, scenario.held())

    def test_delete_nothing_that_has_no_mark(self):
        deleted = {call.parameters["SnapshotId"] for call in self.aws.calls if call.action == "DeleteSnapshot"}
        logged = {line["snapshot"] for line in self.log if line.get("action") == "expired"}
        self.assertEqual(deleted, logged)

    def id_of(self, name):
        return next(source_id for source_id, source in self.sources.items() if source.name == name)

    def test_tag_each_snapshot_with_what_it_is(self):
        data = self.id_of("data")
        newest = max(
            (each["tags"] for each in scenario.snapshots(self.aws) if each["tags"]["of"] == data),
            key=lambda tags: tags["period"],
        )
        self.assertTrue(newest.pop("run"))
        self.assertEqual(
            {"made-by": NAME, "of": data, "period": "2026-03-10T00:00:00-04:00", "Name": "data"},
            newest,
        )

    def test_take_an_instance_s_volumes_in_one_run(self):
        web = self.id_of("web")
        found = [each for each in scenario.snapshots(self.aws) if each["tags"]["of"] == web]
        self.assertEqual(2, len({each["tags"]["run"] for each in found}))
        for run in {each["tags"]["run"] for each in found}:
            self.assertEqual(2, len({each["VolumeId"] for each in found if each["tags"]["run"] == run}))

    def test_encrypt_the_copies_and_tell_their_originals(self):
        originals = {each["SnapshotId"]: each for each in scenario.snapshots(self.aws)}
        copies = scenario.snapshots(self.aws, ABROAD)
        self.assertEqual(2, len(copies))
        for copy in copies:
            original = originals[copy["tags"]["copy-of"]]
            self.assertTrue(copy["Encrypted"])
            self.assertEqual("alias/backup", copy["KmsKeyId"])
            self.assertEqual(original["VolumeId"], copy["tags"]["volume"])
            self.assertEqual(original["tags"]["period"], copy["tags"]["period"])

    def test_ask_for_copies_with_a_url_that_the_source_region_trusts(self):
        asked = [call.parameters for call in self.aws.calls if call.action == "CopySnapshot"]
        for parameters in asked:
            self.assertEqual(ABROAD, parameters["DestinationRegion"])
            self.assertIn(f"%2F{HOME}%2Fec2%2Faws4_request", parameters["PresignedUrl"])

    def test_are_logged_and_counted(self):
        last = [line for line in self.log if line.get("requestId") == self.last.request_id]
        lines = [line for line in last if "action" in line]
        self.assertEqual(len(self.last.outcomes), len(lines))
        for line in lines:
            self.assertEqual("ERROR" if line["action"] == "error" else "INFO", line["level"])
        metric = [line for line in self.log if "_aws" in line][-1]
        self.assertEqual({"Taken": 0, "Copied": 0, "Expired": 0, "Kept": 1, "Errors": 2}, {
            name: metric[name] for name in ("Taken", "Copied", "Expired", "Kept", "Errors")
        })
        self.assertEqual(NAME, metric["FunctionName"])


class Case(unittest.TestCase):
    """A test with a local AWS of its own."""

    def setUp(self):
        self.aws = self.enterContext(LocalAws())
        self.aws.forget()
        self.ec2 = self.aws.client("ec2")

    def function(self, **environment):
        return self.enterContext(LocalLambda(BUNDLE, {**self.aws.environment(), **environment}))

    def volume(self, **tags):
        return scenario.make_volume(self.ec2, {key.replace("_", "-"): value for key, value in tags.items()})

    def actions(self, served, source):
        return [outcome["action"] for outcome in served.of(source)]

    def only_snapshot(self, region=HOME):
        (found,) = scenario.snapshots(self.aws, region)
        return found["SnapshotId"]


class ADryRun(Case):
    def test_only_says_what_it_would_do(self):
        function = self.function()
        kept = self.volume(every="daily", keep="1", copy_to=ABROAD)
        for day in (2, 1):
            scenario.Served(self.aws, function, scenario.event_of(day))
        before = set(scenario.held())
        served = scenario.Served(self.aws, self.function(DRY_RUN="1"))
        self.assertEqual([], served.changes())
        self.assertEqual(before, set(scenario.held()))
        self.assertEqual(["would-take", "would-copy", "would-expire"], self.actions(served, kept))


class ASnapshotUnderWay(Case):
    def setUp(self):
        super().setUp()
        self.served_by = self.function()
        self.volume_id = self.volume(every="daily", keep="1", copy_to=ABROAD)

    def serve(self, day=0):
        served = scenario.Served(self.aws, self.served_by, scenario.event_of(day))
        self.assertIsNone(served.error)
        return self.actions(served, self.volume_id)

    def test_is_its_period_s_and_copied_when_it_is_complete(self):
        self.assertEqual(["taken"], self.serve())
        scenario.set_state(self.only_snapshot(), "pending")
        self.assertEqual(["none", "waiting"], self.serve())
        scenario.set_state(self.only_snapshot(), "completed")
        self.assertEqual(["none", "copied"], self.serve())
        self.assertEqual(["none"], self.serve())

    def test_takes_no_other_s_place_before_it_is_complete(self):
        self.serve(1)
        self.serve(1)
        first = self.only_snapshot()
        self.serve()
        second = next(each for each in scenario.held() if each != first)
        scenario.set_state(second, "pending")
        self.assertEqual(["none", "waiting"], self.serve())
        scenario.set_state(second, "completed")
        self.assertEqual(["none", "copied", "expired"], self.serve())
        self.assertEqual(["none", "expired"], self.serve())
        self.assertEqual(second, self.only_snapshot())

    def test_that_fails_is_removed_and_another_is_taken(self):
        self.serve()
        failed = self.only_snapshot()
        scenario.set_state(failed, "error")
        self.assertEqual(["taken", "failed"], self.serve())
        self.assertNotEqual(failed, self.only_snapshot())

    def test_that_fails_as_a_copy_is_copied_again(self):
        self.serve()
        self.serve()
        failed = self.only_snapshot(ABROAD)
        scenario.set_state(failed, "error", ABROAD)
        self.assertEqual(["none", "copied", "failed"], self.serve())
        self.assertNotEqual(failed, self.only_snapshot(ABROAD))


class Trouble(Case):
    def test_with_one_volume_is_not_the_others(self):
        function = self.function()
        bad, good = self.volume(every="daily"), self.volume(every="daily")
        self.aws.refuse(lambda call: call.action == "CreateSnapshot" and bad in call.parameters.values())
        served = scenario.Served(self.aws, function)
        self.assertEqual(["error"], self.actions(served, bad))
        self.assertEqual(["taken"], self.actions(served, good))
        self.assertIn("OperationNotPermitted", served.of(bad)[0]["reason"])

    def test_with_another_region_is_not_this_one_s(self):
        function = self.function()
        volume = self.volume(every="daily", copy_to=ABROAD)
        seen = []

        def abroad(call):
            """The second list of snapshots: that of the other region."""
            seen.extend([call] if call.action == "DescribeSnapshots" else [])
            return call.action == "DescribeSnapshots" and len(seen) > 1

        self.aws.refuse(abroad)
        served = scenario.Served(self.aws, function)
        self.assertEqual(["taken"], self.actions(served, volume))
        (other,) = [outcome for outcome in served.outcomes if outcome["region"] == ABROAD]
        self.assertEqual("error", other["action"])
        self.assertIn("cannot be seen", other["reason"])

    def test_with_an_image_that_no_list_shows_keeps_its_snapshot(self):
        function = self.function()
        volume = self.volume(every="daily", keep="1")
        scenario.Served(self.aws, function, scenario.event_of(1))
        first = self.only_snapshot()
        image = self.ec2.register_image(Name="hidden", RootDeviceName="/dev/sda1")["ImageId"]
        scenario.held()[first].from_ami = image
        scenario.Served(self.aws, function)
        served = scenario.Served(self.aws, function)
        self.assertEqual(["none", "kept"], self.actions(served, volume))
        self.assertIn("InvalidSnapshot.InUse", served.of(volume)[1]["reason"])
        self.assertIn(image, served.of(volume)[1]["reason"])

    def test_with_a_volume_that_is_gone_leaves_its_snapshots(self):
        function = self.function()
        volume = self.volume(every="daily", keep="1d")
        scenario.Served(self.aws, function, scenario.event_of(39))
        self.ec2.delete_volume(VolumeId=volume)
        served = scenario.Served(self.aws, function)
        self.assertEqual([], served.changes())
        self.assertIn("its 1 snapshots are left alone", served.of(volume)[0]["reason"])

    def test_with_the_event_or_the_settings_stops_it_all(self):
        self.volume(every="daily")
        for event in ({}, {"time": "soon"}):
            served = scenario.Served(self.aws, self.function(), event)
            self.assertIn("event.time", served.error["errorMessage"])
            self.assertEqual([], served.actions)
        served = scenario.Served(self.aws, self.function(TIMEZONE="Mars/Olympus"))
        self.assertIn("TIMEZONE", served.error["errorMessage"])
        self.assertEqual([], served.actions)


class TheRole(Case):
    """Moto checks signatures and policies here."""

    def user(self, *without):
        """A user who may do what the function declares, but for some; the variables of the credentials."""
        policy = json.loads((ROOT / "output" / f"{NAME}.policy.json").read_text())
        for statement in policy["Statement"]:
            statement["Action"] = [action for action in statement["Action"] if action not in without]
        return self.aws.user(policy)

    def serve(self, function, day, during=None):
        return scenario.Served(self.aws, function, scenario.event_of(day), during or nullcontext())

    def test_needs_no_more_than_is_declared(self):
        volume = self.volume(every="daily", keep="1", copy_to=ABROAD)
        function = self.function(**self.user())
        with self.aws.enforcing_iam():
            said = [self.actions(self.serve(function, day), volume) for day in (1, 1, 0, 0, 0)]
        self.assertEqual([["taken"], ["none", "copied"], ["taken"], ["none", "copied", "expired"]], said[:4])
        self.assertEqual(["none", "expired"], said[4])

    def test_that_may_not_delete_fails_snapshot_by_snapshot(self):
        volume = self.volume(every="daily", keep="1")
        function = self.function()
        for day in (3, 2, 1):
            self.serve(function, day)
        refused = self.function(**self.user("ec2:DeleteSnapshot"))
        served = self.serve(refused, 1, during=self.aws.enforcing_iam())
        self.assertEqual(["none", "error"], self.actions(served, volume))
        self.assertIn("is not authorized to perform: ec2:DeleteSnapshot", served.of(volume)[1]["reason"])


if __name__ == "__main__":
    tap.main()
