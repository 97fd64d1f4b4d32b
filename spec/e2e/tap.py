"""Runs the tests of a file, and reports them as TAP."""

import sys
import unittest


class _Result(unittest.TestResult):
    def __init__(self, *_):
        super().__init__()
        self.count = 0

    def _say(self, verdict, test, details="", directive=""):
        self.count += 1
        name = test.id().replace("__main__.", "").replace("_", " ")
        print(f"{verdict} {self.count} - {name}{directive}")
        for line in details.splitlines():
            print(f"# {line}")
        sys.stdout.flush()

    def addSuccess(self, test):
        self._say("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._say("not ok", test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._say("not ok", test, self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self._say("not ok", subtest, (self.failures + self.errors)[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._say("ok", test, directive=f" # SKIP {reason}")


class _Runner:
    def run(self, suite):
        result = _Result()
        suite.run(result)
        print(f"1..{result.count}")
        return result


def main(missing=None):
    """`missing` tells what these tests need and this machine has not: then none of them runs."""
    if missing:
        print(f"1..0 # SKIP {missing}")
    else:
        unittest.main(testRunner=_Runner)
