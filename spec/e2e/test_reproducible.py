"""The same sources give the same zip: another folder, day, umask, locale and time zone change no byte."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import tap
from project import ROOT

NAME = "auto-start-stop"
NOT_SOURCES = {"build", "output", ".git"}  # at the top
OTHER_DAY = 1_700_000_000  # seconds since 1970, of every file; the clock shows a day of 2031


class TwoBuilds(unittest.TestCase):
    """One in this checkout, program and all as it was built; the other from the first source file on in a copy."""

    def build(self, root, *before, **environment):
        command = [*before, root / "scripts/build-lambda", NAME, "--quiet", "--output", root / "output/again"]
        built = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
        self.assertEqual(0, built.returncode, built.stderr)
        zipped = (root / "output/again" / f"{NAME}.zip").read_bytes()
        shutil.rmtree(root / "output/again")
        return zipped

    def copy(self):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="a folder of another name "))
        copy = Path(folder).resolve() / "checkout"
        copy.mkdir()
        for path in ROOT.iterdir():
            if path.is_dir() and path.name not in NOT_SOURCES:
                shutil.copytree(path, copy / path.name, symlinks=True)
            elif path.is_file() and path.name not in NOT_SOURCES:
                shutil.copy(path, copy)
        for path in copy.rglob("*"):
            os.utime(path, (OTHER_DAY, OTHER_DAY))
        return copy

    def test_are_the_same_bytes(self):
        copy = self.copy()
        elsewhere = ["faketime", "2031-02-03 04:05:06", "sh", "-c", 'umask 077; exec "$0" "$@"']
        there = self.build(copy, *elsewhere, LC_ALL="C.UTF-8", LANG="de_DE.UTF-8", TZ="Pacific/Auckland", HOSTNAME="x")
        here = self.build(ROOT, LC_ALL="C", TZ="America/New_York")
        self.assertEqual(len(here), len(there))
        self.assertTrue(here == there, "the zips differ")


if __name__ == "__main__":
    tap.main()
