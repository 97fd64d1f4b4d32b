"""What a function costs a month at a firing every 10 minutes, from the processor time that it is measured to take.

COST.md says how, and what is assumed. The same is done for a program with boto3 that reads the same instances.
"""

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import time

import instances
from workshop import BUILD, ENVIRONMENT, HERE, TLS, has_boto3, https, say, serving, write

FLEETS = (10, 1000, 10000)
PAGE = 1000

FIRINGS = 30.42 * 24 * 6  # a month
MEMORY_GB = 128 / 1024
SHARE = 128 / 1769  # of a processor, at 128 MB: AWS Lambda Developer Guide, "Configure Lambda function memory"
WAIT = 0.3  # seconds for EC2 to answer one page: an assumption
DOLLARS_A_GB_SECOND = 0.0000166667  # x86_64, us-east-1
DOLLARS_A_REQUEST = 0.20 / 1e6
DOLLARS_A_GB_OF_LOG = 0.50


def _processor_time(pid):
    """Seconds on a processor since the process began; the clock's number is that of clock_getcpuclockid(3)."""
    return time.clock_gettime((~pid << 3) | 2)


class _Api:
    """A Runtime API for one program."""

    def __init__(self, command, environment):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(120)
        address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.log = open(BUILD / "cost.log", "wb")
        self.program = subprocess.Popen(
            [str(word) for word in command], stdout=self.log,
            env={**ENVIRONMENT, **environment, "AWS_LAMBDA_RUNTIME_API": address})
        self.connection, _ = self.listener.accept()
        self.connection.settimeout(120)
        self.received = b""

    def request(self):
        """The first line of the program's next request."""
        while b"\r\n\r\n" not in self.received:
            self.take_more()
        head, self.received = self.received.split(b"\r\n\r\n", 1)
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                       if line.lower().startswith(b"content-length:")), 0)
        while len(self.received) < length:
            self.take_more()
        self.received = self.received[length:]
        return head.split(b"\r\n")[0].decode()

    def take_more(self):
        piece = self.connection.recv(1 << 16)
        assert piece, "the program has gone"
        self.received += piece

    def give(self, status, headers=b"", body=b""):
        self.connection.sendall(b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status, headers, len(body), body))

    def until_next(self):
        """Waits for the request for the next event; the processor time until then, in seconds."""
        line = self.request()
        while not line.startswith("GET"):
            assert "/error" not in line, line
            self.give(b"202 Accepted")
            line = self.request()
        return _processor_time(self.program.pid)

    def invoke(self):
        self.give(b"200 OK", b"Content-Type: application/json\r\n"
                  b"Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
                  b"Lambda-Runtime-Deadline-Ms: %d\r\n" % ((time.time() + 900) * 1000),
                  b'{"time":"2026-11-24T10:00:00Z"}')
        return self.until_next()

    def close(self):
        self.program.kill()
        self.program.wait()
        self.connection.close()
        self.listener.close()
        self.log.close()


def _peak_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def _measure_program(command, environment, warm):
    """Seconds of processor time: to the first /next, for the first event, for a later one; the peak; logged bytes."""
    with contextlib.closing(_Api(command, environment)) as api:
        times = [0, api.until_next(), api.invoke()]
        logged = os.path.getsize(api.log.name)
        times += [api.invoke() for _ in range(warm)]
        spent = [after - before for before, after in zip(times, times[1:])]
        return {"init": spent[0], "first": spent[1], "warm": statistics.median(spent[2:]),
                "peak_mb": _peak_kb(api.program.pid) / 1024, "log_bytes": logged}


def _pages(count):
    pages = range(0, count, PAGE)
    return [write(f"cost-{first}.xml", "".join(instances.answer(
        first, min(count, PAGE), str(first + PAGE) if first + PAGE < count else None))) for first in pages]


def _with_dollars(spent, count):
    wait = WAIT * max(1, count / PAGE)
    durations = {"warm": spent["warm"] / SHARE + wait, "cold": spent["init"] + spent["first"] / SHARE + wait}
    dollars = {kind: FIRINGS * (seconds * MEMORY_GB * DOLLARS_A_GB_SECOND + DOLLARS_A_REQUEST)
               for kind, seconds in durations.items()}
    return {"instances": count, **spent, "billed_seconds": durations, "dollars": dollars,
            "log_dollars": FIRINGS * spent["log_bytes"] / 1e9 * DOLLARS_A_GB_OF_LOG}


def _print(name, row):
    seconds, dollars = row["billed_seconds"], row["dollars"]
    print(f"| {name} | {row['instances']:,} | {row['init'] * 1e3:,.1f} | {row['first'] * 1e3:,.0f} | "
          f"{row['warm'] * 1e3:,.0f} | {row['peak_mb']:.0f} | {seconds['warm']:.2f} to {seconds['cold']:.2f} | "
          f"{dollars['warm'] * 100:.1f} to {dollars['cold'] * 100:.1f} | {row['log_dollars'] * 100:.1f} |", flush=True)


def measure():
    programs = {"ours": ([BUILD / "bootstrap"], 3)}
    if has_boto3():
        programs["boto3"] = ([sys.executable, HERE / "boto3_loop.py", "describe"], 1)
    print("\n| program | instances | init, ms | first event, ms | later event, ms | peak, MB | billed, s | "
          "¢ a month | ¢ for logs |\n|---|---|---|---|---|---|---|---|---|")
    rows = []
    for count in FLEETS:
        with serving("tls_server", TLS / "chain.pem", TLS / "server.key", *_pages(count)) as port:
            for name, (command, warm) in programs.items():
                say(f"cost: {name}, {count:,} instances")
                spent = _measure_program(command, {**https(port), "AWS_CA_BUNDLE": ""} if name == "ours" else
                                         {**https(port), "AWS_CA_BUNDLE": str(TLS / "root.pem")}, warm)
                rows.append({"program": name, **_with_dollars(spent, count)})
                _print(name, rows[-1])
    return rows
