#!/usr/bin/env python3
"""The tools, killed at any point: what they write is then the old or the new, never half of one.

A tool runs again and again, each time killed with all that it started one change of the disk later, until it comes
to its end. A change is a new name, or a file that is opened to be written and is empty then: kill.c.
"""

import json
import os
import signal
import subprocess
import tempfile
import unittest
from contextlib import suppress
from itertools import count
from pathlib import Path

import tap
from answers import OPERATIONS, READY_ACCOUNT
from misbehave import Server
from project import ROOT, Checkout, preload

OLD, NEW = "return function() return 'old' end", "return function() return 'new' end"
REQUIREMENTS = 'return { aws = { ec2 = { "%s" } } }'
BUILT = ("sample.zip", "sample.policy.json", "sample.build.json")
OPERATION = {OLD: "DescribeInstances", NEW: "StopInstances"}

INSTANCES = """{"Reservations": [{"Instances": [{
    "InstanceId": "i-1", "InstanceType": "t3.micro", "State": {"Name": "running"},
    "Tags": [{"Key": "start-stop:schedule", "Value": "daily 08:00-18:00 UTC"}]}]}]}"""


# build-lambda, as far as scripts/dist sees it.
FILES_OF_A_BUILD = """
for word; do case $word in x86_64 | arm64) arch=$word ;; output/*) output=$word ;; esac; done
mkdir -p "$output"
for file in sample.zip sample.policy.json "runtime-$arch.layer.zip"; do cp bundle "$output/$file"; done
"""


