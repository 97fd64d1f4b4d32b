"""50 regions by accounts with 20,000 instances: the bundle against a local server with a network's latency.

Run by itself with --figures, it prints what one invocation takes.
"""

import sys
import time
import unittest
from collections import Counter

import scenario
import tap
from local_lambda import EMULATOR, LocalLambda
from many_places import ManyPlaces
from project import build, bundle_of

NAME = "auto-start-stop"
BUNDLE = bundle_of(NAME)
REGIONS, ACCOUNTS = 5, 10
INSTANCES = 5000 if EMULATOR else 20000  # an emulated processor would take longer than connections wait
REFUSED = "100000000007"
MEMORY = 256  # MB that the function is given: 20,000 instances of 50 places at once take about 120
TIMEOUT = 600  # seconds; only a machine that is busy with much else comes near


def setUpModule():
    build(NAME)


class Invocation:
    """One of the function over the whole fleet, and what was seen of it."""

    def __init__(self, refused=()):
        memory = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(MEMORY)}
        with (
            ManyPlaces(REGIONS, ACCOUNTS, INSTANCES, refused) as aws,
            LocalLambda(BUNDLE, aws.environment() | memory) as function,
        ):
            function.initialize()
            began = time.monotonic()
            self.served = function.invoke(scenario.EVENT, timeout=TIMEOUT)
            self.seconds = time.monotonic() - began
            self.peak = function.peak()
            self.aws = aws
            self.log = function.log_lines()


class FiftyPlaces(unittest.TestCase):
    """Of ten accounts in five regions, one account refuses; every other instance is to be started, the rest stopped."""

    @classmethod
    def setUpClass(cls):
        cls.seen = Invocation([REFUSED])
        cls.reachable = INSTANCES - INSTANCES // ACCOUNTS
        cls.logged = {line["id"]: line for line in cls.seen.log if line.get("kind") == "ec2"}

    def test_are_served_at_the_same_time(self):
        self.assertIsNone(self.seen.served.error)
        self.assertTrue(self.seen.aws.met(), self.seen.aws.gates)
        self.assertGreaterEqual(self.seen.aws.most, (ACCOUNTS - 1) * REGIONS)

    def test_are_served_whole(self):
        aws = self.seen.aws
        for place, ids in aws.ids.items():
            states = Counter(aws.states[f"i-{n:017x}"] == ("stopped" if n % 2 else "running") for n in ids)
            self.assertEqual({place[0] != REFUSED}, set(states), place)

    def test_have_an_outcome_for_every_instance(self):
        self.assertEqual(self.reachable, len(self.logged))
        self.assertEqual({"started", "stopped"}, {line["action"] for line in self.logged.values()})
        counts = self.seen.served.result["counts"]
        self.assertEqual({"started": self.reachable // 2, "stopped": self.reachable // 2, "error": 1}, counts)

    def test_leave_an_account_that_refuses_as_one_error(self):
        errors = [row for row in self.seen.served.result["resources"] if row["action"] == "error"]
        self.assertEqual([("account", REFUSED)], [(row["kind"], row["id"]) for row in errors])

    def test_are_changed_fifty_at_a_time(self):
        self.assertEqual({50}, set(self.seen.aws.sizes))
        self.assertEqual(self.reachable // 50, sum(self.seen.aws.sizes.values()))
        self.assertEqual(ACCOUNTS, self.seen.aws.calls["AssumeRole"])

    def test_fit_into_the_memory_of_the_function(self):
        self.assertLess(self.seen.peak, MEMORY << 20)

    def test_have_an_answer_that_lambda_takes(self):
        self.assertLess(len(self.seen.served.response), 6 * 1024 * 1024)


def print_figures():
    setUpModule()
    seen = Invocation()
    print(f"{REGIONS * ACCOUNTS} places, {INSTANCES} instances, each of them started or stopped")
    print(f"{seen.seconds:.1f} s, {seen.aws.most} calls at once at most, {seen.peak / 2**20:.0f} MB at most")
    print(", ".join(f"{count} {action}" for action, count in sorted(seen.aws.calls.items())))
    print(seen.served.error and seen.served.error.report or seen.served.result["counts"])
    print(f"answer of {len(seen.served.response or b'') / 1e6:.1f} MB")


if __name__ == "__main__":
    if "--figures" in sys.argv:
        print_figures()
    else:
        tap.main()
