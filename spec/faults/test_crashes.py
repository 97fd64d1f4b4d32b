#!/usr/bin/env python3
"""The tools, killed at any point: what they write is then the old or the new, never half of one.

A tool runs to its end once, which tells how long it takes here; then again and again, each time killed with all that it
started a little later, from its first moment to its last.
"""

import json
import os
import signal
import subprocess
import time
import unittest
import zipfile

import tap
from answers import OPERATIONS
from misbehave import Server
from project import ROOT, Checkout

POINTS = 8
OLD, NEW = "return function() return 'old' end", "return function() return 'new' end"
REQUIREMENTS = 'return { aws = { ec2 = { "DescribeInstances" } } }'

# The AWS CLI, as far as aws-init-terraform.sh asks it about an account that is ready.
READY_ACCOUNT = r"""#!/bin/sh
case "$*" in
  *get-caller-identity*) printf '123456789012\tarn:aws:iam::123456789012:root\n' ;;
  *list-buckets*) echo 123456789012-terraform ;;
  *get-bucket-location*) echo eu-central-1 ;;
  *get-bucket-versioning*) echo Enabled ;;
  *get-bucket-encryption*) echo AES256 ;;
  *get-public-access-block*) printf 'True\tTrue\tTrue\tTrue\n' ;;
  *get-bucket-policy*) echo aws:SecureTransport ;;
  *describe-table*) printf 'ACTIVE\tLockID\n' ;;
  *describe-continuous-backups*) echo ENABLED ;;
  *) exit 1 ;;
esac
"""


