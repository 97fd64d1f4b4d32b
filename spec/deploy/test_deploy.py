"""A function's way to AWS and back: from an empty account, by what a person types, until nothing is left.

The local AWS checks no scopes and no conditions: they are checked on the policy itself. While a function runs under
IAM enforcement, its policy stands without them.
"""

import json
import subprocess
import unittest
import zipfile
from unittest.mock import patch
from urllib.parse import quote

import boto3
import moto.backends
import tap
from botocore.exceptions import ClientError
from deployment import Deployment, missing
from local_aws import REGION, LocalAws
from local_lambda import LocalLambda
from moto.events.models import EventPattern
from project import ROOT

NAME = "auto-start-stop"
ACCOUNT = "123456789012"
FOLDER = f"functions/{NAME}"
OTHERS = sorted({path.parent.name for path in ROOT.glob("functions/*/main.tf")} - {NAME})
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
EVERYTHING = {
    "TF_VAR_targets": '["ec2", "rds", "aurora", "autoscaling"]',
    "TF_VAR_event_bus": "ops",
    "TF_VAR_kms_keys": f'["{KEY}"]',
    "TF_VAR_schedules_path": "/start-stop/schedules",
    "TF_VAR_holidays": '{ bucket = "calendars", prefix = "holidays/" }',
}
EVERYWHERE = {
    "TF_VAR_regions": '["all"]',
    "TF_VAR_roles": '["own", "organization/fleet"]',
    "TF_VAR_shards": "true",
}
SECRET = "MARKED/key+7f3a9c51d2e84b06"
EVENT = {"time": "2026-03-10T14:05:00Z"}  # 10:05 in New York
NO_CHANGES, REFUSED, CHANGES = 0, 1, 2  # of plan -detailed-exitcode


def setUpModule():
    global aws, checkout
    aws = unittest.enterModuleContext(LocalAws())
    aws.forget()
    checkout = unittest.enterModuleContext(Deployment(NAME, *OTHERS))
    checkout.use_provider_mirror()
    checkout.environment |= aws.environment() | EVERYTHING | {"AWS_SECRET_ACCESS_KEY": SECRET}

    aws.client("events").create_event_bus(Name="ops")  # without the rules that moto cannot serve
    checkout.must("scripts/aws-init-terraform.sh", "--lockfile")
    checkout.must("scripts/build-lambda", NAME)
    for command in (["init"], ["plan"], ["apply", "-auto-approve"]):
        terraform(*command, "-input=false")


def terraform(*arguments, folder=FOLDER):
    return checkout.must("terraform", *arguments, folder=folder)


def plan(*arguments, folder=FOLDER):
    return checkout.run("terraform", "plan", "-input=false", "-detailed-exitcode", *arguments, folder=folder)


def declared_policy():
    return json.loads((checkout.root / f"output/{NAME}.policy.json").read_text())


def lists(value):
    return value if isinstance(value, list) else [value]


def actions(policy):
    return {action for statement in policy["Statement"] for action in lists(statement["Action"])}


class ANewFunction(unittest.TestCase):
    def test_plans_at_once(self):
        for script in ("new-lambda", "build-lambda"):
            checkout.must(f"scripts/{script}", "day-counter")
        terraform("init", "-input=false", folder="functions/day-counter")
        planned = plan(folder="functions/day-counter")
        self.assertEqual(CHANGES, planned.returncode, planned.stdout)


