"""scripts/test-function: the tests of one function, and of no other."""

import shutil
import subprocess
import unittest

import tap
from project import ROOT, Checkout

PASSES = 'describe("it", function() it("passes", function() end) end)\n'
FAILS = 'describe("it", function() it("fails", function() error "of purpose" end) end)\n'
CALLS = """
local aws = require("spec_helper").aws
local handler = require "handler"

describe("handler", function()
  it("asks who it is", function()
    aws.stub { { service = "sts", operation = "GetCallerIdentity", output = { Account = "123456789012" } } }
    assert.equal("123456789012", handler())
  end)
end)
"""
HANDLER = 'return function() return require("aws").client("sts"):get_caller_identity().Account end\n'

FUNCTIONS = {
    "reporter": {
        "handler.lua": HANDLER,
        "spec/handler_spec.lua": CALLS,
        "spec/more_spec.lua": PASSES,
        "spec/test_more.py": 'print("1..1\\nok 1")\n',
    },
    "failing": {"spec/handler_spec.lua": FAILS, "spec/empty_spec.lua": "return 1\n"},
    "stray": {"spec/handler_spec.lua": PASSES, "lost_spec.lua": PASSES},
    "untested": {"handler.lua": HANDLER},
}


class Case(unittest.TestCase):
    def setUp(self):
        self.checkout = self.enterContext(Checkout(FUNCTIONS))
        spec = self.checkout.root / "spec"
        spec.mkdir()
        shutil.copy(ROOT / "spec/run", spec)
        for name in ("spec_helper.lua", "aws"):
            (spec / name).symlink_to(ROOT / "spec" / name)

    def run_script(self, *arguments):
        return subprocess.run(
            [self.checkout.root / "scripts/test-function", *arguments], capture_output=True, text=True
        )


class Tests(Case):
    def test_of_one_function_are_run_with_the_helper_of_all(self):
        process = self.run_script("reporter")
        self.assertEqual(0, process.returncode, process.stdout + process.stderr)
        self.assertEqual("3 passed, 0 failed", process.stdout.splitlines()[-1])
        for name in ("handler_spec.lua", "more_spec.lua", "test_more.py"):
            self.assertIn(f"functions/reporter/spec/{name}", process.stdout)
        self.assertNotIn("failing", process.stdout)

    def test_whose_path_holds_a_pattern(self):
        process = self.run_script("reporter", "more")
        self.assertEqual("2 passed, 0 failed", process.stdout.splitlines()[-1])
        self.assertEqual(0, process.returncode)

    def test_that_fail_or_are_none_fail_the_run(self):
        process = self.run_script("failing")
        self.assertEqual("0 passed, 2 failed", process.stdout.splitlines()[-1], process.stdout)
        self.assertIn("of purpose", process.stdout)
        self.assertIn("no test ran", process.stdout)
        self.assertEqual(1, process.returncode)

    def test_that_nobody_runs_fail_the_run(self):
        process = self.run_script("stray")
        self.assertEqual("1 passed, 1 failed", process.stdout.splitlines()[-1])
        self.assertIn("holds tests, but no suite runs it", process.stdout)
        self.assertEqual(1, process.returncode)


class BadInput(Case):
    def assert_refused(self, *arguments, says, status=1):
        process = self.run_script(*arguments)
        self.assertEqual((status, ""), (process.returncode, process.stdout))
        self.assertIn(says, process.stderr)

    def test_a_name_that_no_function_has(self):
        self.assert_refused("reportr", says='there is no function "reportr"; did you mean "reporter"?')
        self.assert_refused("zebra", says='"zebra"; there are: failing reporter stray untested')

    def test_a_pattern_that_no_path_holds(self):
        self.assert_refused("reporter", "zebra", says='no test of reporter has "zebra" in its path')

    def test_a_function_without_tests(self):
        self.assert_refused("untested", says="write functions/untested/spec/handler_spec.lua")

    def test_no_name(self):
        self.assert_refused(says="Usage:", status=2)
        self.assert_refused("--fast", says="Usage:", status=2)
        self.assertIn("Usage:", self.run_script("--help").stdout)


if __name__ == "__main__":
    tap.main()
