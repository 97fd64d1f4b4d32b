#!/usr/bin/env python3
"""The fault matrix: what a call makes of a network, a service or a machine that fails it.

Each case is a real call to a real server on this machine that misbehaves as the case says. It ends in a retry that
succeeds or in an error that names the cause, within its deadline. All cases of a process run side by side.

What was sent may have been done although no answer came, so that each attempt may be a second time. Starts and stops
name a state to reach, and RunInstances has a token that stays the same in all attempts: the second time changes nothing.
For anything else `max_attempts = 1` means that it is sent once.
"""

import json
import os
import ssl
import subprocess
import tempfile
import time
import unittest
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

import sources
import tap
from answers import OPERATIONS, Fleet, form, refusal
from certificates import Certificates
from misbehave import (
    ALWAYS, Server, answer_once, close_at, half_close_at, hang_up, http, never_speak, refuse_by_reset, reset_at, say, stall_at, tell, trickle,
)
from project import BOOTSTRAP, ROOT, preload
from proxy import Proxy

FEWEST = 200
GRACE = 10  # seconds beyond a case's deadline, for a machine that has no time for us
SHORT = 1.5  # seconds, of a request that is stalled
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "very-SECRET", "AWS_EC2_METADATA_DISABLED": "true"}
TRANSPORT = ("ConnectError", "InvalidResponse", "Timeout")


@dataclass
class Case:
    name: str
    kind: str = "read"  # of OPERATIONS
    place: object = None  # see misbehave
    endpoint: str = None  # else the place's
    codes: tuple = ()  # of the error that it ends in; none: it succeeds
    text: str = "127.0.0.1"  # in that error's message
    requests: range = range(1, 4)  # how many arrive
    attempts: int = 3
    timeout: float = 20
    deadline: float = 40
    environment: dict = field(default_factory=lambda: dict(KEYS))
    more: dict = field(default_factory=dict)
    result: dict = None

    def as_json(self, number):
        operation = OPERATIONS[self.kind]
        return {
            "id": number, "service": operation.service, "operation": operation.name, "params": operation.params,
            "endpoint": self.endpoint or self.place.url, "environment": self.environment, "attempts": self.attempts,
            "timeout": self.timeout, "deadline": self.deadline, **self.more,
        }


def page(request):
    """One of three, with a reservation each."""
    number = int(form(request).get("NextToken", 1))
    more = f"<nextToken>{number + 1}</nextToken>" if number < 3 else ""
    return http(f"<DescribeInstancesResponse><reservationSet><item><reservationId>r-{number}</reservationId></item>"
                f"</reservationSet>{more}</DescribeInstancesResponse>".encode())


