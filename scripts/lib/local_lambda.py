"""A function run from its bundle, as Lambda runs it: nothing in its environment but Lambda's.

    with LocalLambda("output/auto-start-stop.zip", aws.environment()) as function:
        invocation = function.invoke({"time": "2026-11-24T10:00:00Z"})
"""

import json
import os
import re
import shlex
import subprocess
import time
import zipfile
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from runtime_api import RuntimeApi


# What runs a program of another processor, where the bundle is for one.
EMULATOR = shlex.split(os.environ.get("EMULATOR", ""))
# What is run in place of the bundle's program, where that is to be one built to find faults.
PROGRAM = os.environ.get("PROGRAM")


class Ended(Exception):
    """The function's process ended, or did not answer in time."""


def unzip(bundle, folder):
    """Unpacks with the files' permissions, which Python's own zipfile leaves out."""
    with zipfile.ZipFile(bundle) as archive:
        for member in archive.infolist():
            path = archive.extract(member, folder)
            Path(path).chmod(member.external_attr >> 16 & 0o777)


class LocalLambda:
    def __init__(self, bundle, environment, handler="handler", layer=None, descriptors=()):
        """
        `bundle` and `layer` are zips; `environment` holds what is set for the function itself; its process
        inherits the `descriptors`.
        """
        self.name = Path(bundle).stem
        self._bundle = bundle
        self._layer = layer
        self._descriptors = descriptors
        self._environment = {"_HANDLER": handler, **environment}
        self._cleanup = ExitStack()

    def __enter__(self):
        with ExitStack() as stack:
            scratch = stack.enter_context(TemporaryDirectory(prefix="lualambda-"))
            self.folder = Path(scratch, "task")
            self.log_file = Path(scratch, "log")
            self.api = stack.enter_context(RuntimeApi(self.name))
            unzip(self._bundle, self.folder)
            runtime = self.folder
            if self._layer:
                runtime = Path(scratch, "opt")
                unzip(self._layer, runtime)
            self.process = self._start(PROGRAM or runtime / "bootstrap")
            stack.callback(self.process.wait)
            stack.callback(self.process.kill)
            self._cleanup = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._cleanup.close()

    def _start(self, program):
        with self.log_file.open("wb") as log:
            return subprocess.Popen(
                self.command(program),
                cwd=self.folder,
                env=self._lambda_environment() | self._environment,
                stdin=subprocess.DEVNULL,
                pass_fds=self._descriptors,
                stdout=log,
                stderr=log,
            )

    def command(self, program):
        """What is run, the program being the bundle's or the layer's."""
        return [*EMULATOR, program]

    def _lambda_environment(self):
        return {
            "AWS_LAMBDA_RUNTIME_API": self.api.address,
            "LAMBDA_TASK_ROOT": str(self.folder),
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",  # as in Lambda, where no instance's metadata are
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "TZ": ":UTC",
        }

    def _wait(self, event, seconds):
        end = time.monotonic() + seconds
        while not event.wait(0.05):
            if self.process.poll() is not None and not event.is_set():
                raise Ended(f"{self.name} ended with status {self.process.returncode}:\n{self.log()}")
            if time.monotonic() > end:
                raise Ended(f"{self.name} did not answer within {seconds} seconds:\n{self.log()}")

    def invoke(self, event, headers=None, timeout=60):
        """Serves an event and waits for what comes of it; `timeout` is the function's, in seconds."""
        invocation = self.api.offer(event, headers, timeout)
        self._wait(invocation.done, timeout + 10)
        return invocation

    def initialize(self):
        """Waits until the function is loaded; the Failure it reported instead, if it did."""
        self._wait(self.api.initialized, 30)
        return self.api.init_error

    def peak(self):
        """The most memory that its process has ever had, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

    def log(self):
        return self.log_file.read_text(errors="replace")

    def log_lines(self):
        """The log's JSON lines, as tables."""
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
