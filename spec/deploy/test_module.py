"""The Terraform code by itself: its form, and the module with a provider that asks nobody."""

import unittest

import tap
from deployment import Deployment, missing
from project import ROOT

MODULES = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("terraform/modules/*"))
FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/main.tf"))


class TheCode(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.checkout = cls.enterClassContext(Deployment(*FUNCTIONS))
        cls.checkout.use_provider_mirror()

    def test_is_formatted(self):
        self.assertEqual("", self.checkout.must("terraform", "fmt", "-check", "-diff", "-recursive"))

    def test_of_the_modules_does_what_its_own_tests_say(self):
        for module in MODULES:
            self.checkout.must("terraform", "init", "-backend=false", "-input=false", folder=module)
            said = self.checkout.must("terraform", "test", folder=module)
            self.assertIn(" 0 failed", said)

    def test_of_the_functions_is_valid(self):
        for name in FUNCTIONS:
            folder = f"functions/{name}"
            self.checkout.must("terraform", "init", "-backend=false", "-input=false", folder=folder)
            self.checkout.must("terraform", "validate", folder=folder)


if __name__ == "__main__":
    tap.main(missing("terraform", provider=True))
