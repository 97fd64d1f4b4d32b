"""The real bundle where there is nothing else: the C library's files, read-only, an unprivileged user, 128 MB."""

import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import tap
from local_aws import LocalAws
from local_lambda import EMULATOR, LocalLambda
from project import ROOT, build, bundle_of

sys.path.insert(0, str(ROOT / "functions/auto-start-stop/spec"))
import scenario  # noqa: E402

NAME = "auto-start-stop"
BUNDLE = bundle_of(NAME)
TASK = "/var/task"
LIMIT = 128 * 2**20  # bytes of address space
NOBODY = 65534
IS_ROOT = os.geteuid() == 0

# Who is not root becomes so in a namespace of users, where there is no other user to change to.
JAIL = """
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
exec prlimit --as={limit} /usr/sbin/chroot {user} "$1" "$2"
""".format(limit=LIMIT, user=f"--userspec={NOBODY}:{NOBODY}" if IS_ROOT else "")


def libraries(program):
    """The files that the dynamic linker maps for a program, itself among them, and libm, which is loaded later."""
    listed = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    files = re.findall(r"(?:=> |^\s+)(/\S+) \(", listed, re.MULTILINE)
    libc = next(file for file in files if "/libc.so" in file)
    return [*files, libc.replace("/libc.so", "/libm.so")]


class BareLambda(LocalLambda):
    """A function whose process sees its bundle, and of the system the C library alone."""

    def command(self, program):
        root = self.folder.parent / "root"
        for library in libraries(program):
            target = Path(f"{root}{library}")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, target)
        (root / "var").mkdir()
        shutil.copytree(self.folder, f"{root}{TASK}")
        root.chmod(0o755)
        as_root = [] if IS_ROOT else ["--map-root-user"]
        return ["unshare", "--mount", *as_root, "sh", "-euc", JAIL, "sh", root, f"{TASK}/bootstrap"]

    def files(self):
        root = self.folder.parent / "root"
        return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


class ABareRoot(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        build(NAME)
        cls.aws = cls.enterClassContext(LocalAws())
        cls.aws.forget()
        cls.fleet = scenario.create(cls.aws)
        cls.aws.refuse(scenario.Refusals(cls.fleet))
        environment = {**cls.aws.environment(), "TARGETS": scenario.TARGETS, "LAMBDA_TASK_ROOT": TASK}
        cls.function = cls.enterClassContext(BareLambda(BUNDLE, environment))
        cls.served = scenario.Served(cls.aws, cls.function)
        cls.process = Path("/proc", str(cls.function.process.pid))

    def test_is_all_that_the_function_needs(self):
        self.assertIsNone(self.served.error, self.function.log())
        for instance_id, expected in self.fleet.items():
            with self.subTest(expected.name):
                self.assertEqual([], self.served.differences(instance_id, expected))

    def test_holds_the_c_library_and_nothing_else(self):
        allowed = re.compile(r"(lib(64)?|usr/lib)/(.*/)?(ld-linux-[^/]*|lib(c|m|dl|pthread))\.so\.\d+|var/task/.*")
        self.assertEqual([], [file for file in sorted(self.function.files()) if not allowed.fullmatch(file)])

    def test_takes_a_bundle_of_less_than_1900_kilobytes(self):
        self.assertLess(BUNDLE.stat().st_size, 1_900_000)

    def test_is_read_only(self):
        mounts = [line.split() for line in (self.process / "mountinfo").read_text().splitlines()]
        root = next(mount for mount in mounts if mount[4] == "/")
        self.assertIn("ro", root[5].split(","))

    def test_belongs_to_a_user_who_may_do_nothing(self):
        status = (self.process / "status").read_text()
        if IS_ROOT:
            self.assertRegex(status, rf"Uid:\s+{NOBODY}\s+{NOBODY}\s+{NOBODY}\s+{NOBODY}\n")
            self.assertRegex(status, r"CapEff:\s+0+\n")
        else:
            self.assertNotRegex(status, r"Uid:\s+0\s")

    def test_has_128_megabytes_of_address_space(self):
        limits = (self.process / "limits").read_text()
        self.assertRegex(limits, rf"Max address space\s+{LIMIT}\s+{LIMIT}\s")


if __name__ == "__main__":
    tap.main(missing="a root of files for the emulator" if EMULATOR else None)
