"""The rows of the table: what is measured, beside what, and what is to be reached."""

import sys

from workshop import (BUILD, BUNDLE, ECHO, HERE, NODE, ROOT, TLS, build_with_system_curl, has_boto3, has_cpp_runtime,
                      has_javascript, https, in_turn, lines, say, serving, stopwatch)

CALLS, AT_ONCE, LATENCY = 1000, 50, 0.05


class Peers:
    """The commands of the peers that can be had here, by name."""

    def __init__(self):
        self.python = has_boto3()
        self.node = has_javascript()
        self.cpp = has_cpp_runtime()

    def loop(self, *arguments):
        commands = {}
        if self.python:
            commands["boto3"] = [sys.executable, HERE / "boto3_loop.py", *arguments]
        if self.node:
            commands["JavaScript"] = ["/usr/bin/env", "node", NODE / "javascript_loop.mjs", *arguments]
        return commands

    def bare_loop(self):
        """Those that do nothing for an event."""
        return ({"C++": [BUILD / "cpp_loop"]} if self.cpp else {}) | self.loop()

    def decode(self, answer):
        commands = {}
        if self.python:
            commands["boto3"] = [sys.executable, HERE / "boto3_decode.py", answer, 1]
        if self.node:
            commands["JavaScript"] = ["/usr/bin/env", "node", NODE / "javascript_decode.mjs", answer, 3]
        return commands


def start(peers):
    samples = stopwatch("start", 300, {"ours": [BUNDLE / "bootstrap"], "floor": [BUILD / "floor_loop"]})
    samples |= stopwatch("start", 10, peers.bare_loop())
    return "exec → first /next", "bare C loop", "µs", 2.5, samples


def first_call(peers):
    ours, floor = [BUILD / "bootstrap"], [BUILD / "floor_https"]
    with serving("tls_server", TLS / "chain.pem", TLS / "server.key", BUILD / "none.xml") as port:
        samples = stopwatch("first", 25, {"ours": ours, "floor": floor}, **https(port))
        samples |= stopwatch("first", 3, peers.loop("describe"), AWS_CA_BUNDLE=str(TLS / "root.pem"), **https(port))
    return "exec → HTTPS call answered", "libcurl, ours", "µs", None, samples


def first_call_beside_the_machines(peers):
    ours, floor = [BUILD / "bootstrap"], [BUILD / "floor_https_system"]
    if not build_with_system_curl():
        return None
    with serving("tls_server", TLS / "chain.pem", TLS / "server.key", BUILD / "none.xml") as port:
        samples = stopwatch("first", 25, {"ours": ours, "floor": floor}, **https(port))
    return "the same", "libcurl, the machine's", "µs", 0.9, samples


def warm(peers):
    samples = stopwatch("warm", 6, {"ours": [BUNDLE / "bootstrap"], "floor": [BUILD / "floor_loop"]},
                        LAMBDA_TASK_ROOT=str(ECHO))
    samples |= stopwatch("warm", 2, peers.bare_loop())
    return "warm invocation", "bare C loop", "µs", 1.25, samples


def resident(peers):
    programs = {"ours": [BUNDLE / "bootstrap"], **peers.bare_loop()}
    samples = stopwatch("resident", 1, programs, LAMBDA_TASK_ROOT=str(ECHO))
    return "resident after 5000", "6 MB", "kB", 1, samples | {"floor": [(6144, None)]}


def decode(peers):
    answer = BUILD / "instances.xml"
    samples = in_turn(5, {"ours": [BUNDLE / "bootstrap", "run", HERE / "decode.lua", answer, 8],
                          "floor": [BUILD / "expat_floor", answer, 8]})
    samples |= in_turn(1, peers.decode(answer))
    return "1000 instances decoded", "expat alone", "µs", 1.8, samples


def decode_json(peers):
    command = [ROOT / "build/bootstrap", "run", HERE / "decode_json.lua", BUILD / "tasks.json", 8]
    samples = in_turn(5, {"ours": command, "floor": [*command, "bare"]}, LAMBDA_TASK_ROOT="")
    return "1000 ECS tasks decoded", "lua-cjson alone", "µs", 1.5, samples


def sign(peers):
    command = [BUNDLE / "bootstrap", "run", HERE / "sign.lua"]
    lengths = lines(*command, 0)[0].split()
    samples = {"ours": [], "floor": []}
    for _ in range(5):
        samples["ours"] += [(float(line), None) for line in lines(*command, 5)[1:]]
        samples["floor"] += [(float(line), None) for line in lines(BUILD / "sha_floor", *lengths, 5)]
    return "one signature", "OpenSSL's hashing", "ns", 4, samples


def fleet(peers):
    with serving("slow_server", BUILD / "none.xml") as port:
        samples = in_turn(1, {"ours": [BUNDLE / "bootstrap", "run", HERE / "fleet.lua", CALLS, AT_ONCE, 3]},
                          AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}")
    ideal = CALLS / AT_ONCE * LATENCY * 1e6
    return "1000 calls, 50 at once", "50 ms each", "µs", 1.15, samples | {"floor": [(ideal, None)]}


def measure():
    """Yields the rows, each measured when it is asked for."""
    peers = Peers()
    for row in (start, first_call, first_call_beside_the_machines, warm, resident, decode, decode_json, sign, fleet):
        say(row.__name__.replace("_", " "))
        found = row(peers)
        if found:
            yield found