class Tool:
    """A command of a checkout that is killed when it has changed the checkout so many times: see kill.c."""

    def __init__(self, checkout, *command, **environment):
        self.name, self._command, self._checkout = Path(command[0]).name, command, checkout
        self._count = Path(checkout.scratch, "count")
        self._environment = {
            "PATH": os.environ["PATH"], "HOME": str(checkout.root), "AWS_EC2_METADATA_DISABLED": "true",
            "LD_PRELOAD": preload(checkout.scratch, "spec/faults/kill.c"), "KILL_BELOW": str(checkout.root),
            "KILL_COUNT": str(self._count), **environment,
        }

    def run(self, kill_at=0):
        """Whether it was killed."""
        self._count.write_bytes(b"")
        process = subprocess.Popen(
            self._command, cwd=self._checkout.root, env={**self._environment, "KILL_AT": str(kill_at)},
            start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True)
        _, errors = process.communicate()
        killed = process.returncode == -signal.SIGKILL
        assert killed or process.returncode == 0, f"{self.name} ended with {process.returncode}: {errors}"
        self._end_session(process.pid)
        return killed

    @staticmethod
    def _end_session(leader):
        """What it started may be in process groups of their own."""
        listed = subprocess.run(["ps", "-o", "pid=", "-s", str(leader)], capture_output=True, text=True)
        for pid in map(int, listed.stdout.split()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Crashes(unittest.TestCase):
    def setUp(self):
        self.checkout = self.enterContext(Checkout({}))
        self.checkout.scratch = self.enterContext(tempfile.TemporaryDirectory(prefix="lualambda-"))

    def kill_at_each_change(self, tool, prepare, check):
        """`prepare` sets the scene for each run; `check` looks at what a killed one left, and tells `old` or `new`."""
        prepare()
        tool.run()  # which makes the project's own programs, where they are not up to date
        left = []
        for number in count(1):
            prepare()
            killed = tool.run(number)
            left.append(check())
            if not killed:
                break
        print(f"# {tool.name}, killed at {len(left) - 1} changes: {left.count('old')} old, {left.count('new')} new")
        self.assertGreater(len(left), 2)
        self.assertEqual(("old", "new"), (left[0], left[-1]))
        self.assertEqual(sorted(left, reverse=True), left, "what was new became old again")

    def test_build_lambda(self):
        tool = Tool(self.checkout, "scripts/build-lambda", "sample", "--quiet")
        output = self.checkout.root / "output"

        def built(handler):
            self.checkout.write("functions/sample/handler.lua", handler)
            self.checkout.write("functions/sample/requirements.lua", REQUIREMENTS % OPERATION[handler])
            tool.run()
            return {name: (output / name).read_bytes() for name in BUILT}

        versions = {"new": built(NEW), "old": built(OLD)}
        for name, data in versions["old"].items():
            self.assertNotEqual(data, versions["new"][name])
        before = self.checkout.root / "before"
        subprocess.run(["cp", "-a", output, before], check=True)

        def prepare():
            subprocess.run(["rm", "-rf", output], check=True)
            subprocess.run(["cp", "-a", before, output], check=True)
            self.checkout.write("functions/sample/handler.lua", NEW)
            self.checkout.write("functions/sample/requirements.lua", REQUIREMENTS % OPERATION[NEW])

        def check():
            found = {name: (output / name).read_bytes() for name in versions["old"]}
            whose = [version for version, files in versions.items() if files == found]
            self.assertEqual(1, len(whose), "the files are of neither build")
            return whose[0]

        self.kill_at_each_change(tool, prepare, check)

    def test_the_first_build(self):
        """There is no old one: then the files are all there, or none is."""
        self.checkout.write("functions/sample/handler.lua", NEW)
        self.checkout.write("functions/sample/requirements.lua", REQUIREMENTS % OPERATION[NEW])
        output = self.checkout.root / "output"

        def check():
            found = [name for name in BUILT if (output / name).exists()]
            self.assertIn(len(found), (0, len(BUILT)))
            return "new" if found else "old"

        self.kill_at_each_change(Tool(self.checkout, "scripts/build-lambda", "sample", "--quiet"),
                                 lambda: subprocess.run(["rm", "-rf", output], check=True), check)

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

        self.kill_at_each_change(Tool(self.checkout, "scripts/new-lambda", "made"), prepare, check)

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

        self.kill_at_each_change(Tool(self.checkout, "scripts/lib/backends"), prepare, check)

    def test_the_settings_of_an_account(self):
        """AWS's side is made step by step, and a second run goes on where the first stopped: test_account.py."""
        self.checkout.program("bin/aws", READY_ACCOUNT)
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

        self.kill_at_each_change(tool, prepare, check)

    def test_a_plan(self):
        for folder in ("functions", "spec"):
            (self.checkout.root / folder).symlink_to(ROOT / folder)
        self.checkout.write("instances.json", INSTANCES)
        tool = Tool(self.checkout, "scripts/plan-schedule", "--file", "instances.json", "--at", "2026-11-24T08:00Z",
                    "--html", "plan.html", "--svg", "plan.svg")
        files = {self.checkout.root / "plan.html": "</html>\n", self.checkout.root / "plan.svg": "</svg>\n"}

        def prepare():
            for file in files:
                file.write_text("old")

        def check():
            """Each by itself: they are two documents."""
            found = {file: file.read_text() for file in files}
            for file, text in found.items():
                self.assertTrue(text == "old" or text.endswith(files[file]), text)
            return "old" if "old" in found.values() else "new"

        self.kill_at_each_change(tool, prepare, check)

    def test_what_is_handed_on(self):
        """scripts/dist, without what takes long: the builds, the bill of materials, the licences of a package."""
        dist = self.checkout.root / "output/dist"
        for folder in ("scripts", "vendor"):
            (self.checkout.root / folder).unlink()
        (self.checkout.root / "scripts").mkdir()
        (self.checkout.root / "scripts/dist").symlink_to(ROOT / "scripts/dist")
        self.checkout.program("scripts/build-lambda", FILES_OF_A_BUILD)
        self.checkout.program("vendor/sbom", "echo {}")
        self.checkout.program("vendor/fetch", "echo a.deb")
        self.checkout.program("bin/dpkg-deb", """
            mkdir -p usr/share/doc/python3-botocore && touch usr/share/doc/python3-botocore/copyright
            tar -cf - ./usr/share/doc/python3-botocore/copyright""")
        self.checkout.write("LICENSE", "")
        self.checkout.write("functions/sample/requirements.lua", "")
        tool = Tool(self.checkout, "scripts/dist", PATH=f"{self.checkout.root}/bin:{os.environ['PATH']}")

        def prepare():
            self.checkout.write("bundle", "old")
            if not dist.exists() or check() == "new":
                tool.run()
            self.checkout.write("bundle", "new")

        def check():
            summed = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=dist, capture_output=True)
            self.assertEqual(0, summed.returncode, summed.stderr)
            return (dist / "sample-x86_64.zip").read_text()

        self.kill_at_each_change(tool, prepare, check)

    def test_a_recording(self):
        server = self.enterContext(Server())
        place = server.place(OPERATIONS["read"].answer)
        self.checkout.write("functions/sample/requirements.lua", REQUIREMENTS % "DescribeInstances")
        self.checkout.write("functions/sample/handler.lua", """
            local ec2 = require("aws").client "ec2"
            return function() for _ = 1, 50 do assert(ec2:describe_instances {}) end end
        """)
        self.checkout.write("functions/sample/events/scheduled.json", "{}")
        file = self.checkout.root / "record.jsonl"
        tool = Tool(self.checkout, "scripts/invoke-local", "sample", "--record", str(file), "--event", "scheduled",
                    AWS_ENDPOINT_URL=place.url, AWS_REGION="us-east-1", AWS_ACCESS_KEY_ID="A",
                    AWS_SECRET_ACCESS_KEY="S")
        old = '{"old":true}\n'

        def check():
            text = file.read_text()
            if text == old:
                return "old"
            self.assertTrue(text.endswith("\n"))
            lines = [json.loads(line) for line in text.splitlines()]
            self.assertEqual(["DescribeInstances"] * 50, [line["operation"] for line in lines])
            return "new"

        self.kill_at_each_change(tool, lambda: file.write_text(old), check)


if __name__ == "__main__":
    tap.main()
