"""vendor/sbom: its form, and that it lists what is in the program, no less and no more."""

import json
import os
import re
import subprocess
import unittest

import tap
from project import ROOT

BUILD = ROOT / os.environ.get("BUILD", "build")
VENDOR = ROOT / ("build/vendor" if BUILD.name == "build" else f"build/vendor-{BUILD.name}")

# What the linker was given → the component that it is of.
COMPONENTS = {
    "libluajit.a": "luajit",
    "libcjson.a": "lua-cjson",
    "libcurl.a": "curl",
    "libssl.a": "openssl",
    "libcrypto.a": "openssl",
    "libexpat.a": "expat",
    "libgcc.a": "gcc",
    "crtbeginS.o": "gcc",
    "crtendS.o": "gcc",
    "roots.o": "ca-certificates",
}


def make():
    return subprocess.run([ROOT / "vendor/sbom", VENDOR], stdout=subprocess.PIPE, text=True, check=True).stdout


def linked():
    """The components whose files ended up in the program, as the linker's map has it."""
    memory = (BUILD / "bootstrap.map").read_text().split("\nLinker script and memory map\n")[1]
    for line in re.findall(r"\n \.[^\n ]+[ \n]+0x0*[1-9a-f][0-9a-f]* +0x[0-9a-f]+ ([^\n]+)", memory):
        file = re.sub(r"\(.*\)$", "", line).rsplit("/", 1)[-1]
        if file in COMPONENTS:
            yield COMPONENTS[file]
        elif "/obj/" not in line and not re.fullmatch(r"S?crt[1in]\.o|libc_nonshared\.a|linker stubs", file):
            yield f"something unknown: {file}"


class Bill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = make()
        cls.bill = json.loads(cls.text)
        cls.components = {part["name"]: part for part in cls.bill["components"]}

    def test_has_the_form_of_cyclonedx(self):
        self.assertEqual(("CycloneDX", "1.5", 1), tuple(self.bill[k] for k in ("bomFormat", "specVersion", "version")))
        self.assertRegex(self.bill["serialNumber"], r"^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertLessEqual(
            set(self.bill), {"bomFormat", "specVersion", "serialNumber", "version", "metadata", "components", "dependencies"}
        )
        for part in (self.bill["metadata"]["component"], *self.bill["components"]):
            with self.subTest(part["name"]):
                self.assertIn(part["type"], ("application", "library"))
                self.assertRegex(part["purl"], r"^pkg:[a-z]+/[a-z0-9-]+@[A-Za-z0-9.%+-]+$")
                self.assertTrue(part["version"])
                for licence in part["licenses"]:
                    self.assertEqual(1, len({"license", "expression"} & set(licence)))
                for digest in part.get("hashes", ()):
                    self.assertEqual("SHA-256", digest["alg"])
                    self.assertRegex(digest["content"], r"^[0-9a-f]{64}$")

    def test_refers_only_to_what_it_lists(self):
        listed = [part["bom-ref"] for part in self.bill["components"]]
        self.assertEqual(len(listed), len(set(listed)))
        (program,) = self.bill["dependencies"]
        self.assertEqual(self.bill["metadata"]["component"]["bom-ref"], program["ref"])
        self.assertEqual(listed, program["dependsOn"])

    def test_lists_exactly_what_is_linked(self):
        of_program = {"name": "lualambda:part-of", "value": "program"}
        named = {name for name, part in self.components.items() if of_program in part["properties"]}
        self.assertEqual(set(linked()), named)

    def test_has_the_versions_of_the_headers(self):
        for name, header, pattern in (
            ("openssl", "openssl/opensslv.h", r'OPENSSL_VERSION_STR "(.*)"'),
            ("curl", "curl/curlver.h", r'LIBCURL_VERSION "(.*)"'),
        ):
            text = (VENDOR / "include" / header).read_text()
            self.assertEqual(re.search(pattern, text)[1], self.components[name]["version"])

    def test_has_the_checksums_of_the_lock(self):
        lock = (ROOT / "vendor/lock").read_text()
        for part in self.bill["components"]:
            for digest in part.get("hashes", ()):
                self.assertRegex(lock, rf"(?m)^{part['name']} +{re.escape(part['version'])} .* {digest['content']}$")

    def test_has_a_licence_text_for_each_part(self):
        texts = {path.name for path in (VENDOR / "share/licences").iterdir()}
        self.assertEqual(set(self.components) - {"gcc", "python-botocore"}, texts)

    def test_is_the_same_every_time(self):
        self.assertEqual(self.text, make())


if __name__ == "__main__":
    tap.main()
