"""A fleet that is split over invocations by a queue of a local AWS: the bundle at work."""

import json
import time
import unittest

import scenario
import tap
from local_aws import LocalAws
from local_lambda import LocalLambda
from project import build, bundle_of

NAME = "auto-start-stop"
BUNDLE = bundle_of(NAME)
HOME, ABROAD = "us-east-1", "eu-west-1"
CLOSED = "arn:aws:iam::333333333333:role/start-stop"


def setUpModule():
    build(NAME)


def delivered(messages):
    """Messages as Lambda hands them to a function. Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS"."""
    return {
        "Records": [
            {
                "messageId": each["MessageId"],
                "receiptHandle": each["ReceiptHandle"],
                "body": each["Body"],
                "attributes": each["Attributes"],
                "messageAttributes": {},
                "md5OfBody": each["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{HOME}:123456789012:shards",
                "awsRegion": HOME,
            }
            for each in messages
        ]
    }


class AFleetInShards(unittest.TestCase):
    """Two regions of an own account, and of one whose role nobody may assume once the shards are planned."""

    @classmethod
    def setUpClass(cls):
        cls.aws = cls.enterClassContext(LocalAws())
        cls.aws.forget()
        cls.ids = {region: cls.instance(region) for region in (HOME, ABROAD)}
        cls.sqs = cls.aws.client("sqs")
        cls.queue = cls.sqs.create_queue(QueueName="shards")["QueueUrl"]
        environment = cls.aws.environment() | {
            "QUEUE_URL": cls.queue,
            "REGIONS": f"{HOME},{ABROAD}",
            "ROLES": f"own,{CLOSED}",
        }
        event = scenario.EVENT | {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        cls.time = event["time"]
        with LocalLambda(BUNDLE, environment) as function:
            cls.planned = function.invoke(event)
            cls.states_when_planned = {region: cls.state(region) for region in cls.ids}
            cls.messages = cls.received()
            cls.aws.refuse(lambda call: call.action == "AssumeRole" and ("AccessDenied", "not authorized"))
        with LocalLambda(BUNDLE, environment) as function:
            cls.worked = function.invoke(delivered(cls.messages))
            cls.log = function.log_lines()

    @classmethod
    def instance(cls, region):
        (instance_id,) = scenario.run_instances(cls.aws.client("ec2", region), {"schedule": "never"})
        return instance_id

    @classmethod
    def state(cls, region):
        found = cls.aws.client("ec2", region).describe_instances(InstanceIds=[cls.ids[region]])
        return found["Reservations"][0]["Instances"][0]["State"]["Name"]

    @classmethod
    def received(cls):
        """What is on the queue, until it is empty."""
        messages = []
        while True:
            answer = cls.sqs.receive_message(QueueUrl=cls.queue, MaxNumberOfMessages=10, AttributeNames=["All"])
            if not answer.get("Messages"):
                return messages
            messages += answer["Messages"]

    def shards(self):
        return [json.loads(each["Body"]) for each in self.messages]

    def test_is_planned_by_one_message_a_place(self):
        self.assertIsNone(self.planned.error)
        self.assertEqual({"queued": 4, "error": 0, "started": 0, "stopped": 0}, self.planned.result["counts"])
        self.assertEqual({self.time}, {shard["time"] for shard in self.shards()})
        self.assertCountEqual(
            [(HOME, None), (ABROAD, None), (HOME, CLOSED), (ABROAD, CLOSED)],
            [(shard["region"], shard.get("role")) for shard in self.shards()],
        )

    def test_is_left_alone_by_the_planner(self):
        self.assertEqual({HOME: "running", ABROAD: "running"}, self.states_when_planned)

    def test_is_served_by_the_worker(self):
        self.assertIsNone(self.worked.error)
        self.assertEqual({HOME: "stopped", ABROAD: "stopped"}, {region: self.state(region) for region in self.ids})

    def test_has_the_shards_that_failed_tried_again_and_no_others(self):
        failed = {each["itemIdentifier"] for each in self.worked.result["batchItemFailures"]}
        closed = [each["MessageId"] for each in self.messages if "role" in json.loads(each["Body"])]
        self.assertEqual(2, len(closed))
        self.assertEqual(set(closed), failed)

    def test_is_told_of_shard_by_shard(self):
        told = [line for line in self.log if "_aws" in line and "Kind" not in line]
        self.assertEqual([(0, 1), (0, 1), (1, 0), (1, 0)], sorted((each["Errors"], each["Stopped"]) for each in told))


if __name__ == "__main__":
    tap.main()
