"""vendor/audit, against a small mirror and a small tracker's data."""

import io
import json
import lzma
import os
import subprocess
import tarfile
import threading
import unittest
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import tap
from project import ROOT

LOCK = """\
part   2.0  sid     pool/main/p/part/part_2.0.orig.tar.gz  00
part   1.0  trixie  pool/main/p/part/part_1.0.orig.tar.gz  00
"""
CHANGELOG = """\
part (3.0-1) unstable; urgency=medium

  * Fixes CVE-2026-0003.

part (1.5-2) unstable; urgency=medium

  * Fixes CVE-2026-0002.

part (1.0-4) unstable; urgency=medium

  * Fixes CVE-2026-0001.
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def archive(text):
    """Debian's part of a source package, as it is served."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:xz") as tar:
        member = tarfile.TarInfo("debian/changelog")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text.encode()))
    return data.getvalue()


def resolved(version):
    return {"releases": {"sid": {"status": "resolved", "fixed_version": version}}, "description": "what it is"}


class Audit(unittest.TestCase):
    def setUp(self):
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.write("lock", LOCK)
        self.took("1.0")

    def write(self, path, content):
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())

    def took(self, version):
        self.write("built/share/sources", f"part part_{version}.orig.tar.gz\n")

    def package(self, version, changelog=None):
        name = f"part_{version}.debian.tar.xz"
        entry = f"Package: part\nVersion: {version}\nDirectory: pool/main/p/part\nFiles:\n 00 1 {name}\n"
        self.write("mirror/dists/sid/main/source/Sources.xz", lzma.compress(entry.encode()))
        if changelog:
            self.write(f"mirror/pool/main/p/part/{name}", archive(changelog))

    def audit(self, *arguments):
        """(exit status, what is printed)"""
        (self.folder / "mirror").mkdir(exist_ok=True)
        handler = partial(Quiet, directory=self.folder / "mirror")
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            done = subprocess.run(
                [ROOT / "vendor/audit", "--built", self.folder / "built", *arguments],
                env=os.environ | {
                    "LUALAMBDA_LOCK": str(self.folder / "lock"),
                    "LUALAMBDA_CACHE": str(self.folder / "cache"),
                    "LUALAMBDA_MIRROR": f"http://127.0.0.1:{server.server_port}",
                },
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
            )
            server.shutdown()
        return done.returncode, done.stdout

    def test_names_what_newer_packages_fix_and_nothing_older(self):
        self.package("3.0-1", CHANGELOG)
        status, text = self.audit()
        self.assertEqual(status, 1)
        self.assertIn("2 known", text)
        self.assertIn("CVE-2026-0003", text)
        self.assertIn("CVE-2026-0002", text)
        self.assertNotIn("CVE-2026-0001", text)
        self.assertIn("vendor/update", text)

    def test_looks_at_the_version_that_the_build_took(self):
        self.package("3.0-1", CHANGELOG)
        self.took("2.0")
        _, text = self.audit()
        self.assertIn("1 known", text)
        self.assertNotIn("CVE-2026-0002", text)

    def test_says_so_where_nothing_is_known(self):
        self.package("1.0-4", CHANGELOG[CHANGELOG.index("part (1.0"):])
        status, text = self.audit()
        self.assertEqual((status, "nothing known" in text), (0, True), text)

    def test_does_not_take_an_old_changelog_for_an_answer(self):
        self.package("3.0-1")
        status, text = self.audit()
        self.assertEqual(status, 2)
        self.assertIn("cannot tell", text)
        self.assertIn("the mirror serves no changelog of 3.0-1", text)

    def test_reads_the_security_tracker(self):
        self.write("cache/security-tracker.json", json.dumps({"part": {
            "CVE-2026-1000": {"releases": {"sid": {"status": "open"}}, "description": "still open"},
            "CVE-2026-1001": resolved("1:1.2-1"),
            "CVE-2026-1002": resolved("1.0-3"),
            "CVE-2026-1003": resolved("0"),
        }}))
        status, text = self.audit()
        self.assertEqual(status, 1)
        self.assertIn("2 known", text)
        self.assertIn("CVE-2026-1000  still open", text)
        self.assertIn("CVE-2026-1001  what it is", text)

    def test_refuses_a_tracker_that_is_none(self):
        self.write("tracker", "<html>")
        status, text = self.audit("--tracker", self.folder / "tracker")
        self.assertEqual(status, 3)
        self.assertIn("is not the tracker's JSON", text)

    def test_wants_something_built(self):
        (self.folder / "built/share/sources").unlink()
        status, text = self.audit()
        self.assertEqual((status, "run make vendor" in text), (3, True), text)


if __name__ == "__main__":
    tap.main()