class TheOtherFunctions(unittest.TestCase):
    """Planned, from their bundles and with the account's backend."""

    @classmethod
    def setUpClass(cls):
        cls.planned = {name: cls.plan_of(name) for name in OTHERS}

    @staticmethod
    def plan_of(name):
        """What Terraform would create, by address."""
        folder = f"functions/{name}"
        checkout.must("scripts/build-lambda", name)
        terraform("init", "-input=false", folder=folder)
        terraform("plan", "-input=false", "-out=saved.tfplan", folder=folder)
        shown = json.loads(terraform("show", "-json", "saved.tfplan", folder=folder))
        return {each["address"]: each["change"]["after"] for each in shown["resource_changes"]}

    def rules(self, name):
        """The planned rules by what they are called."""
        rules = [after for address, after in self.planned[name].items() if ".aws_cloudwatch_event_rule." in address]
        return {rule["name"]: rule for rule in rules}

    def test_plan_at_once(self):
        self.assertEqual(["ebs-snapshots", "tag-guard"], OTHERS)
        for name in OTHERS:
            made = self.planned[name]["module.function.aws_lambda_function.this"]
            self.assertEqual((name, "provided.al2023"), (made["function_name"], made["runtime"]))

    def test_run_by_a_schedule(self):
        for name in OTHERS:
            self.assertEqual("rate(15 minutes)", self.rules(name)[name]["schedule_expression"])

    def test_hear_of_the_events_that_they_have_samples_of(self):
        heard = {name: json.loads(rule["event_pattern"]) for name, rule in self.rules("tag-guard").items()
                 if rule["event_pattern"]}
        # Moto knows no prefix within anything-but.
        own = heard["tag-guard-tagged"]["detail"].pop("changed-tag-keys")
        self.assertEqual([{"anything-but": {"prefix": "tag-guard:"}}], own)
        for rule in ("launched", "volume-created", "tagged"):
            event = json.loads((ROOT / f"functions/tag-guard/events/{rule}.json").read_text())
            hears = [name for name, pattern in heard.items() if EventPattern(None, pattern).matches_event(event)]
            self.assertEqual([f"tag-guard-{rule}"], hears)


