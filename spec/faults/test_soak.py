#!/usr/bin/env python3
"""A function that serves for long: its memory, descriptors and sockets stay what they were.

SOAK_INVOCATIONS (20000) and SOAK_CALLS (2000) say how long; `make soak` takes a million and 100,000. Of the calls one
in ten meets a fault, and of the invocations one in a hundred raises an error.
"""

import itertools
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import tap
from answers import OPERATIONS, refusal
from local_lambda import unzip
from misbehave import http
from project import Checkout

INVOCATIONS = int(os.environ.get("SOAK_INVOCATIONS", 20_000))
CALLS = int(os.environ.get("SOAK_CALLS", 2_000))
SAMPLES = 100
WARM = 20  # samples: the collector, the pages of the heap and the compiled traces find their size in them

# What may be more at the end than when it was warm. The garbage collector lets the heap double between two of its
# rounds, which is some hundred kilobytes here; a leak of 10 bytes an invocation is 8 MB in a million.
MEMORY = 2 * 1024 * 1024
# A fault closes a connection, and its successor may be counted beside it.
DESCRIPTORS = 2

FUNCTION = {
    "requirements.lua": 'return { aws = { ec2 = { "DescribeInstances" } } }',
    "handler.lua": """
        local aws = require "aws"
        -- A second attempt comes at once.
        local ec2 = aws.client("ec2", { random = function() return 0 end, timeout = 30 })
        return function(event)
          if event.raise then error("as the event asks") end
          if not event.call then return { number = event.number } end
          local output, err = ec2:describe_instances {}
          return output and { reservations = #output.Reservations } or { code = err.code }
        end
    """,
}
GOOD = OPERATIONS["read"].answer(None)
BUSY = http(refusal("read", "RequestLimitExceeded"), "503 Slow Down")


@dataclass
class Sample:
    memory: int  # bytes, resident
    descriptors: int
    sockets: int


def look(pid):
    memory = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    targets = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            targets.append(os.readlink(link))
    return Sample(memory, len(targets), sum(target.startswith("socket:") for target in targets))


def read_message(connection, buffer):
    """(head, body, what has arrived of the next); None at the end."""
    while b"\r\n\r\n" not in buffer:
        data = connection.recv(65536)
        if not data:
            return None
        buffer += data
    head, rest = buffer.split(b"\r\n\r\n", 1)
    mark = head.lower().find(b"content-length:")
    length = int(head[mark + 15:].split(b"\r\n", 1)[0]) if mark >= 0 else 0
    while len(rest) < length:
        rest += connection.recv(65536)
    return head, rest[:length], rest[length:]


