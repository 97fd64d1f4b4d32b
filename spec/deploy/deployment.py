"""A checkout that is deployed to the local AWS: its scripts, and Terraform with a provider that is here already."""

import functools
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from project import ROOT, Checkout

# Of the processor whose program is tested, on which what is deployed runs then.
ARCH = os.environ.get("LUALAMBDA_ARCH", platform.machine())

PROVIDER = "*/hashicorp/aws/*terraform-provider-aws*"
NO_SOURCES = shutil.ignore_patterns(".terraform*", "backend_override.tf", "account.tf")


@functools.cache
def provider_mirror():
    """The folder that Terraform can take its AWS provider from; None where there is none. Nothing is downloaded."""
    pseudo = ["(", "-path", "/proc", "-o", "-path", "/sys", ")", "-prune"]
    search = ["find", "/", *pseudo, "-o", "-path", PROVIDER, "!", "-type", "d", "-print", "-quit"]
    found = subprocess.run(search, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()
    if not found:
        return None
    return str(Path(found.split("/hashicorp/aws/")[0]).parent)


def missing(*programs, provider=False):
    """Why these tests cannot run here; None when they can."""
    for program in programs:
        if not shutil.which(program):
            return f"{program} is not installed"
    if provider and not provider_mirror():
        return f"no file / has is Terraform's AWS provider ({PROVIDER}), and the tests download nothing"
    return None


class Deployment(Checkout):
    """A checkout with the project's Terraform and some of its functions, and a home of its own."""

    def __init__(self, *functions):
        super().__init__({})
        self._home = tempfile.TemporaryDirectory(prefix="lualambda-home-")
        shutil.copytree(ROOT / "terraform", self.root / "terraform", ignore=NO_SOURCES)
        for name in functions:
            shutil.copytree(ROOT / "functions" / name, self.root / "functions" / name, ignore=NO_SOURCES)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": self._home.name,
            "AWS_EC2_METADATA_DISABLED": "true",
            "LUALAMBDA_ARCH": ARCH,
        }

    def __exit__(self, *_):
        super().__exit__()
        self._home.cleanup()

    def run(self, *command, folder=".", **environment):
        """Runs a command of the checkout to its end, its output and its errors in one."""
        return subprocess.run(
            command,
            cwd=self.root / folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def must(self, *command, **options):
        """Runs a command that must succeed; its output."""
        process = self.run(*command, **options)
        assert process.returncode == 0, f"{command} ended with status {process.returncode}:\n{process.stdout}"
        return process.stdout

    def use_provider_mirror(self):
        """Lets Terraform take its provider from this machine, and ask for nothing."""
        settings = Path(self._home.name, "terraform.rc")
        settings.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{provider_mirror()}"\n  }}\n}}\n')
        self.environment |= {
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_CLI_ARGS": "-no-color",
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
        }
