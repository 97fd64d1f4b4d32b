"""The project under test, seen from a test: its program, and bundles made for the occasion."""

import os
import subprocess
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

from local_lambda import LocalLambda

ROOT = Path(__file__).resolve().parent.parent.parent
BOOTSTRAP = ROOT / os.environ.get("BUILD", "build") / "bootstrap"


def bundle_of(function):
    """Where the bundle of one of the project's functions is."""
    return ROOT / "output" / f"{function}.zip"


def build(function):
    """Bundles one of the project's functions as it is now."""
    subprocess.run([ROOT / "scripts" / "build-lambda", function, "--quiet"], check=True)


def pack(target, files):
    """Zips the program with a function's files, given as name → text; returns the zip's path."""
    with zipfile.ZipFile(target, "w") as archive:
        program = zipfile.ZipInfo("bootstrap")
        program.external_attr = 0o755 << 16
        archive.writestr(program, BOOTSTRAP.read_bytes())
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    return target


def preload(folder, source):
    """Compiles what a program is to load before the C library; returns the library's path, for LD_PRELOAD."""
    library = Path(folder, Path(source).stem + ".so")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-o", library, ROOT / source, "-ldl"], check=True)
    return str(library)


@contextmanager
def function_of(files, environment=None, **options):
    """A function made of files, given as name → text, as Lambda serves it; the options are LocalLambda's."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = pack(Path(folder, "function.zip"), files)
        with LocalLambda(bundle, environment or {}, **options) as function:
            yield function


class Checkout:
    """A checkout with functions of the test's own, in which the project's scripts run."""

    def __init__(self, functions):
        """`functions` holds name → file → text."""
        self._folder = tempfile.TemporaryDirectory(prefix="lualambda-")
        self.root = Path(self._folder.name)
        for name in ("Makefile", "build", "host", "scripts", "vendor"):
            (self.root / name).symlink_to(ROOT / name)
        for function, files in functions.items():
            for name, text in files.items():
                self.write(f"functions/{function}/{name}", text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def program(self, path, text):
        """Writes a shell script that can be run."""
        self.write(path, "#!/bin/sh\n" + text)
        (self.root / path).chmod(0o755)

    def bundle(self, function):
        return self.root / "output" / f"{function}.zip"

    def build(self, *arguments, **environment):
        """Runs build-lambda to its end."""
        return subprocess.run(
            [self.root / "scripts" / "build-lambda", *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
        )

    def built(self, function):
        """The function's bundle, which can be built."""
        process = self.build(function, "--quiet")
        assert process.returncode == 0, process.stderr
        return self.bundle(function)
