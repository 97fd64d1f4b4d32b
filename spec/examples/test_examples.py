"""Runs each example of this folder against the local AWS, and checks what comes of it.

Scripts run as their users run them, with `bootstrap run`; handlers from a bundle that build-lambda makes of them
and of the requirements that their first lines show.
"""

import re
import subprocess
import unittest
from pathlib import Path

import tap
from local_aws import REGION, LocalAws
from local_lambda import EMULATOR, LocalLambda
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from project import BOOTSTRAP, ROOT, Checkout

FOLDER = Path(__file__).resolve().parent
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.lua"))
REQUIREMENTS = re.compile(r"^-- requirements\.lua: (return \{.*\})$", re.MULTILINE)
PATIENCE = 120  # seconds, on any machine


def source(name):
    return (FOLDER / f"{name}.lua").read_text()


def handlers():
    """The examples that are handlers, as functions of a checkout."""
    found = {name: REQUIREMENTS.search(source(name)) for name in EXAMPLES}
    return {
        name: {"handler.lua": source(name), "requirements.lua": match[1]} for name, match in found.items() if match
    }


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.aws = cls.enterClassContext(LocalAws())
        cls.checkout = cls.enterClassContext(Checkout(handlers()))

    def setUp(self):
        self.aws.forget()

    def run_script(self, name, *arguments):
        """The lines that a script prints."""
        process = subprocess.run(
            [*EMULATOR, BOOTSTRAP, "run", f"spec/examples/{name}.lua", *arguments],
            cwd=ROOT,
            env={**self.aws.environment(), "AWS_EC2_METADATA_DISABLED": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        self.assertEqual((0, ""), (process.returncode, process.stderr))
        return process.stdout.splitlines()

    def start(self, name, **environment):
        """The handler, served as Lambda serves it."""
        return self.enterContext(LocalLambda(self.checkout.built(name), {**self.aws.environment(), **environment}))

    def invoke(self, function, event):
        invocation = function.invoke(event)
        self.assertIsNone(invocation.error)
        return invocation

    def make_objects(self, bucket, count):
        """Many objects, made without a request for each: logs/00000 and so on, of one byte."""
        self.aws.client("s3").create_bucket(Bucket=bucket)
        backend = s3_backends[DEFAULT_ACCOUNT_ID]["global"]
        for number in range(count):
            backend.put_object(bucket, f"logs/{number:05}", b"x")

    def test_call(self):
        lines = self.run_script("call")
        self.assertEqual([f"account {DEFAULT_ACCOUNT_ID}", "parameter hello"], lines[:2])
        self.assertEqual("ParameterNotFound\t400\tGetParameter", lines[2])
        self.assertRegex("\n".join(lines[3:-1]), r"^false\t.*call\.lua:\d+: ssm\.get_parameter: (.|\n)*Nmae")
        self.assertEqual(f"200\t{DEFAULT_ACCOUNT_ID}", lines[-1])
        stored = self.aws.client("ssm", "eu-central-1").get_parameter(Name="/greeting")
        self.assertEqual("hello", stored["Parameter"]["Value"])

    def test_regions(self):
        for region, count in ((REGION, 2), ("eu-west-1", 1)):
            self.aws.client("ec2", region).run_instances(ImageId="ami-12345678", MinCount=count, MaxCount=count)
        regions = len(self.aws.client("ec2").describe_regions()["Regions"])
        self.assertEqual(
            ["eu-west-1\t1", f"{REGION}\t2", f"{regions} regions, 0 failed"],
            self.run_script("regions"),
        )
        self.assertGreater(regions, 10)

    def test_pages(self):
        self.make_objects("archive", 10_000)
        self.assertEqual(
            ["10000 objects, 10000 bytes, the last is logs/09999", "11 pages of 500 to the middle"],
            self.run_script("pages", "archive"),
        )

    def test_presign(self):
        s3 = self.aws.client("s3")
        s3.create_bucket(Bucket="post")
        self.assertEqual(
            [
                "sent\t200",
                "fetched\t200\tsee you soon",
                f"{self.aws.endpoint}/post/letters/to-you.txt\tX-Amz-Expires=60",
            ],
            self.run_script("presign", "post"),
        )
        stored = s3.get_object(Bucket="post", Key="letters/to-you.txt")
        self.assertEqual(b"see you soon", stored["Body"].read())

    def test_stream(self):
        self.make_objects("archive", 2500)
        invocation = self.invoke(self.start("stream"), {"bucket": "archive"})
        expected = "key,bytes\n" + "".join(f"logs/{number:05},1\n" for number in range(2500))
        self.assertEqual(expected, invocation.response.decode())
        self.assertEqual("text/csv", invocation.content_type)
        self.assertGreater(len(invocation.chunks), 3)  # as they came: the heading, and each page

    def test_batch(self):
        dynamodb = self.aws.client("dynamodb")
        dynamodb.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        bodies = {"m-1": '{"id": "a", "cents": 250}', "m-2": "oops", "m-3": '{"id": "c", "cents": 5}'}
        records = [
            {"messageId": id, "body": body, "eventSource": "aws:sqs", "attributes": {}} for id, body in bodies.items()
        ]
        function = self.start("batch", ORDERS="orders")
        result = self.invoke(function, {"Records": records}).result
        self.assertEqual({"batchItemFailures": [{"itemIdentifier": "m-2"}]}, result)
        items = dynamodb.scan(TableName="orders")["Items"]
        self.assertEqual({("a", "250"), ("c", "5")}, {(item["id"]["S"], item["cents"]["N"]) for item in items})
        self.assertIn("no JSON: oops", function.log())

    def test_metric(self):
        function = self.start("metric")
        orders = [{"id": "a", "cents": 250}, {"id": "b", "cents": 5}]
        self.assertEqual({"cents": 255}, self.invoke(function, {"orders": orders}).result)
        lines = function.log_lines()
        taken = [(line["order"], line["cents"]) for line in lines if line.get("message") == "order taken"]
        self.assertEqual([("a", 250), ("b", 5)], taken)
        counted, timed = [line for line in lines if "_aws" in line]
        self.assertEqual((2, 255, "metric"), (counted["Orders"], counted["Cents"], counted["FunctionName"]))
        (definition,) = timed["_aws"]["CloudWatchMetrics"]
        self.assertEqual([{"Name": "Latency", "Unit": "Milliseconds"}], definition["Metrics"])
        self.assertEqual(("Shop", [12, 15, 110]), (definition["Namespace"], timed["Latency"]))

    def test_tags(self):
        ec2 = self.aws.client("ec2")

        def volume(**tags):
            specification = [{"Key": key.replace("_", "-"), "Value": value} for key, value in tags.items()]
            made = ec2.create_volume(
                Size=1,
                AvailabilityZone=f"{REGION}a",
                TagSpecifications=[{"ResourceType": "volume", "Tags": specification}],
            )
            return made["VolumeId"]

        good = volume(backup="yes", keep_days="7", stage="live", timezone="Europe/Berlin")
        bad = volume(keep_days="1000", stage="prod")
        lines = self.run_script("tags")
        self.assertIn(f"{good}\ttrue\t7\tlive\tEurope/Berlin", lines)
        self.assertIn(f'{bad}: keep-days = "1000": is more than 365; for example: 30', lines)
        self.assertIn(f'{bad}: stage = "prod": is neither test nor live; for example: test', lines)
        self.assertEqual(3, len(lines))

    def test_waiter(self):
        self.assertEqual(["made", "there", "WaiterTimeout"], self.run_script("waiter", "late"))
        buckets = [bucket["Name"] for bucket in self.aws.client("s3").list_buckets()["Buckets"]]
        self.assertEqual(["late"], buckets)


class EveryExample(unittest.TestCase):
    def test_is_checked(self):
        checked = sorted(name.removeprefix("test_") for name in dir(Examples) if name.startswith("test_"))
        self.assertEqual(EXAMPLES, checked)

    def test_is_in_the_readme_in_one_line(self):
        readme = (ROOT / "README.md").read_text()
        for name in EXAMPLES:
            self.assertRegex(readme, rf"(?m)^.*\(spec/examples/{name}\.lua\).*$")

    def test_says_first_what_it_shows_and_is_short(self):
        for name in EXAMPLES:
            self.assertRegex(source(name), r"\A-- [A-Z].*[.:]")
            self.assertLess(len(source(name).splitlines()), 40, name)


if __name__ == "__main__":
    tap.main()
