"""scripts/build-lambda: what it bundles, and what it says to bad input."""

import os
import shutil
import subprocess
import unittest
import zipfile

import tap
from local_lambda import EMULATOR
from project import BOOTSTRAP, Checkout

REQUIREMENTS = 'return { aws = { ec2 = { "DescribeInstances" } } }'
HANDLER = """
local aws = require "aws"
return function() return aws.client("ec2"):describe_instances{} end
"""
GOOD = {"requirements.lua": REQUIREMENTS, "handler.lua": HANDLER}


class Case(unittest.TestCase):
    def checkout(self, files=None):
        return self.enterContext(Checkout({"sample": {**GOOD, **(files or {})}}))


class ABundle(Case):
    def test_holds_the_program_the_sources_and_the_models(self):
        checkout = self.checkout({"lib/part.lua": "return 1", "spec/a_spec.lua": "", "README.md": "", "main.tf": ""})
        built = checkout.build("sample")
        self.assertEqual((0, ""), (built.returncode, built.stderr))
        with zipfile.ZipFile(checkout.bundle("sample")) as archive:
            names = set(archive.namelist())
            self.assertIsNone(archive.testzip())
            self.assertEqual(HANDLER, archive.read("handler.lua").decode())
            modes = {member.filename: member.external_attr >> 16 & 0o777 for member in archive.infolist()}
        self.assertLessEqual({"bootstrap", "handler.lua", "lib/part.lua", "models/ec2.lua"}, names)
        self.assertEqual(set(), names & {"spec/a_spec.lua", "README.md", "main.tf"})
        self.assertEqual(0o755, modes["bootstrap"])
        self.assertEqual({0o644}, {mode for name, mode in modes.items() if name != "bootstrap"})

    def test_has_the_same_bytes_whenever_and_wherever_it_is_built(self):
        bundles = []
        for zone, mask in (("Asia/Tokyo", 0o077), ("America/New_York", 0o022)):
            checkout = self.checkout({"b.lua": "return 2", "a.lua": "return 1"})
            for path in sorted((checkout.root / "functions").rglob("*.lua"), reverse=mask == 0o077):
                os.utime(path, (mask * 10**7, mask * 10**7))
                path.chmod(0o666 & ~mask)
            built = checkout.build("sample", TZ=zone)
            self.assertEqual(0, built.returncode, built.stderr)
            bundles.append(checkout.bundle("sample").read_bytes())
        self.assertEqual(bundles[0], bundles[1])


    def test_takes_the_place_of_the_one_before(self):
        """Of which nothing is left, nor of one that was killed long ago."""
        checkout = self.checkout()
        output = checkout.root / "output"
        killed = output / ".sample.killed"
        killed.mkdir(parents=True)
        os.utime(killed, (0, 0))
        for word in ("one", "other"):
            checkout.write("functions/sample/word.lua", f"return '{word}'")
            with zipfile.ZipFile(checkout.built("sample")) as bundle:
                self.assertEqual(f"return '{word}'", bundle.read("word.lua").decode())
        self.assertEqual(1, len([path for path in output.iterdir() if path.is_dir() and not path.is_symlink()]))

    def test_goes_where_it_is_told(self):
        checkout = self.checkout()
        for words in (["--output", checkout.root / "else where"], [f"--output={checkout.root}/else where"]):
            built = checkout.build("sample", *words)
            self.assertEqual((0, ""), (built.returncode, built.stderr))
            self.assertIn(f"{checkout.root}/else where/sample.zip", built.stdout)
            self.assertEqual(["sample.build.json", "sample.policy.json", "sample.zip"],
                             sorted(path.name for path in (checkout.root / "else where").glob("[!.]*")))
            shutil.rmtree(checkout.root / "else where")
        self.assertFalse(checkout.bundle("sample").exists())


