"""The AWS CLI invokes a function that scripts/invoke-local serves."""

import base64
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import tap
from deployment import missing
from local_loop import PATIENCE, Checkout, LocalLoop

HANDLER = """
return function(event)
  if event.fail then error("no luck") end
  print("hello")
  return { n = event.n }
end
"""


class TheCli(unittest.TestCase):
    def setUp(self):
        checkout = self.enterContext(Checkout({"served": {"handler.lua": HANDLER}}))
        self.loop = self.enterContext(LocalLoop(checkout, "served"))
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def invoke(self, event, *arguments):
        """What the CLI prints, and what it writes."""
        file, payload = Path(self.folder, "out.json"), Path(self.folder, "event.json")
        payload.write_text(json.dumps(event))
        command = ["aws", "lambda", "invoke", "--endpoint-url", self.loop.url, "--function-name", "served",
                   "--payload", f"fileb://{payload}", *arguments, file]
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "HOME": self.folder,
                       "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(0, done.returncode, done.stderr)
        return json.loads(done.stdout), file.read_text()

    def test_gets_the_result_and_the_log(self):
        said, result = self.invoke({"n": 3}, "--log-type", "Tail")
        self.assertEqual({"n": 3}, json.loads(result))
        self.assertEqual((200, "$LATEST"), (said["StatusCode"], said["ExecutedVersion"]))
        self.assertIn(b'"message":"hello"', base64.b64decode(said["LogResult"]))

    def test_gets_the_error(self):
        said, result = self.invoke({"fail": True})
        self.assertEqual("Unhandled", said["FunctionError"])
        self.assertIn("no luck", json.loads(result)["errorMessage"])

    def test_sends_events_and_dry_runs(self):
        self.assertEqual(202, self.invoke({"n": 1}, "--invocation-type", "Event")[0]["StatusCode"])
        self.loop.wait_for("REPORT")
        self.assertEqual(204, self.invoke({"n": 1}, "--invocation-type", "DryRun")[0]["StatusCode"])


if __name__ == "__main__":
    tap.main(missing("aws"))