class Matrix:
    """The cases, by family; built before they run, so that a server knows them."""

    def __init__(self, server, certificates, folder):
        self.server = server
        self.certificates = certificates
        self.folder = folder
        self.families = {}

    def add(self, family, name, kind="read", fault=None, times=1, answer=None, place=None, **fields):
        place = place or self.server.place(answer or OPERATIONS[kind].answer, fault, times)
        case = Case(f"{family}: {name}", kind, place, **fields)
        self.families.setdefault(family, []).append(case)
        return case

    def both(self, family, name, kind, fault, codes=TRANSPORT, **fields):
        """A fault that passes, and the same that stays."""
        self.add(family, f"{name}, once", kind, fault, 1, requests=range(2, 3), **fields)
        self.add(family, f"{name}, always", kind, fault, ALWAYS, requests=range(2, 3), codes=codes, attempts=2, **fields)

    # ---- the connection breaks ----

    def broken_connections(self):
        for kind in ("read", "json"):
            size = len(OPERATIONS[kind].answer(None))
            for at in range(size):
                self.add("reset", f"{kind}, at byte {at}", kind, reset_at(at), requests=range(2, 4))
                self.add("close", f"{kind}, at byte {at}", kind, close_at(at), requests=range(2, 4))
        for kind, operation in OPERATIONS.items():
            answer = operation.answer(None)
            head = answer.index(b"\r\n\r\n") + 4
            for at in (0, 5, head - 2, head, (head + len(answer)) // 2, len(answer) - 1):
                self.both("break", f"{kind}, reset at {at}", kind, reset_at(at))
                self.both("break", f"{kind}, half closed at {at}", kind, half_close_at(at))

    def stalls(self):
        for kind, operation in OPERATIONS.items():
            answer = operation.answer(None)
            head = answer.index(b"\r\n\r\n") + 4
            for at in (0, head // 2, head, len(answer) - 1):
                self.both("stall", f"{kind}, at {at}", kind, stall_at(at), ("Timeout",), timeout=SHORT)
        self.add("stall", "longer than the deadline", "start", stall_at(0), ALWAYS, deadline=SHORT, timeout=60,
                 codes=("DeadlineExceeded",), text="deadline", requests=range(1, 2))
        self.add("stall", "a byte at a time, in time", "read", trickle(0.001), ALWAYS)
        self.add("stall", "a byte at a time, too slow", "read", trickle(0.5), ALWAYS, timeout=SHORT, attempts=2,
                 codes=("Timeout",))

    def connections(self):
        for name, accepting, codes, timeout in (
            ("reset", refuse_by_reset, TRANSPORT, 20), ("closed", hang_up, TRANSPORT, 20),
            ("silent", never_speak, ("Timeout",), SHORT),
        ):
            for times in (1, ALWAYS):
                place = self.server.port_of_its_own(OPERATIONS["read"].answer, times=times, accepting=accepting)
                self.add("connection", f"{name}, {'once' if times == 1 else 'always'}", place=place, timeout=timeout,
                         codes=codes if times > 1 else (), requests=range(0, 2), attempts=2 if times > 1 else 3)
        self.add("connection", "refused", endpoint="http://127.0.0.1:1", codes=("ConnectError",), requests=range(0, 1))
        self.add("connection", "refused, IPv6 alone", endpoint="http://[::1]:1", text="::1", codes=("ConnectError",),
                 requests=range(0, 1))

    def sent_once(self):
        """Calls with one attempt, on connections that other calls have used: an attempt is one request. The next has a
        new connection."""
        for kind in OPERATIONS:
            for name, fault in (("reset", reset_at(0)), ("closed", close_at(0)), ("cut", close_at(20))):
                self.add("one attempt", f"{kind}, {name}", kind, fault, ALWAYS, attempts=1, codes=TRANSPORT, requests=range(1, 2))

        for kind in ("read", "rest"):
            place = self.server.port_of_its_own(OPERATIONS[kind].answer, answer_once())
            self.add("one attempt", f"{kind}, behind four connections that all broke", kind, place=place, attempts=2,
                     more={"before": 4}, requests=range(6, 7))

    # ---- what is no honest answer ----

    def wrong_lengths(self):
        def length(change, kind):
            def data(visit):
                body = visit.good().split(b"\r\n\r\n", 1)[1]
                return http(body, Content_Length=change(len(body)))
            return say(data, "close")

        for kind in OPERATIONS:
            self.both("length", f"{kind}, too long", kind, length(lambda n: n + 9, kind))
            self.both("length", f"{kind}, not a number", kind, length(lambda n: "many", kind))
            self.both("length", f"{kind}, negative", kind, length(lambda n: -5, kind))
        for kind in ("read", "query", "json", "rest"):
            self.add("length", f"{kind}, too short", kind, length(lambda n: n - 9, kind), ALWAYS, codes=TRANSPORT, text="")
        self.both("length", "too long, and left open", "stop",
                  say(lambda visit: http(b"<a/>", Content_Length=400), "stall"), ("Timeout",), timeout=SHORT)

    def garbage(self):
        for name, data in {
            "binary": bytes(range(256)), "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n", "no status": b"HTTP/1.1 \r\n\r\n",
            "a status of letters": b"HTTP/1.1 abc OK\r\n\r\n", "HTTP/2": b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64",
            "line ends alone": b"\r\n" * 20, "HTTP/0.9": b"<html>hello</html>",
            "a header without end": b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 500_000,
            "headers without end": b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(5000)) + b"\r\n",
            "a header with a zero": b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n",
        }.items():
            self.both("garbage", name, "start", say(data))
        self.add("garbage", "HTTP/3.7", "start", say(b"HTTP/3.7 200 OK\r\n\r\n"), ALWAYS, codes=("InvalidResponse",), text="",
                 requests=range(1, 2))

    def chunks(self):
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        for name, data in {
            "a size of letters": b"zz\r\n<a/>\r\n0\r\n\r\n", "a size too large": b"ffffffffffffffffff\r\n<a/>",
            "no end": b"4\r\n<a/>\r\n", "cut within a chunk": b"40\r\n<a/>", "cut within a size": b"4",
            "no line's end behind a chunk": b"4\r\n<a/>XX0\r\n\r\n", "nothing": b"",
        }.items():
            for kind in ("read", "stop", "json"):
                self.both("chunks", f"{kind}, {name}", kind, say(head + data))

        def chunked(visit):
            body = visit.good().split(b"\r\n\r\n", 1)[1]
            return head + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"

        for kind in OPERATIONS:
            self.add("chunks", f"{kind}, of one byte each", kind, say(chunked, "keep"), requests=range(1, 2))

    def contents(self):
        for kind in OPERATIONS:
            answer = OPERATIONS[kind].answer
            self.add("content", f"{kind}, after 100 Continue", kind, requests=range(1, 2),
                     fault=say(lambda visit: b"HTTP/1.1 100 Continue\r\n\r\n" + visit.good(), "keep"))
            for status in ("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect"):
                target = self.server.place(answer)
                case = self.add("content", f"{kind}, {status}", kind, tell(b"", status, Location=target.url), ALWAYS, codes=(status[:3], "PermanentRedirect", "Unknown"), text="",
                    requests=range(1, 2))
                case.unasked = target
        for kind in ("read", "query", "json", "rest"):
            packed = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b\xcb\xcf\x07\0\x21\x65\x73\x8c\x03\0\0\0"
            self.add("content", f"{kind}, compressed unasked", kind, tell(packed, Content_Encoding="gzip"), ALWAYS,
                     codes=("InvalidResponse",), text="")
        self.both("content", "100 Continue, and no more", "start", say(b"HTTP/1.1 100 Continue\r\n\r\n", "stall"),
                  ("Timeout",), timeout=SHORT)

    def storms(self):
        for status in ("429 Too Many Requests", "500 Internal Server Error", "502 Bad Gateway", "503 Slow Down",
                       "504 Gateway Timeout"):
            for kind in OPERATIONS:
                for name, headers in {"": {}, " in 60 ms": {"x_amz_retry_after": 60}}.items():
                    self.both("storm", f"{kind}, {status}{name}", kind, tell(refusal(kind, "ServerBusy"), status, **headers),
                              ("ServerBusy", status[:3]), text="")
        for kind in ("read", "start", "stop"):
            self.both("storm", f"{kind}, a page of a balancer", kind, tell(b"<html>sorry", "503 Service Unavailable"),
                      ("503", "InvalidResponse"), text="")
            self.both("storm", f"{kind}, Retry-After", kind,
                      tell(refusal(kind, "RequestLimitExceeded"), "503 Slow Down", Retry_After=1),
                      ("RequestLimitExceeded",), text="As you wish")
            self.add("storm", f"{kind}, Retry-After beyond the deadline", kind,
                     tell(refusal(kind, "RequestLimitExceeded"), "503 Slow Down", Retry_After=3600), ALWAYS,
                     codes=("RequestLimitExceeded",), text="As you wish", requests=range(1, 2), deadline=5)
            for code in ("RequestLimitExceeded", "Throttling", "RequestTimeout"):
                self.both("storm", f"{kind}, {code}", kind, tell(refusal(kind, code), "400 Bad Request"), (code,), text="")
            for code in ("UnauthorizedOperation", "InvalidInstanceID.NotFound", "IncorrectInstanceState"):
                self.add("storm", f"{kind}, {code}", kind, tell(refusal(kind, code), "403 Forbidden"), ALWAYS,
                         codes=(code,), text="As you wish", requests=range(1, 2))

    # ---- TLS ----

    def tls(self):
        make = self.certificates.context
        trusting = {**KEYS, "AWS_CA_BUNDLE": str(self.certificates.ca_file)}
        good = make("good")
        for name, context, text in (
            ("wrong name", make("wrong", "subjectAltName=DNS:elsewhere.test"), "127.0.0.1"),
            ("expired", make("expired", days=-1), "certificate has expired"),
            ("unknown root", make("unknown", issuer="stranger"), "certificate"),
            ("self-signed", self.certificates.self_signed(), "self-signed"),
            ("TLS 1.1 alone", make("old", version=ssl.TLSVersion.TLSv1_1), "127.0.0.1"),
            ("TLS 1.0 alone", make("older", version=ssl.TLSVersion.TLSv1), "127.0.0.1"),
        ):
            for kind in ("read", "start", "stop", "token"):
                place = self.server.port_of_its_own(OPERATIONS[kind].answer, tls=context)
                self.add("tls", f"{kind}, {name}", kind, place=place, environment=trusting, codes=("TlsError",), text=text,
                         requests=range(0, 1))
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            place = self.server.port_of_its_own(OPERATIONS["read"].answer, tls=make(version.name, version=version))
            self.add("tls", f"{version.name} alone", place=place, environment=trusting, requests=range(1, 2))
        place = self.server.port_of_its_own(OPERATIONS["read"].answer, tls=good)
        self.add("tls", "a root that the machine does not know", place=place, codes=("TlsError",), text="certificate",
                 requests=range(0, 1))
        for name, accepting, timeout in (
            ("closed", hang_up, 20), ("reset", refuse_by_reset, 20), ("silent", never_speak, SHORT),
            ("plain HTTP", say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), 20), ("garbage", say(bytes(range(200))), 20),
            ("an alert", say(b"\x15\x03\x03\0\x02\x02\x28"), 20),
        ):
            plain = self.server.port_of_its_own(OPERATIONS["read"].answer, accepting=accepting)
            self.add("tls", f"a handshake that is {name}", place=plain, endpoint=plain.url.replace("http:", "https:"),
                     environment=trusting, codes=("TlsError", "Timeout", "ConnectError"), requests=range(0, 1),
                     timeout=timeout, attempts=2)
        size = len(OPERATIONS["read"].answer(None))
        for at in range(0, size, 20):
            place = self.server.port_of_its_own(OPERATIONS["read"].answer, reset_at(at), 1, tls=good)
            self.add("tls", f"reset at byte {at}", place=place, environment=trusting, requests=range(2, 4))

    # ---- names, clocks, credentials ----

    def names(self):
        for kind in ("read", "start", "stop"):
            for name, codes, fields in (
                ("good", (), {"requests": range(1, 2)}),
                ("slow", (), {"requests": range(1, 2)}),
                ("missing", ("ResolveError",), {"text": "missing.aws.test", "requests": range(0, 1)}),
                ("again", ("ResolveError",), {"text": "again.aws.test", "requests": range(0, 1)}),
                # The process must end while the resolver still waits.
                ("never", ("Timeout",), {"text": "never.aws.test", "requests": range(0, 1), "timeout": SHORT, "attempts": 2}),
            ):
                own = self.server.place(OPERATIONS[kind].answer)
                path = own.url.split("//127.0.0.1")[1]
                self.add("names", f"{kind}, {name}", kind, place=own, endpoint=f"http://{name}.aws.test{path}", codes=codes,
                         **fields)

    def clocks(self):
        def refuse(kind, code, skew):
            def data(_):
                return http(refusal(kind, code), "403 Forbidden", Date=formatdate(time.time() + skew, usegmt=True))
            return say(data, "keep")

        for kind in ("read", "start", "stop", "json"):
            for minutes in (-20, 20, 600):
                for code in ("RequestTimeTooSkewed", "RequestExpired", "SignatureDoesNotMatch"):
                    skew = minutes * 60
                    case = self.add("clock", f"{kind}, {minutes} minutes off, {code}", kind, refuse(kind, code, skew),
                                    requests=range(2, 3))
                    case.skew = skew

    def credentials(self):
        fine = self.server.place(lambda _: sources.document("t"))
        self.add("credentials", "of a container", environment=sources.of_container(fine.url), requests=range(1, 2))
        self.add("credentials", "of an instance", requests=range(1, 2),
                 environment=sources.patient_of_instance(self.server.place(sources.metadata).url))
        broken = {
            "hang": (stall_at(0), "container endpoint: 127.0.0.1"), "refuse": (tell(b"", "403 Forbidden"), "HTTP 403"),
            "fail": (tell(b"", "500 Internal Server Error"), "HTTP 500"), "say nothing": (say(b""), "container endpoint"),
            "are no JSON": (tell(b"{"), "no JSON"), "lack the key": (tell(b"{}"), "lacks AccessKeyId"),
            "are cut short": (close_at(90), "container endpoint"), "are redirected": (tell(b"", "302 Found", Location=fine.url), "302"),
        }
        for name, (fault, text) in broken.items():
            for kind in ("read", "stop"):
                place = self.server.place(lambda _: sources.document("t"), fault)
                self.add("credentials", f"{kind}, a container's that {name}", kind, environment=sources.of_container(place.url),
                         codes=("CredentialsError",), text=text, requests=range(0, 1))
                place = self.server.place(sources.metadata, fault)
                self.add("credentials", f"{kind}, an instance's that {name}", kind, environment=sources.of_instance(place.url, 1),
                         codes=("CredentialsError", "NoCredentials"), text="instance metadata", requests=range(0, 1))
        for name, fault in {"hang": stall_at(0), "fail": tell(b"", "500 Oh"), "break": reset_at(20)}.items():
            place = self.server.place(lambda _: sources.document("t"), fault, 1)
            self.add("credentials", f"a container's that {name} once", environment=sources.of_container(place.url), requests=range(1, 2))
        self.add("credentials", "a container's, refused", codes=("CredentialsError",), requests=range(0, 1),
                 environment=sources.of_container("http://127.0.0.1:1/"))
        self.add("credentials", "of an instance, refused", codes=("NoCredentials",), requests=range(0, 1),
                 text="instance metadata: no answer", environment=sources.of_instance("http://127.0.0.1:1"))
        self._between_pages()

    def _between_pages(self):
        """Credentials that end between two pages are fetched again."""
        count = iter(range(1, 9))
        source = self.server.place(lambda _: sources.document(f"token-{next(count)}", 61))

        def slowly(request):
            time.sleep(0.7)  # a page takes so long that the minute before their end has come
            return page(request)

        case = self.add("credentials", "that end between two pages", answer=slowly, more={"pages": True},
                        environment=sources.of_container(source.url), requests=range(3, 4))
        case.output = {"ids": ["r-1", "r-2", "r-3"]}
        case.tokens = 2

    def expiries(self):
        """Credentials that AWS refuses before the end that their source named: what `token-1` signed, but for a first
        page."""
        for name, make in sources.RENEWABLE.items():
            source = make(self.server, self.folder)
            case = self._expiry(f"of a {name}, between two pages", "read", "ExpiredToken", source, requests=range(4, 5),
                                answer=page, more={"pages": True})
            case.output = {"ids": ["r-1", "r-2", "r-3"]}
        for kind in OPERATIONS:
            for code in ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"):
                source = sources.container(self.server, self.folder)
                self._expiry(f"{kind}, {code}", kind, code, source, requests=range(2, 3))
        self._expiry("of calls side by side", "read", "ExpiredToken", sources.container(self.server, self.folder),
                     requests=range(17, 18), more={"before": 8})
        self._lasting_expiries()

    def _lasting_expiries(self):
        """Where there are no others, the error says whose they were."""
        keys = Path(self.folder, "lasting")
        keys.write_text("[default]\naws_access_key_id = A\naws_secret_access_key = very-SECRET\n"
                        "aws_session_token = token-1\n")
        static = {
            "environment": {**KEYS, "AWS_SESSION_TOKEN": "token-1"},
            "profile default": {**sources.NO_INSTANCE, "AWS_SHARED_CREDENTIALS_FILE": str(keys)},
        }

        async def fail_then(visit):
            good = len(visit.place.requests) == 1
            await visit.send(visit.good() if good else http(b"", "403 Forbidden"))

        none = "has no newer ones"
        for kind in ("read", "stop", "json"):
            ends = {"kind": kind, "code": "ExpiredToken", "requests": range(1, 2), "codes": ("ExpiredToken",)}
            for name, environment in static.items():
                self._expiry(f"{kind}, {name}", source=sources.Source(environment), text=f"({name}) {none}", **ends)
            for name, fault, text in (("same", None, f"(container endpoint) {none}"), ("fails", fail_then, "HTTP 403")):
                place = self.server.place(lambda _: sources.document("token-1"), fault)
                source = sources.Source(sources.of_container(place.url), lambda place=place: len(place.requests))
                self._expiry(f"{kind}, container, {name}", source=source, text=text, **ends)
            self._expiry(f"{kind}, all that a container gives", source=sources.container(self.server, self.folder),
                         ended=("token-1", "token-2"), text="As you wish", **{**ends, "requests": range(2, 3)})

    def _expiry(self, name, kind, code, source, ended=("token-1",), answer=None, **fields):
        answer = answer or OPERATIONS[kind].answer

        def refusing(request):
            is_first_page = answer is page and "NextToken" not in form(request)
            if is_first_page or request.headers["x-amz-security-token"] not in ended:
                return answer(request)
            source.refused()
            return http(refusal(kind, code), "400 Bad Request")

        case = self.add("expiry", name, kind, answer=refusing, environment=source.environment, **fields)
        case.source = source
        return case

    # ---- a function ----

    def fleets(self):
        faults = {
            "reset": reset_at(60), "closed": close_at(30), "cut": close_at(150), "stalled": stall_at(0), "garbage": say(b"nonsense"),
            "throttled": tell(refusal("read", "RequestLimitExceeded"), "503 Slow Down"),
            "500": tell(b"", "500 Internal Server Error"), "refused": tell(refusal("read", "UnauthorizedOperation"), "403 No"),
        }
        for action in ("DescribeInstances", "StartInstances", "StopInstances"):
            for name, fault in faults.items():
                for times in (1, ALWAYS):
                    self._fleet(action, name, fault, times)

    def _fleet(self, action, name, fault, times):
        fleet, seen = Fleet(), []

        async def of_action(visit):
            concerned = form(visit.request)["Action"] == action
            seen.extend([visit.request] * concerned)
            if concerned and len(seen) <= times:
                return await fault(visit)
            return await visit.send(visit.good())

        place = self.server.place(fleet.answer, of_action)
        case = self.add("fleet", f"{action} {name}, {'once' if times == 1 else 'always'}", place=place, timeout=SHORT,
                        more={"instances": True}, requests=range(1, 30), deadline=20,
                        environment={**KEYS, "TIMEZONE": "UTC", "MIN_UPTIME": "0", "MIN_DOWNTIME": "0"})
        case.fleet, case.action, case.lasting = fleet, action, times > 1 or name == "refused"


