"""scripts/invoke-local at work on functions of a test's own.

    with Checkout({"hello": {"handler.lua": "return function(event) return event end"}}) as checkout:
        with LocalLoop(checkout, "hello") as loop:
            loop.client().invoke(FunctionName="hello", Payload=b"{}")
"""

import os
import signal
import subprocess
import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

import boto3
from botocore.config import Config

import project

PATIENCE = 60  # seconds, on any machine
PROGRAM = project.BOOTSTRAP.with_name("invoke-local")
REQUIREMENTS = 'return { handler = "handler", aws = {} }'


class Checkout(project.Checkout):
    """A checkout whose functions need not declare anything."""

    def __init__(self, functions):
        declared = {name: {"requirements.lua": REQUIREMENTS, **files} for name, files in functions.items()}
        super().__init__(declared)
        (self.root / "terraform").symlink_to(project.ROOT / "terraform")


def run(checkout, *arguments, event=None, script=False, **environment):
    """Runs invoke-local to its end; by its script, which builds it first, or as it is."""
    command = [checkout.root / "scripts" / "invoke-local"] if script else [PROGRAM, checkout.root]
    return subprocess.run(
        [*command, *arguments],
        input=event,
        stdin=None if event is not None else subprocess.DEVNULL,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def until(holds, what, seconds=PATIENCE):
    """Waits for what `holds()` gives, once that is true."""
    end = time.monotonic() + seconds
    while not (value := holds()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what() if callable(what) else what}")
        time.sleep(0.01)
    return value


def children_of(parent):
    """The ids of the processes that a process has started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:  # it has ended
            continue
        if int(fields[1]) == parent:
            found.append(int(status.parent.name))
    return found


class LocalLoop:
    def __init__(self, checkout, name, *arguments, **environment):
        self.checkout = checkout
        self.name = name
        self._log = TemporaryFile()
        self.process = subprocess.Popen(
            [PROGRAM, checkout.root, name, "--port", "0", *arguments],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            start_new_session=True,
        )
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            self.process.wait()
            raise AssertionError("invoke-local did not start:\n" + self.log())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end()
        self.process.stdout.close()
        self._log.close()

    def end(self, how=signal.SIGINT):
        """Ends it as Ctrl-C does; its exit status."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def log(self):
        return os.pread(self._log.fileno(), 1 << 24, 0).decode(errors="replace")

    def wait_for(self, text):
        until(lambda: text in self.log(), lambda: f"{text!r} in the log:\n{self.log()}")

    @cache
    def client(self):
        """boto3's client, which never tries twice."""
        return boto3.client(
            "lambda",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=PATIENCE, max_pool_connections=50),
        )

    def processes(self):
        """The ids of the function's processes."""
        return children_of(self.process.pid)