class Tool:
    """A command of a checkout that can be killed."""

    def __init__(self, checkout, *command, **environment):
        self._checkout, self._command = checkout, command
        self._environment = {"PATH": os.environ["PATH"], "HOME": str(checkout.root), "AWS_EC2_METADATA_DISABLED": "true",
                             **environment}

    def start(self):
        return subprocess.Popen(
            self._command, cwd=self._checkout.root, env=self._environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def run(self):
        """Seconds that it took."""
        began = time.monotonic()
        status = self.start().wait()
        assert status == 0, f"{self._command} ended with {status}"
        return time.monotonic() - began

    def kill_after(self, seconds):
        """Whether it was still running then."""
        process = self.start()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._kill(process)
            return True
        return False

    @staticmethod
    def _kill(process):
        """Ends its session: build-lambda's work is in a process group of its own."""
        listed = subprocess.run(["ps", "-o", "pid=", "-s", str(process.pid)], capture_output=True, text=True)
        for pid in {process.pid, *map(int, listed.stdout.split())}:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.wait()


class Crashes(unittest.TestCase):
    def setUp(self):
        self.checkout = self.enterContext(Checkout({}))

    def kill_at_many_points(self, tool, prepare, check):
        """`prepare` sets the scene for each run; `check` looks at what a killed one left, and tells `old` or `new`."""
        takes = []
        for _ in range(2):  # the first may have something to compile
            prepare()
            takes.append(tool.run())
        takes = min(takes)
        killed, left = 0, []
        for point in range(POINTS):
            prepare()
            killed += tool.kill_after(takes * point / (POINTS - 2))
            left.append(check())
        print(f"# {tool._command[0]}: {killed} of {POINTS} runs killed within {takes:.2f} s; left {left}")
        self.assertGreaterEqual(killed, POINTS // 4)
        self.assertIn("old", left)
        prepare()
        tool.run()
        self.assertEqual("new", check())

    def test_build_lambda(self):
        for file, text in {"requirements.lua": REQUIREMENTS, "handler.lua": OLD}.items():
            self.checkout.write(f"functions/sample/{file}", text)
        tool = Tool(self.checkout, "scripts/build-lambda", "sample", "--quiet")
        tool.run()
        output = self.checkout.root / "output"
        before = {path.name: path.read_bytes() for path in output.iterdir() if path.is_file()}
        self.assertEqual({"sample.zip", "sample.policy.json", "sample.build.json"}, set(before))

        def prepare():
            self.checkout.write("functions/sample/handler.lua", NEW)
            for name, data in before.items():
                (output / name).write_bytes(data)

        def check():
            with zipfile.ZipFile(output / "sample.zip") as bundle:
                self.assertIsNone(bundle.testzip())
                handler = bundle.read("handler.lua").decode()
            json.loads((output / "sample.policy.json").read_bytes())
            json.loads((output / "sample.build.json").read_bytes())
            if (output / "sample.build.json").read_bytes() != before["sample.build.json"]:
                self.assertEqual(NEW, handler)  # the record comes last: it never tells of a bundle that is not there
            return {OLD: "old", NEW: "new"}[handler]

        self.kill_at_many_points(tool, prepare, check)

    def test_new_lambda(self):
        folder = self.checkout.root / "functions" / "made"
        template = ROOT / "scripts/lib/new-lambda"
        wanted = sorted(str(path.relative_to(template)) for path in template.rglob("*") if path.is_file())

        def prepare():
            subprocess.run(["rm", "-rf", folder], check=True)

        def check():
            if not folder.exists():
                return "old"
            files = [path for path in folder.rglob("*") if path.is_file()]
            self.assertEqual(wanted, sorted(str(path.relative_to(folder)) for path in files))
            self.assertFalse([path for path in files if "NAME" in path.read_text()])
            return "new"

        self.kill_at_many_points(Tool(self.checkout, "scripts/new-lambda", "made"), prepare, check)

    def test_the_backends(self):
        old, new = ('terraform {\n' + f'  key = "NAME/{word}"\n' * 200 + "}\n" for word in ("old", "new"))
        names = [f"f{number}" for number in range(12)]
        for name in names:
            self.checkout.write(f"functions/{name}/main.tf", "")
        self.checkout.write("terraform/account.tf", new)

        def prepare():
            for name in names:
                self.checkout.write(f"functions/{name}/backend_override.tf", old.replace("NAME", name))

        def check():
            state = "new"
            for name in names:
                text = (self.checkout.root / f"functions/{name}/backend_override.tf").read_text()
                self.assertIn(text, (old.replace("NAME", name), new.replace("NAME", name)))
                state = "old" if text == old.replace("NAME", name) else state
            return state

        self.kill_at_many_points(Tool(self.checkout, "scripts/lib/backends"), prepare, check)

    def test_the_settings_of_an_account(self):
        """AWS's side is made step by step, and a second run goes on where the first stopped: spec/deploy/test_account.py."""
        self.checkout.write("bin/aws", READY_ACCOUNT)
        (self.checkout.root / "bin/aws").chmod(0o755)
        self.checkout.write("functions/sample/main.tf", "")
        (self.checkout.root / "terraform").mkdir()
        tool = Tool(self.checkout, "scripts/aws-init-terraform.sh", AWS_REGION="eu-central-1",
                    PATH=f"{self.checkout.root}/bin:{os.environ['PATH']}")
        tool.run()
        account = self.checkout.root / "terraform/account.tf"
        own = self.checkout.root / "functions/sample/backend_override.tf"
        new, new_own = account.read_text(), own.read_text()
        old, old_own = (text.replace("123456789012", "999999999999") for text in (new, new_own))

        def prepare():
            account.write_text(old)
            own.write_text(old_own)

        def check():
            self.assertIn(account.read_text(), (old, new))
            self.assertIn(own.read_text(), (old_own, new_own))
            return "new" if own.read_text() == new_own else "old"

        self.kill_at_many_points(tool, prepare, check)

    def test_a_recording(self):
        server = self.enterContext(Server())
        place = server.place(OPERATIONS["read"].answer)
        self.checkout.write("functions/sample/requirements.lua", REQUIREMENTS)
        self.checkout.write("functions/sample/handler.lua", """
            local ec2 = require("aws").client "ec2"
            return function() for _ = 1, 50 do assert(ec2:describe_instances {}) end end
        """)
        self.checkout.write("functions/sample/events/scheduled.json", "{}")
        file = self.checkout.root / "record.jsonl"
        tool = Tool(self.checkout, "scripts/invoke-local", "sample", "--record", str(file), "--event", "scheduled",
                    AWS_ENDPOINT_URL=place.url, AWS_REGION="us-east-1", AWS_ACCESS_KEY_ID="A", AWS_SECRET_ACCESS_KEY="S")
        old = '{"old":true}\n'

        def check():
            text = file.read_text()
            if text == old:
                return "old"
            self.assertTrue(text.endswith("\n"))
            lines = [json.loads(line) for line in text.splitlines()]
            self.assertEqual(["DescribeInstances"] * 50, [line["operation"] for line in lines])
            return "new"

        self.kill_at_many_points(tool, lambda: file.write_text(old), check)


if __name__ == "__main__":
    tap.main()