class Proxied(Matrix):
    """Cases of a process whose environment names a proxy. The name of the host tells it what to do."""

    def proxied(self, proxy):
        trusting = {**KEYS, "AWS_CA_BUNDLE": str(self.certificates.ca_file)}
        context = self.certificates.context("proxied", "subjectAltName=DNS:*.proxy.test")
        for kind in ("read", "start", "stop"):
            for name, codes, text, timeout in (
                ("works", (), "", 20), ("refuses", ("ConnectError", "InvalidResponse"), "403", 20),
                ("fails", ("ConnectError", "InvalidResponse"), "502", 20), ("hangs", ("Timeout",), "", SHORT),
                ("closes", ("ConnectError", "InvalidResponse", "TlsError"), "", 20), ("garbles", ("ConnectError", "InvalidResponse"), "", 20),
                ("asks", ("ConnectError", "InvalidResponse"), "407", 20),
            ):
                place = self.server.port_of_its_own(OPERATIONS[kind].answer, tls=context)
                port = place.url.rsplit(":")[-1]
                case = self.add("proxy", f"{kind}, CONNECT that {name}", kind, place=place, endpoint=f"https://{name}.proxy.test:{port}",
                                codes=codes, text=text, environment=trusting, timeout=timeout, attempts=2,
                                requests=range(0, 1) if codes else range(1, 2))
                case.proxy, case.through = proxy, f"{name}.proxy.test:{port}"
        place = self.server.place(OPERATIONS["read"].answer)
        self.add("proxy", "NO_PROXY passes by it", place=place, requests=range(1, 2))
        fine = self.server.place(lambda _: http(b'{"AccessKeyId": "A", "SecretAccessKey": "S"}'))
        case = self.add("proxy", "credentials of this machine pass by it", requests=range(1, 2),
                        environment=sources.of_container(fine.url))