class Aws:
    """Answers DescribeInstances; one request in ten meets a fault, each kind in its turn."""

    def __init__(self):
        self.requests = self.faults = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self._kinds = itertools.cycle((self._reset, self._cut, self._busy, self._garbage))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        left = b""
        with connection, suppress(OSError):
            while message := read_message(connection, left):
                left = message[2]
                self.requests += 1
                if self.requests % 10:
                    connection.sendall(GOOD)
                else:
                    self.faults += 1
                    if not next(self._kinds)(connection):
                        return

    @staticmethod
    def _reset(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    @staticmethod
    def _cut(connection):
        connection.sendall(GOOD[:-20])

    @staticmethod
    def _busy(connection):
        connection.sendall(BUSY)
        return True

    @staticmethod
    def _garbage(connection):
        connection.sendall(b"\0\1\2 nothing that is HTTP\r\n\r\n")


class RuntimeApi:
    """The Runtime API for many invocations, one after the other: as quick as can be."""

    def __init__(self, events):
        self._events = events
        self.results = {"response": 0, "error": 0}
        self.codes = {}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self, after_each):
        """Until there are no more events; `after_each` is told how many have been."""
        connection, _ = self.listener.accept()
        connection.settimeout(60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        count, left = 0, b""
        with connection:
            while message := read_message(connection, left):
                head, body, left = message
                if head.startswith(b"GET"):
                    event = next(self._events, None)
                    if event is None:
                        return
                    deadline = int((time.time() + 60) * 1000)
                    connection.sendall(
                        b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: %d\r\nLambda-Runtime-Deadline-Ms: %d\r\n"
                        b"Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:1:function:soak\r\n"
                        b"Content-Length: %d\r\n\r\n%s" % (count, deadline, len(event), event))
                else:
                    self._note(head, body)
                    connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
                    count += 1
                    after_each(count)

    def _note(self, head, body):
        self.results["response" if b"/response " in head.split(b"\r\n")[0] else "error"] += 1
        if b'"reservations"' in body or b'"code"' in body:
            answer = json.loads(body)
            code = answer.get("code", "none")
            self.codes[code] = self.codes.get(code, 0) + 1


def events():
    every = max(1, INVOCATIONS // CALLS)
    for number in range(1, INVOCATIONS + 1):
        yield json.dumps({"number": number, "call": number % every == 0, "raise": number % 100 == 1}).encode()


class Soak(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        checkout = cls.enterClassContext(Checkout({"soak": FUNCTION}))
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="lualambda-")))
        unzip(checkout.built("soak"), folder)
        cls.aws, cls.api, cls.samples = Aws(), RuntimeApi(events()), []
        began = time.monotonic()
        process = cls.start(folder)
        try:
            cls.api.serve(lambda count: cls.sample(process, count))
        finally:
            process.kill()
            process.wait()
        cls.tell(time.monotonic() - began)

    @classmethod
    def start(cls, folder):
        environment = {
            "AWS_LAMBDA_RUNTIME_API": cls.api.address, "LAMBDA_TASK_ROOT": str(folder), "_HANDLER": "handler",
            "AWS_REGION": "us-east-1", "AWS_LAMBDA_FUNCTION_NAME": "soak", "AWS_ENDPOINT_URL": cls.aws.url,
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
        }
        return subprocess.Popen([folder / "bootstrap"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @classmethod
    def sample(cls, process, count):
        if count % max(1, INVOCATIONS // SAMPLES) == 0:
            cls.samples.append(look(process.pid))
            if count % (INVOCATIONS // 10) == 0:
                print(f"soak: {count} of {INVOCATIONS} invocations", file=sys.stderr)

    @classmethod
    def tell(cls, seconds):
        warm, end = cls.samples[WARM], cls.samples[-1]
        print(f"# {INVOCATIONS} invocations and {cls.aws.requests} requests to AWS, {cls.aws.faults} of them with a fault, "
              f"in {seconds:.0f} s")
        print(f"# {warm.memory // 1024} kB resident when warm, {end.memory // 1024} kB at the end; {warm.descriptors} and "
              f"{end.descriptors} descriptors, {warm.sockets} and {end.sockets} of them sockets")

    def most(self, what):
        """The most when it was warm, and over the last samples: both over as many."""
        values = [getattr(sample, what) for sample in self.samples]
        return max(values[WARM:2 * WARM]), max(values[-WARM:])

    def test_every_invocation_has_its_answer(self):
        raised = len(range(1, INVOCATIONS + 1, 100))
        self.assertEqual({"response": INVOCATIONS - raised, "error": raised}, self.api.results)

    def test_the_calls_were_made_and_met_faults(self):
        self.assertGreaterEqual(self.aws.requests, CALLS * 0.9)
        self.assertGreater(self.aws.faults, CALLS // 20)
        self.assertGreater(self.api.codes["none"], CALLS * 0.8)

    def test_memory_is_flat(self):
        warm, end = self.most("memory")
        self.assertLess(end - warm, MEMORY)

    def test_descriptors_and_sockets_are_flat(self):
        for what in ("descriptors", "sockets"):
            warm, end = self.most(what)
            self.assertLessEqual(end - warm, DESCRIPTORS)


if __name__ == "__main__":
    tap.main()
