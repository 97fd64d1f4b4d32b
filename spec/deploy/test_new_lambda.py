"""scripts/new-lambda: what it makes works at once. That it plans, too, is in test_deploy.py and needs Terraform."""

import unittest

import tap
from deployment import ARCH, Deployment
from local_aws import LocalAws
from local_lambda import LocalLambda
from project import ROOT

NAME = "day-counter"
ARCHITECTURE = "arm64" if ARCH == "aarch64" else "x86_64"


class Case(unittest.TestCase):
    def setUp(self):
        self.checkout = self.enterContext(Deployment())


class ANewFunction(Case):
    def test_passes_its_spec_builds_and_runs(self):
        self.checkout.must("scripts/new-lambda", NAME)
        spec = f"functions/{NAME}/spec/handler_spec.lua"
        self.checkout.must("build/bootstrap", "run", "/usr/bin/busted", f"--lpath={ROOT}/spec/?.lua", spec)
        self.checkout.must("scripts/build-lambda", NAME)
        self.assert_counts(self.checkout.bundle(NAME))

    def test_runs_on_the_shared_layer(self):
        self.checkout.must("scripts/new-lambda", NAME)
        self.checkout.must("scripts/build-lambda", NAME, "--layer", "--arch", ARCHITECTURE)
        layer = self.checkout.root / "output" / f"runtime-{ARCHITECTURE}.layer.zip"
        self.assertLess(self.checkout.bundle(NAME).stat().st_size, 100_000)
        self.assert_counts(self.checkout.bundle(NAME), layer=layer)

    def assert_counts(self, bundle, **options):
        """Runs it with two instances to count."""
        aws = self.enterContext(LocalAws())
        aws.forget()
        aws.client("ec2").run_instances(ImageId="ami-12345678", MinCount=2, MaxCount=2)
        function = self.enterContext(LocalLambda(bundle, aws.environment(), **options))
        self.assertEqual({"instances": 2}, function.invoke({}).result)

    def test_has_its_name_wherever_it_belongs(self):
        self.checkout.write("terraform/account.tf", 'key = "NAME/terraform.tfstate"\n')
        self.checkout.must("scripts/new-lambda", NAME)
        folder = self.checkout.root / "functions" / NAME
        self.assertIn(f'"{NAME}"', (folder / "main.tf").read_text())
        self.assertEqual(f'key = "{NAME}/terraform.tfstate"\n', (folder / "backend_override.tf").read_text())
        self.assertFalse([path for path in folder.rglob("*.*") if path.is_file() and "NAME" in path.read_text()])


class BadInput(Case):
    def assert_refused(self, *arguments, says):
        process = self.checkout.run("scripts/new-lambda", *arguments)
        self.assertNotEqual(0, process.returncode)
        self.assertEqual(1, len(process.stdout.splitlines()), process.stdout)
        self.assertIn(says, process.stdout)

    def test_no_name(self):
        self.assert_refused(says="usage")

    def test_what_is_no_name(self):
        for name in ("Upper", "../out", "a b", "1st", "x" * 65, "a/b", ""):
            self.assert_refused(name, says="is no name for a function")

    def test_a_function_that_is_there(self):
        self.checkout.write("functions/sample/handler.lua", "mine")
        self.assert_refused("sample", says="is there already")
        self.assertEqual("mine", (self.checkout.root / "functions/sample/handler.lua").read_text())


if __name__ == "__main__":
    tap.main()
