"""A Runtime API that misbehaves: whatever it does, the runtime goes on or ends, and never in a busy loop."""

import signal
import socket
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

import tap
from local_lambda import EMULATOR
from project import BOOTSTRAP

MOST_REQUESTS = 20  # in a row without an event, before the runtime must have given up


def answer(status, body=b"", *fields):
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


FIELDS = ["Lambda-Runtime-Aws-Request-Id: id-1", "Lambda-Runtime-Deadline-Ms: 99999999999999"]
EVENT = answer(200, b'{"n":1}', *FIELDS)
ACCEPTED = answer(202)
CUT = EVENT[:-3]
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nLAMBDA-RUNTIME-AWS-REQUEST-ID:id-1\r\n\r\n"
    b'3;x=y\r\n{"n\r\n4\r\n":1}\r\n0\r\nX-Trailer: 1\r\n\r\n'
)
TO_THE_END = b'HTTP/1.0 200 OK\r\nLambda-Runtime-Aws-Request-Id: id-1\r\n\r\n{"n":1}'


class OddApi:
    """Answers each request with the next of its answers; at their end, none comes any more.

    An answer is bytes, or a function of the connection. After a closing one the connection ends.
    """

    def __init__(self, *answers, port=0):
        self.answers = list(answers)
        self.requests = []  # (first line, body)
        self.exhausted = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", port))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while line := stream.readline():
                self._take(line, stream)
                if not self.answers:
                    self.exhausted.set()
                    return self.exhausted.wait() and threading.Event().wait()
                given = self.answers.pop(0)
                closes = given.__doc__ == "closes" if callable(given) else b"Connection: close" in given
                given(connection) if callable(given) else connection.sendall(given)
                if closes:
                    return None

    def _take(self, line, stream):
        length = 0
        while field := stream.readline().strip().lower():
            if field.startswith(b"content-length:"):
                length = int(field[15:])
        path = line.decode().split(" ")[1].removeprefix("/2018-06-01/runtime/")
        self.requests.append((path, stream.read(length)))

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def closing(data):
    def send(connection):
        connection.sendall(data)

    send.__doc__ = "closes"
    return send


def slowly(data):
    def send(connection):
        for i in range(len(data)):
            connection.sendall(data[i : i + 1])

    return send


def reset(connection):
    """closes"""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