class BadInput(Case):
    def assert_refused(self, checkout, *arguments, says=()):
        """One clear line, status 1, and neither a new zip nor the old one harmed."""
        checkout.write("output/sample.zip", "the bundle of before")
        built = checkout.build(*arguments)
        self.assertEqual(1, built.returncode, built.stderr)
        self.assertEqual("", built.stdout)
        lines = built.stderr.splitlines()
        self.assertEqual(1, len(lines), built.stderr)
        self.assertNotIn("traceback", built.stderr)
        for text in says:
            self.assertIn(text, lines[0])
        self.assertEqual(["sample.zip"], os.listdir(checkout.root / "output"))
        self.assertEqual("the bundle of before", checkout.bundle("sample").read_text())

    def test_an_unknown_name(self):
        self.assert_refused(self.checkout(), "sampel", says=["sampel", "sample"])

    def test_no_name(self):
        self.assert_refused(self.checkout(), says=["name a function"])

    def test_a_name_that_leaves_the_folder(self):
        for name in ("../sample", "/etc", ".", "", "sample/../sample"):
            self.assert_refused(self.checkout(), name)

    def test_an_unknown_option(self):
        self.assert_refused(self.checkout(), "sample", "--fast", says=["--fast"])

    def test_an_unknown_architecture(self):
        self.assert_refused(self.checkout(), "sample", "--arch", "sparc", says=["sparc", "x86_64", "arm64"])

    def test_an_output_without_a_name(self):
        self.assert_refused(self.checkout(), "sample", "--output", says=["--output"])

    def test_missing_requirements(self):
        checkout = self.checkout()
        (checkout.root / "functions/sample/requirements.lua").unlink()
        self.assert_refused(checkout, "sample", says=["functions/sample/requirements.lua", "missing"])

    def test_a_missing_handler(self):
        checkout = self.checkout()
        (checkout.root / "functions/sample/handler.lua").unlink()
        self.assert_refused(checkout, "sample", says=["handler.lua"])

    def test_a_syntax_error(self):
        checkout = self.checkout({"handler.lua": "return function()\n  if true\nend"})
        self.assert_refused(checkout, "sample", says=["functions/sample/handler.lua:3"])

    def test_a_syntax_error_in_requirements(self):
        checkout = self.checkout({"requirements.lua": "return {\n  aws = \n"})
        self.assert_refused(checkout, "sample", says=["functions/sample/requirements.lua:"])

    def test_requirements_that_are_no_table(self):
        self.assert_refused(self.checkout({"requirements.lua": "return 5"}), "sample", says=["requirements.lua"])

    def test_requirements_that_do_something(self):
        checkout = self.checkout({"requirements.lua": "os.exit(0)"})
        self.assert_refused(checkout, "sample", says=["requirements.lua"])

    def test_an_unknown_service(self):
        checkout = self.checkout({"requirements.lua": 'return { aws = { ec3 = { "DescribeInstances" } } }'})
        self.assert_refused(checkout, "sample", says=["ec3"])

    def test_an_unknown_operation(self):
        checkout = self.checkout({"requirements.lua": 'return { aws = { ec2 = { "DescribeInstance" } } }'})
        self.assert_refused(checkout, "sample", says=["DescribeInstance", "DescribeInstances"])

    def test_an_operation_that_is_not_declared(self):
        source = HANDLER.replace("describe_instances", "stop_instances")
        checkout = self.checkout({"handler.lua": source})
        self.assert_refused(checkout, "sample", says=["functions/sample/handler.lua:3", "StopInstances"])

    def test_a_disk_that_is_full_or_a_build_that_is_killed(self):
        """A build that ends half-way leaves the zip of before."""
        checkout = self.checkout()
        checkout.write("output/sample.zip", "the bundle of before")
        checkout.program("tools/zip", "exit 15")
        built = checkout.build("sample", PATH=f"{checkout.root}/tools:{os.environ['PATH']}")
        self.assertEqual(1, built.returncode)
        self.assertEqual("the bundle of before", checkout.bundle("sample").read_text())


class AnUndeclaredOperation(Case):
    def test_that_is_called_all_the_same_names_the_line_to_add(self):
        dynamic = 'local aws = require "aws"\nreturn aws.client("ec2")[arg[1]](aws.client("ec2"), {})'
        checkout = self.checkout({"dynamic.lua": dynamic})
        self.assertEqual(0, checkout.build("sample").returncode)
        with zipfile.ZipFile(checkout.bundle("sample")) as archive:
            archive.extractall(checkout.root / "task")
        shutil.copy(BOOTSTRAP, checkout.root / "task" / "bootstrap")
        task = checkout.root / "task"
        ran = subprocess.run(
            [*EMULATOR, task / "bootstrap", "run", task / "dynamic.lua", "stop_instances"],
            env={"LAMBDA_TASK_ROOT": str(task), "AWS_REGION": "us-east-1"},
            capture_output=True,
            text=True,
        )
        self.assertEqual(1, ran.returncode)
        self.assertIn("StopInstances", ran.stderr)
        self.assertIn("requirements.lua", ran.stderr)


if __name__ == "__main__":
    tap.main()
