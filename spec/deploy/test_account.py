"""scripts/aws-init-terraform.sh: an account made ready for Terraform's state, once."""

import json
import unittest

import boto3
import tap
from deployment import Deployment, missing
from local_aws import LocalAws

SCRIPT = "scripts/aws-init-terraform.sh"
BUCKET, TABLE = "123456789012-terraform", "terraform_locks"
REGION = "eu-central-1"


class Case(unittest.TestCase):
    def setUp(self):
        self.aws = self.enterContext(LocalAws())
        self.aws.forget()
        self.checkout = self.enterContext(Deployment())
        self.checkout.environment |= {**self.aws.environment(), "AWS_REGION": REGION}
        self.checkout.write("functions/sample/main.tf", "")

    def client(self, service, **credentials):
        keys = {"aws_access_key_id": "AKIALOCAL", "aws_secret_access_key": "local", **credentials}
        return boto3.client(service, region_name=REGION, endpoint_url=self.aws.endpoint, **keys)

    def init(self, *arguments, **environment):
        """What it says; its last line."""
        said = self.checkout.must(SCRIPT, *arguments, **environment)
        return said, said.splitlines()[-1]


class AnEmptyAccount(Case):
    def test_is_made_ready_and_then_left_alone(self):
        _, last = self.init()
        self.assertIn("9 changes", last)
        self.assert_bucket()
        self.assert_table()
        self.assert_settings()
        _, last = self.init()
        self.assertIn("nothing changed", last)

    def assert_bucket(self):
        s3 = self.client("s3")
        self.assertEqual(REGION, s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"])
        self.assertEqual("Enabled", s3.get_bucket_versioning(Bucket=BUCKET)["Status"])
        rules = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
        self.assertEqual("AES256", rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"])
        blocked = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
        self.assertEqual({True}, set(blocked.values()))
        statement = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"][0]
        self.assertEqual(("Deny", "*"), (statement["Effect"], statement["Principal"]))
        self.assertEqual([f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"], statement["Resource"])
        self.assertEqual({"Bool": {"aws:SecureTransport": "false"}}, statement["Condition"])

    def assert_table(self):
        dynamodb = self.client("dynamodb")
        table = dynamodb.describe_table(TableName=TABLE)["Table"]
        self.assertEqual([{"AttributeName": "LockID", "KeyType": "HASH"}], table["KeySchema"])
        self.assertEqual("PAY_PER_REQUEST", table["BillingModeSummary"]["BillingMode"])
        backups = dynamodb.describe_continuous_backups(TableName=TABLE)["ContinuousBackupsDescription"]
        self.assertEqual("ENABLED", backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"])

    def assert_settings(self):
        settings = (self.checkout.root / "functions/sample/backend_override.tf").read_text()
        for text in (BUCKET, TABLE, REGION, '"sample/terraform.tfstate"'):
            self.assertIn(text, settings)
        self.assertNotIn("use_lockfile", settings)


class AnAccountHalfDone(Case):
    def test_is_finished_where_its_bucket_is(self):
        self.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        keys = {
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        }
        dynamodb = self.client("dynamodb")
        dynamodb.create_table(TableName=TABLE, BillingMode="PAY_PER_REQUEST", **keys)
        refused = self.checkout.run(SCRIPT)
        self.assertEqual(1, refused.returncode)
        self.assertIn("its key is id, not LockID", refused.stdout.splitlines()[-1])

        dynamodb.delete_table(TableName=TABLE)
        said, last = self.init("--lockfile", AWS_REGION="us-west-2")
        self.assertIn(f"the bucket {BUCKET} is in {REGION}", said)
        self.assertIn(f"ready in {REGION}; 4 changes", last)
        self.assertIn("use_lockfile", (self.checkout.root / "terraform/account.tf").read_text())


class BadInput(Case):
    def assert_refused(self, *arguments, says=(), **environment):
        """Status 1, and one line that says what to do."""
        process = self.checkout.run(SCRIPT, *arguments, **environment)
        self.assertEqual(1, process.returncode, process.stdout)
        lines = process.stdout.splitlines()
        self.assertEqual(1, len(lines), process.stdout)
        for text in says:
            self.assertIn(text, lines[0])

    def test_no_credentials(self):
        none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        self.assert_refused(says=["no valid credentials", "aws configure", "AWS_PROFILE"], **none)

    def test_no_region(self):
        self.assert_refused(says=["no region", "export AWS_REGION"], AWS_REGION="")

    def test_what_is_no_region(self):
        self.assert_refused(says=["'Frankfurt' is no region", "export AWS_REGION"], AWS_REGION="Frankfurt")

    def test_a_region_that_nobody_answers_for(self):
        nowhere = {"AWS_REGION": "eu-nowhere-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
        self.assert_refused(says=["'eu-nowhere-1'", "127.0.0.1:1", "export AWS_REGION"], **nowhere)

    def test_a_bucket_of_another_account(self):
        role = self.client("sts").assume_role(RoleArn="arn:aws:iam::111122223333:role/other", RoleSessionName="other")
        other = self.client(
            "s3",
            aws_access_key_id=role["Credentials"]["AccessKeyId"],
            aws_secret_access_key=role["Credentials"]["SecretAccessKey"],
            aws_session_token=role["Credentials"]["SessionToken"],
        )
        other.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.assert_refused(says=[BUCKET, "belongs to another account"])

    def test_an_unknown_argument(self):
        self.assert_refused("--fast", says=["--fast", "--help"])


if __name__ == "__main__":
    tap.main(missing("aws"))