class Deployed(unittest.TestCase):
    def setUp(self):
        self.iam = aws.client("iam")
        self.function = aws.client("lambda").get_function(FunctionName=NAME)["Configuration"]

    def role_policy(self):
        return self.iam.get_role_policy(RoleName=NAME, PolicyName="code")["PolicyDocument"]

    def role_credentials(self):
        role = aws.client("sts").assume_role(RoleArn=self.function["Role"], RoleSessionName=NAME)["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": role["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": role["SecretAccessKey"],
            "AWS_SESSION_TOKEN": role["SessionToken"],
        }

    def enforce(self):
        """From here on the local AWS checks signatures and actions."""
        scoped = json.dumps(self.role_policy())
        put = {"RoleName": NAME, "PolicyName": "code"}
        self.iam.put_role_policy(**put, PolicyDocument=json.dumps(declared_policy()))
        self.addCleanup(self.iam.put_role_policy, **put, PolicyDocument=scoped)
        self.enterContext(aws.enforcing_iam())

    def run_function(self, credentials):
        """Runs the code that the local AWS holds, with the variables that it was given."""
        held = moto.backends.get_backend("lambda")[ACCOUNT][REGION].get_function(NAME)
        bundle = checkout.root / "fetched" / f"{NAME}.zip"
        bundle.parent.mkdir(exist_ok=True)
        bundle.write_bytes(held.code_bytes)
        variables = self.function["Environment"]["Variables"] | credentials | {"AWS_ENDPOINT_URL": aws.endpoint}
        with LocalLambda(bundle, variables, self.function["Handler"]) as function:
            return function.invoke(EVENT, timeout=self.function["Timeout"])

    def test_from_an_account_that_a_second_init_leaves_alone(self):
        self.assertIn("nothing changed", checkout.must("scripts/aws-init-terraform.sh", "--lockfile"))

    def test_leaves_nothing_to_do(self):
        again = plan()
        self.assertEqual(NO_CHANGES, again.returncode, again.stdout)

    def test_keeps_a_state_of_its_own(self):
        keys = [each["Key"] for each in aws.client("s3").list_objects_v2(Bucket=f"{ACCOUNT}-terraform")["Contents"]]
        self.assertEqual([f"{NAME}/terraform.tfstate"], keys)

    def test_keeps_no_secret_in_plan_and_state(self):
        """Of the keys that planned and applied it, in any form in which those files may have them."""
        self.planned()
        with zipfile.ZipFile(checkout.root / FOLDER / "saved.tfplan") as saved:
            written = {name: saved.read(name) for name in saved.namelist()}
        written["state"] = terraform("state", "pull").encode()
        self.assertIn(b'"arn:', written["state"])
        for name, data in written.items():
            for form in (SECRET, json.dumps(SECRET)[1:-1], SECRET.replace("/", "\\/"), quote(SECRET, safe="")):
                self.assertNotIn(form.encode(), data, name)

    def planned(self):
        """The resources that a plan in the present environment would leave, by address."""
        checkout.must("terraform", "plan", "-input=false", "-out=saved.tfplan", folder=FOLDER)
        shown = json.loads(checkout.must("terraform", "show", "-json", "saved.tfplan", folder=FOLDER))
        return {each["address"]: each["change"]["after"] for each in shown["resource_changes"]}

    def test_may_do_what_it_declares_and_nothing_else(self):
        with patch.dict(checkout.environment, EVERYWHERE):
            policy = self.planned()["module.function.aws_iam_role_policy.code[0]"]["policy"]
        self.assertEqual(actions(declared_policy()), actions(json.loads(policy)))

    def test_is_split_by_a_queue_where_it_is_asked_to(self):
        with patch.dict(checkout.environment, EVERYWHERE):
            planned = self.planned()
        mapping = planned['module.function.aws_lambda_event_source_mapping.queue["queue"]']
        self.assertEqual(["ReportBatchItemFailures"], mapping["function_response_types"])
        self.assertEqual(20, mapping["scaling_config"][0]["maximum_concurrency"])
        queue = planned["aws_sqs_queue.shards[0]"]
        self.assertEqual(6 * self.function["Timeout"], queue["visibility_timeout_seconds"])
        policy = json.loads(planned["module.function.aws_iam_role_policy.code[0]"]["policy"])
        allowed, = (each["Resource"] for each in policy["Statement"] if "sqs:SendMessage" in each["Action"])
        self.assertEqual([f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue['name']}"], allowed)
        alarms = "module.function.aws_cloudwatch_metric_alarm.this"
        self.assertIsNone(planned[f'{alarms}["too-many-invocations"]'])
        alarm = planned[f'{alarms}["dead-letters"]']
        self.assertEqual({"QueueName": planned["aws_sqs_queue.failed_shards[0]"]["name"]}, alarm["dimensions"])
        self.assertEqual(("AWS/SQS", "ApproximateNumberOfMessagesVisible", 0),
                         (alarm["namespace"], alarm["metric_name"], alarm["threshold"]))

    def test_may_change_only_what_carries_a_tag_of_ours(self):
        changing = ("Start", "Stop", "Modify", "Update", "Suspend", "Resume")
        found = set()
        for statement in self.role_policy()["Statement"]:
            for action in lists(statement["Action"]):
                if action.split(":")[1].startswith(changing):
                    found.add(action)
                    self.assertNotIn("*", lists(statement["Resource"]))
                    (tag, value), = statement["Condition"]["Null"].items()
                    self.assertRegex(tag, r"^aws:ResourceTag/(start-stop:\w+|aws:autoscaling:groupName)$")
                    self.assertEqual(["false"], value)
        self.assertEqual(10, len(found), found)

    def test_may_write_only_tags_of_ours(self):
        for statement in self.role_policy()["Statement"]:
            if any("Tags" in action and "Describe" not in action for action in lists(statement["Action"])):
                self.assertEqual({"ForAllValues:StringLike": {"aws:TagKeys": ["start-stop:*"]}}, statement["Condition"])

    def test_may_by_itself_do_no_more_than_instances_need(self):
        with patch.dict(checkout.environment):
            for name in EVERYTHING:
                del checkout.environment[name]
            values = self.planned()
        policy = json.loads(values["module.function.aws_iam_role_policy.code[0]"]["policy"])
        instances = {"Describe", "Start", "Stop"}
        expected = {f"ec2:{verb}Instances" for verb in instances}
        expected |= {"ec2:DescribeVolumes", "ec2:CreateTags", "ec2:DeleteTags", "ec2:ModifyInstanceAttribute"}
        self.assertEqual(expected, actions(policy))
        variables = values["module.function.aws_lambda_function.this"]["environment"][0]["variables"]
        self.assertEqual("ec2", variables["TARGETS"])
        for name in ("EVENT_BUS", "SCHEDULES_PATH", "HOLIDAYS", "REGIONS", "ROLES", "QUEUE_URL"):
            self.assertNotIn(name, variables)

    def test_is_triggered_by_a_rule_that_may(self):
        rule = aws.client("events").describe_rule(Name=NAME)
        self.assertEqual("rate(10 minutes)", rule["ScheduleExpression"])
        policy = json.loads(aws.client("lambda").get_policy(FunctionName=NAME)["Policy"])
        self.assertEqual(rule["Arn"], policy["Statement"][0]["Condition"]["ArnLike"]["AWS:SourceArn"])

    def test_works_with_the_credentials_of_its_role(self):
        ec2 = aws.client("ec2")
        tags = [{"Key": "start-stop:stop", "Value": "0 10 * * *"}]
        made = ec2.run_instances(
            ImageId="ami-12345678",
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )
        instance = made["Instances"][0]["InstanceId"]
        self.addCleanup(ec2.terminate_instances, InstanceIds=[instance])
        credentials = self.role_credentials()
        self.enforce()
        invocation = self.run_function(credentials)
        self.assertIsNone(invocation.error)
        self.assertEqual([(instance, "stopped")], [(i["id"], i["action"]) for i in invocation.result["resources"]])

    def test_is_refused_an_action_that_it_does_not_declare(self):
        credentials = self.role_credentials()
        self.enforce()
        ec2 = boto3.client(
            "ec2",
            region_name=REGION,
            endpoint_url=aws.endpoint,
            aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=credentials["AWS_SESSION_TOKEN"],
        )
        ec2.describe_instances()
        with self.assertRaises(ClientError) as raised:
            ec2.describe_subnets()
        self.assertIn(raised.exception.response["Error"]["Code"], {"UnauthorizedOperation", "AccessDenied"})

    def test_is_refused_with_a_bad_secret(self):
        credentials = {**self.role_credentials(), "AWS_SECRET_ACCESS_KEY": "wrong"}
        self.enforce()
        refusal = self.run_function(credentials).error.report["errorType"]
        self.assertIn(refusal, {"AuthFailure", "SignatureDoesNotMatch"})

    def assert_refused(self, *says):
        """A plan that fails, and says what to run."""
        refused = plan("-refresh=false")
        said = " ".join(refused.stdout.replace("│", "").split())
        self.assertEqual(REFUSED, refused.returncode, said)
        for text in (*says, f"run scripts/build-lambda {NAME}"):
            self.assertIn(text, said)

    def test_is_not_deployed_again_from_a_stale_bundle(self):
        handler = checkout.root / FOLDER / "handler.lua"
        source = handler.read_text()
        self.addCleanup(handler.write_text, source)
        handler.write_text(source + "-- edited\n")
        self.assert_refused(f"output/{NAME}.zip is older than handler.lua")

    def test_is_not_deployed_again_without_a_bundle(self):
        bundle, away = checkout.bundle(NAME), checkout.root / "away.zip"
        bundle.rename(away)
        self.addCleanup(away.rename, bundle)
        self.assert_refused(f"no bundle output/{NAME}.zip")


class Destroyed(unittest.TestCase):  # the last of the classes, by the alphabet
    def test_at_last_with_nothing_left_and_nobody_between(self):
        destroy = subprocess.Popen(
            ["terraform", "destroy"],
            cwd=checkout.root / FOLDER,
            env=checkout.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(destroy.wait)
        self.addCleanup(destroy.kill)
        said = ""
        while "Enter a value:" not in said and destroy.poll() is None:
            said += destroy.stdout.read(1)

        second = checkout.run("terraform", "apply", "-auto-approve", "-input=false", folder=FOLDER)
        self.assertEqual(1, second.returncode, second.stdout)
        self.assertIn("Error acquiring the state lock", second.stdout)

        said += destroy.communicate("yes\n")[0]
        self.assertEqual(0, destroy.returncode, said)
        self.assertEqual([], aws.client("lambda").list_functions()["Functions"])
        self.assertEqual([], aws.client("iam").list_roles()["Roles"])
        self.assertEqual([], aws.client("logs").describe_log_groups()["logGroups"])
        self.assertEqual([], aws.client("events").list_rules()["Rules"])
        self.assertEqual([], aws.client("cloudwatch").describe_alarms()["MetricAlarms"])
        state = aws.client("s3").get_object(Bucket=f"{ACCOUNT}-terraform", Key=f"{NAME}/terraform.tfstate")
        self.assertEqual([], json.load(state["Body"])["resources"])


if __name__ == "__main__":
    tap.main(missing("aws", "terraform", provider=True))