class Case(unittest.TestCase):
    def api(self, *answers, **more):
        api = OddApi(*answers, **more)
        self.addCleanup(api.close)
        return api

    def start(self, api, source="return function(event) return event end"):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        Path(folder, "handler.lua").write_text(source)
        process = subprocess.Popen(
            [*EMULATOR, BOOTSTRAP],
            env={"AWS_LAMBDA_RUNTIME_API": api.address, "LAMBDA_TASK_ROOT": folder, "_HANDLER": "handler"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def serve(self, *answers, **more):
        """Starts a function on these answers, and waits until all are given and one more is asked for."""
        api = self.api(*answers)
        self.start(api, **more)
        self.assertTrue(api.exhausted.wait(20), api.requests)
        return api.requests

    def paths(self, requests):
        return [path.replace("invocation/", "") for path, _ in requests]


NEXT, RESPONSE, ERROR = "next", "id-1/response", "id-1/error"


class AnAnswer(Case):
    def assert_served(self, *answers):
        requests = self.serve(*answers, ACCEPTED)
        self.assertEqual([NEXT] * len(answers) + [RESPONSE, NEXT], self.paths(requests))
        self.assertEqual(b'{"n":1}', requests[-2][1])

    def test_may_come_in_any_form_of_http(self):
        for given in (EVENT, CHUNKED, b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" + EVENT, closing(TO_THE_END)):
            with self.subTest(given):
                self.assert_served(given)

    def test_may_come_byte_by_byte(self):
        for given in (EVENT, CHUNKED):
            with self.subTest(given):
                self.assert_served(slowly(given))

    def test_that_is_none_is_asked_for_again(self):
        for given in (
            closing(CUT),
            closing(b""),
            reset,
            b"\0\1\2 this is no HTTP\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
            answer(200, b"{}"),
            answer(403, b"{}"),
            answer(404),
            answer(503, b"x" * 100000),
        ):
            with self.subTest(given):
                self.assert_served(given, EVENT)

    def test_that_never_comes_ends_it(self):
        for given in (closing(b""), b"\0 garbage\r\n\r\n", answer(503), answer(200, b"{}")):
            with self.subTest(given):
                api = self.api(*[given] * MOST_REQUESTS)
                process = self.start(api)
                self.assertEqual(1, process.wait(30))
                self.assertLess(len(api.requests), MOST_REQUESTS)
                self.assertIn(api.address, process.stdout.read().decode())

    def test_of_status_500_ends_it_at_once(self):
        for answers in ((answer(500, b"{}"),), (EVENT, answer(500, b"{}"))):
            with self.subTest(answers):
                api = self.api(*answers)
                self.assertEqual(1, self.start(api).wait(20))
                self.assertEqual(len(answers), len(api.requests))


class APost(Case):
    def test_whose_answer_is_lost_is_sent_again(self):
        for given in (closing(b""), closing(b"HTTP/1.1 202 Acc"), reset, b"nonsense\r\n\r\n", answer(502)):
            with self.subTest(given):
                unknown = answer(400, b'{"errorType":"InvalidRequestID"}')
                requests = self.serve(EVENT, given, unknown, EVENT, ACCEPTED)
                self.assertEqual([NEXT, RESPONSE, RESPONSE, NEXT, RESPONSE, NEXT], self.paths(requests))

    def test_that_is_refused_does_not_end_it(self):
        for status in (400, 403):
            with self.subTest(status):
                requests = self.serve(EVENT, answer(status), EVENT, ACCEPTED)
                self.assertEqual([NEXT, RESPONSE, NEXT, RESPONSE, NEXT], self.paths(requests))

    def test_that_is_too_large_for_it_becomes_an_error(self):
        requests = self.serve(EVENT, answer(413), ACCEPTED)
        self.assertEqual([NEXT, RESPONSE, ERROR, NEXT], self.paths(requests))
        self.assertIn(b"ResponseSizeTooLarge", requests[2][1])

    def test_may_be_answered_before_it_has_been_read(self):
        class Refusal(OddApi):
            def _take(self, line, stream):
                if line.startswith(b"POST") and not any(path == RESPONSE for path in self.seen):
                    self.seen.append(RESPONSE)
                    self.requests.append(("invocation/" + RESPONSE, b""))
                    return None
                return super()._take(line, stream)

            seen = []

        api = Refusal(EVENT, closing(answer(413, b"", "Connection: close")), ACCEPTED)
        self.addCleanup(api.close)
        self.start(api, "return function() return ('x'):rep(6000000) end")
        self.assertTrue(api.exhausted.wait(20), api.requests)
        self.assertEqual(NEXT, self.paths(api.requests)[-1])


class TheConnection(Case):
    def test_may_be_closed_between_two_events(self):
        requests = self.serve(EVENT, closing(ACCEPTED), EVENT, ACCEPTED)
        self.assertEqual([NEXT, RESPONSE, NEXT, RESPONSE, NEXT], self.paths(requests))

    def test_may_be_gone_while_the_handler_runs(self):
        requests = self.serve(closing(EVENT), ACCEPTED)
        self.assertEqual([NEXT, RESPONSE, NEXT], self.paths(requests))

    def test_may_be_gone_with_its_server_for_a_while(self):
        gone = threading.Event()

        def vanish(connection):
            """closes"""
            first.close()
            connection.sendall(ACCEPTED)
            gone.set()

        first = OddApi(EVENT, vanish)
        port = int(first.address.split(":")[1])
        self.start(first)
        self.assertTrue(gone.wait(20))
        second = self.api(EVENT, ACCEPTED, port=port)
        self.assertTrue(second.exhausted.wait(20))
        self.assertEqual([NEXT, RESPONSE, NEXT], self.paths(second.requests))

    def test_outlives_signals(self):
        asked, go_on = threading.Event(), threading.Event()

        def wait(connection):
            asked.set()
            go_on.wait()
            connection.sendall(EVENT)

        api = self.api(wait, ACCEPTED)
        process = self.start(api)
        self.assertTrue(asked.wait(20))
        for _ in range(20):
            process.send_signal(signal.SIGSTOP)
            process.send_signal(signal.SIGCONT)
        go_on.set()
        self.assertTrue(api.exhausted.wait(20), api.requests)
        self.assertEqual([NEXT, RESPONSE, NEXT], self.paths(api.requests))

    def test_that_was_never_there_ends_it(self):
        api = self.api()
        api.address = "127.0.0.1:1"
        process = self.start(api)
        self.assertEqual(1, process.wait(20))
        self.assertIn("127.0.0.1:1", process.stdout.read().decode())


if __name__ == "__main__":
    tap.main()