def run_cases(cases, folder, name, environment):
    """Runs cases side by side in a process; leaves each its result."""
    given, found = Path(folder, f"{name}.json"), Path(folder, f"{name}-results.json")
    given.write_text(json.dumps([case.as_json(number) for number, case in enumerate(cases)]))
    process = subprocess.run(
        [BOOTSTRAP, "run", "spec/faults/calls.lua", given, found], cwd=ROOT, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], **environment}, timeout=300)
    if process.returncode:
        raise AssertionError(f"calls.lua: {process.stderr}")
    for result in json.loads(found.read_text()):
        cases[result["id"]].result = result
    return process.stdout + process.stderr


def essence(case):
    """What a call gave, without the members that tell of the answer's own headers."""
    return case.result["output"].get("Body") or case.result["output"]


class TestMatrix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="lualambda-"))
        server = cls.enterClassContext(Server())
        certificates = Certificates(folder)
        cls.matrix, cls.behind = (kind(server, certificates, folder) for kind in (Matrix, Proxied))
        for build in (Matrix.broken_connections, Matrix.stalls, Matrix.connections, Matrix.sent_once, Matrix.wrong_lengths, Matrix.garbage,
                      Matrix.chunks, Matrix.contents, Matrix.storms, Matrix.tls, Matrix.names, Matrix.clocks,
                      Matrix.credentials, Matrix.expiries, Matrix.fleets):
            build(cls.matrix)
        cls.clean = {kind: cls.matrix.add("clean", kind, kind, requests=range(1, 2)) for kind in OPERATIONS}
        proxy = cls.enterClassContext(Proxy())
        cls.behind.proxied(proxy)
        cls.families = {**cls.matrix.families, **cls.behind.families}
        began = time.monotonic()
        plain = {"LD_PRELOAD": preload(folder, "spec/faults/names.c")}
        expiring = cls.matrix.families["expiry"]
        cls.log = run_cases(sum((cases for cases in cls.matrix.families.values() if cases is not expiring), []), folder, "plain", plain)
        # Apart: a source of credentials is given two seconds, which are over too soon where a thousand calls begin.
        cls.log += run_cases(expiring, folder, "expiring", plain)
        through = {"HTTPS_PROXY": proxy.url, "http_proxy": proxy.url, "NO_PROXY": "127.0.0.1"}
        cls.log += run_cases(sum(cls.behind.families.values(), []), folder, "proxied", {**plain, **through})
        print(f"# {sum(map(len, cls.families.values()))} cases in {time.monotonic() - began:.1f} s")

    # ---- what every case has to be like ----

    def check(self, case):
        result = case.result
        arrived = len(case.place.requests)
        self.assertLess(result["seconds"], case.deadline + GRACE)
        self.assertNotIn("very-SECRET", json.dumps(result))
        if case.codes == ("DeadlineExceeded",) and "raised" in result:  # the task is stopped a moment behind it
            return self.assertIn("deadline", result["raised"])
        self.assertNotIn("raised", result)
        if case.codes:
            self.assertIn("error", result)
            self.assertIn(result["error"]["code"], case.codes, result["error"]["text"])
            self.assertTrue(result["error"]["message"], result)
            self.assertIn(case.text, result["error"]["message"])
        else:
            self.assertIn("output", result, result)
            if not case.more:
                self.assertEqual(essence(self.clean[case.kind]), essence(case))
        self.assertIn(arrived, case.requests, f"{arrived} requests arrived; {result}")
        self.assertTrue(all(r.body == case.place.requests[0].body for r in case.place.requests) or case.more,
                        "a retry asked for something else")

    # ---- what some have to show besides ----

    def test_that_they_are_many(self):
        self.assertGreaterEqual(sum(map(len, self.families.values())), FEWEST)

    def test_a_token_stays_the_same_in_all_attempts(self):
        again = 0
        for case in (case for cases in self.families.values() for case in cases if case.kind == "token"):
            tokens = {form(request)["ClientToken"] for request in case.place.requests}
            again += len(case.place.requests) > 1
            self.assertLessEqual(len(tokens), 1, case.name)
        self.assertGreater(again, 20)

    def test_nothing_goes_where_a_redirect_leads(self):
        followed = [case.name for case in self.families["content"] if hasattr(case, "unasked") and case.unasked.requests]
        self.assertEqual([], followed)

    def test_a_clock_is_put_right(self):
        for case in self.families["clock"]:
            first, second = (request.headers["x-amz-date"] for request in case.place.requests)
            moved = [time.mktime(time.strptime(at, "%Y%m%dT%H%M%SZ")) for at in (first, second)]
            taken = moved[1] - moved[0] - case.skew
            self.assertTrue(-2 < taken < case.result["seconds"] + 2, (case.name, taken))  # they are whole seconds

    def test_credentials_are_fetched_again_between_pages(self):
        case = next(case for case in self.families["credentials"] if hasattr(case, "tokens"))
        tokens = {request.headers["x-amz-security-token"] for request in case.place.requests}
        self.assertGreaterEqual(len(tokens), case.tokens)

    def test_no_page_is_missing(self):
        paged = [case for cases in self.families.values() for case in cases if hasattr(case, "output")]
        self.assertGreater(len(paged), len(sources.RENEWABLE))
        for case in paged:
            self.assertEqual(case.output, case.result["output"], case.name)

    def test_expired_credentials_are_fetched_again_once(self):
        for case in (case for case in self.families["expiry"] if case.source.given):
            self.assertEqual(2, case.source.given(), case.name)

    def test_a_proxy_is_used_where_it_is_named(self):
        for case in (case for case in self.families["proxy"] if hasattr(case, "proxy")):
            self.assertIn(case.through, case.proxy.asked)
        ours = {case.through for case in self.families["proxy"] if hasattr(case, "proxy")}
        self.assertEqual(ours, set(case.proxy.asked))

    def test_no_instance_is_forgotten(self):
        for case in self.families["fleet"]:
            with self.subTest(case.name):
                self.check_fleet(case)

    def check_fleet(self, case):
        """Every instance has an outcome, and was told nothing but what its tags say."""
        self.assertNotIn("raised", case.result)
        self.assertLess(case.result["seconds"], case.deadline + GRACE)
        wrong = [change for change in case.fleet.changes if (change[1] == "i-9") != (change[0] == "StopInstances")]
        self.assertEqual([], wrong)
        if case.action == "DescribeInstances" and case.lasting:
            return self.assertIn("code", case.result["error"])
        rows = {row["id"]: row for row in case.result["output"]["resources"]}
        self.assertEqual(set(case.fleet.states), set(rows))
        for instance, row in rows.items():
            concerned = case.action == ("StopInstances" if instance == "i-9" else "StartInstances")
            wanted = ("stopped" if instance == "i-9" else "started")
            self.assertEqual("error" if concerned and case.lasting else wanted, row["action"], row)
            self.assertTrue(row["reason"])

    def check_family(self, name):
        for case in self.families[name]:
            with self.subTest(case.name):
                self.check(case)


def family_test(name):
    return lambda self: self.check_family(name)


for family in ("clean", "reset", "close", "break", "stall", "connection", "one attempt", "length", "garbage", "chunks", "content", "storm",
               "tls", "names", "clock", "credentials", "expiry", "proxy"):
    setattr(TestMatrix, f"test_{family}", family_test(family))


if __name__ == "__main__":
    tap.main()
