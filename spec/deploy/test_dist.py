"""scripts/dist: both processors' bundles and layers, checksums, bill of materials, licences."""

import hashlib
import json
import shutil
import struct
import subprocess
import unittest
import zipfile

import tap
from project import ROOT

DIST = ROOT / "output/dist"
MACHINES = {"x86_64": 62, "arm64": 183}  # e_machine of an ELF file
COMPILERS = ("x86_64-linux-gnu-gcc", "aarch64-linux-gnu-gcc")
FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/requirements.lua"))


def lacking():
    missing = [name for name in COMPILERS if not shutil.which(name)]
    return f"no {missing[0]}; run scripts/install-packages cross" if missing else None


def machine_of(archive):
    with zipfile.ZipFile(archive) as bundle:
        return struct.unpack_from("<H", bundle.read("bootstrap"), 18)[0]


class Dist(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = subprocess.run([ROOT / "scripts/dist"], capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        cls.files = {str(path.relative_to(DIST)) for path in DIST.rglob("*") if path.is_file()}

    def test_has_each_function_for_each_processor(self):
        for arch, machine in MACHINES.items():
            for name in FUNCTIONS:
                self.assertEqual(machine, machine_of(DIST / f"{name}-{arch}.zip"))
            self.assertEqual(machine, machine_of(DIST / f"runtime-{arch}.layer.zip"))

    def test_differs_between_processors_in_nothing_but_the_program(self):
        for name in FUNCTIONS:
            one, other = (zipfile.ZipFile(DIST / f"{name}-{arch}.zip") for arch in MACHINES)
            with one, other:
                self.assertEqual(one.namelist(), other.namelist())
                for member in set(one.namelist()) - {"bootstrap"}:
                    self.assertEqual(one.read(member), other.read(member), member)

    def test_has_the_checksum_of_every_file(self):
        sums = dict(reversed(line.split("  ")) for line in (DIST / "SHA256SUMS").read_text().splitlines())
        self.assertEqual(self.files - {"SHA256SUMS"}, set(sums))
        for file, digest in sums.items():
            self.assertEqual(digest, hashlib.sha256((DIST / file).read_bytes()).hexdigest(), file)

    def test_has_the_licence_of_every_part(self):
        bill = json.loads((DIST / "lualambda.cdx.json").read_text())
        parts = {part["name"] for part in (bill["metadata"]["component"], *bill["components"])}
        self.assertEqual({f"licences/{part}" for part in parts}, {f for f in self.files if f.startswith("licences/")})
        for part in parts:
            self.assertRegex((DIST / "licences" / part).read_text(errors="replace"), r"(?i)licen[sc]e|copyright|public domain")


if __name__ == "__main__":
    tap.main(missing=lacking())
