"""Several regions and accounts of a local AWS: the bundle at work."""

import unittest

import boto3
import scenario
import tap
from local_aws import CREDENTIALS, LocalAws
from local_lambda import LocalLambda
from project import build, bundle_of

NAME = "auto-start-stop"
BUNDLE = bundle_of(NAME)
HOME, ABROAD = "us-east-1", "eu-west-1"
OWN, OTHER, CLOSED = "123456789012", "222222222222", "333333333333"


def role(account):
    return f"arn:aws:iam::{account}:role/start-stop"


def setUpModule():
    build(NAME)


class World:
    """A local AWS with an instance in each of some places that is to be stopped."""

    def __init__(self, test, places):
        self.aws = test.enterClassContext(LocalAws())
        self.aws.forget()
        self.assumed = {}
        self.ids = {place: self.instance(*place) for place in places}
        self.aws.calls.clear()

    def ec2(self, region, account):
        """boto3's client, in another account by a role there."""
        keys = {"aws_access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": "local"}
        if account != OWN:
            if account not in self.assumed:
                answer = self.aws.client("sts").assume_role(RoleArn=role(account), RoleSessionName="test")
                self.assumed[account] = answer["Credentials"]
            keys = {
                "aws_access_key_id": self.assumed[account]["AccessKeyId"],
                "aws_secret_access_key": self.assumed[account]["SecretAccessKey"],
                "aws_session_token": self.assumed[account]["SessionToken"],
            }
        return boto3.client("ec2", region_name=region, endpoint_url=self.aws.endpoint, **keys)

    def instance(self, region, account):
        (instance_id,) = scenario.run_instances(self.ec2(region, account), {"stop": "0 10 * * *"})
        return instance_id

    def state(self, place):
        found = self.ec2(*place).describe_instances(InstanceIds=[self.ids[place]])
        return found["Reservations"][0]["Instances"][0]["State"]["Name"]

    def close(self, account):
        """Refuses whoever would assume the account's role."""
        self.aws.refuse(
            lambda call: call.action == "AssumeRole"
            and call.parameters["RoleArn"] == role(account)
            and ("AccessDenied", f"not authorized to perform: sts:AssumeRole on {role(account)}")
        )

    def environment(self, **more):
        return {**self.aws.environment(), **more}


def rows_of(invocation):
    return {row["id"]: row for row in invocation.result["resources"]}


class TwoRegionsAndTwoAccounts(unittest.TestCase):
    """And a third account, which refuses."""

    @classmethod
    def setUpClass(cls):
        cls.places = [(region, account) for region in (HOME, ABROAD) for account in (OWN, OTHER)]
        cls.world = World(cls, cls.places)
        cls.world.close(CLOSED)
        environment = cls.world.environment(
            REGIONS=f"{HOME},{ABROAD}", ROLES=f"{role(CLOSED)},{role(OTHER)},own", ROLE_EXTERNAL_ID="of-the-test"
        )
        with LocalLambda(BUNDLE, environment) as function:
            cls.served = function.invoke(scenario.EVENT)
            cls.calls = list(cls.world.aws.calls)
            cls.world.aws.calls.clear()
            cls.again = function.invoke(scenario.EVENT)
            cls.later_calls = list(cls.world.aws.calls)
            cls.log = function.log_lines()

    def test_are_served_each(self):
        self.assertIsNone(self.served.error)
        rows = rows_of(self.served)
        for place, instance_id in self.world.ids.items():
            with self.subTest(place):
                self.assertEqual("stopped", rows[instance_id]["action"])
                self.assertEqual("stopped", self.world.state(place))
                self.assertEqual(place, (rows[instance_id]["region"], rows[instance_id]["account"]))

    def test_leave_the_account_that_refuses_as_an_error_of_its_own(self):
        row = rows_of(self.served)[CLOSED]
        self.assertEqual(("account", "error", CLOSED), (row["kind"], row["action"], row["account"]))
        self.assertIn("cannot be served: ", row["reason"])
        self.assertIn("AccessDenied", row["reason"])
        self.assertEqual(5, len(self.served.result["resources"]))
        metric = next(line for line in self.log if "_aws" in line)
        self.assertEqual((1, 4), (metric["Errors"], metric["Stopped"]))

    def test_take_one_role_an_account_by_its_external_id(self):
        assumed = [call.parameters for call in self.calls if call.action == "AssumeRole"]
        self.assertEqual({role(OTHER), role(CLOSED)}, {each["RoleArn"] for each in assumed})
        self.assertEqual(2, len(assumed))
        for each in assumed:
            self.assertEqual(("of-the-test", NAME), (each["ExternalId"], each["RoleSessionName"]))

    def test_keep_the_credentials_for_the_next_invocation(self):
        assumed = [call.parameters["RoleArn"] for call in self.later_calls if call.action == "AssumeRole"]
        self.assertEqual([role(CLOSED)], assumed)
        self.assertEqual({"none", "error"}, {row["action"] for row in self.again.result["resources"]})


class AllRegionsOfAnOrganization(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(cls, [])
        organizations = cls.world.aws.client("organizations")
        organizations.create_organization(FeatureSet="ALL")
        cls.member = organizations.create_account(Email="ops@example.com", AccountName="ops")
        cls.member = cls.member["CreateAccountStatus"]["AccountId"]
        places = [("sa-east-1", OWN), ("ap-south-1", cls.member)]
        cls.world.ids = {place: cls.world.instance(*place) for place in places}
        cls.world.aws.calls.clear()
        environment = cls.world.environment(REGIONS="all", ROLES="organization/start-stop")
        with LocalLambda(BUNDLE, environment) as function:
            cls.served = function.invoke(scenario.EVENT)

    def test_are_served(self):
        self.assertIsNone(self.served.error)
        rows = rows_of(self.served)
        for place, instance_id in self.world.ids.items():
            with self.subTest(place):
                self.assertEqual("stopped", rows[instance_id]["action"])
                self.assertEqual(place, (rows[instance_id]["region"], rows[instance_id]["account"]))

    def test_are_looked_up_in_each_account(self):
        actions = [call.action for call in self.world.aws.calls]
        self.assertEqual(2, actions.count("DescribeRegions"))
        assumed = [call.parameters["RoleArn"] for call in self.world.aws.calls if call.action == "AssumeRole"]
        self.assertEqual([role(self.member)], assumed)


class WhereEveryAccountRefuses(unittest.TestCase):
    def test_the_function_fails(self):
        world = World(type(self), [])
        world.close(CLOSED)
        with LocalLambda(BUNDLE, world.environment(ROLES=role(CLOSED))) as function:
            served = function.invoke(scenario.EVENT)
        self.assertEqual("AccessDenied", served.error.report["errorType"])


if __name__ == "__main__":
    tap.main()
