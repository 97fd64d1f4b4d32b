"""What a function makes of a bad network: an error in its hands, never its end."""

import socket
import tempfile
import threading
import unittest
from contextlib import contextmanager
from pathlib import Path

import tap
from local_lambda import LocalLambda
from project import Checkout

FUNCTION = {
    "requirements.lua": 'return { aws = { ec2 = { "DescribeInstances" }, sts = { "GetCallerIdentity" } } }',
    "handler.lua": """
        local aws = require "aws"
        return function(event)
          local client = aws.client(event.service or "ec2", { max_attempts = 1 })
          local call = client[event.operation or "describe_instances"]
          local output, err = call(client, {})
          if output then return { output = output } end
          return {
            code = err.code, message = err.message, status = err.status, request_id = err.request_id,
            service = err.service, operation = err.operation, text = tostring(err),
          }
        end
    """,
}
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "very-SECRET"}
GOOD = b"""<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
<requestId>r-1</requestId><reservationSet><item><reservationId>r-0</reservationId></item></reservationSet>
</DescribeInstancesResponse>"""
REFUSED = b"""<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You may not.</Message></Error></Errors>
<RequestID>r-2</RequestID></Response>"""


def answer(body, status="200 OK", length=None, **headers):
    lines = [f"HTTP/1.1 {status}", "Content-Type: text/xml;charset=UTF-8"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def read_request(stream):
    """Reads a request to its end; None where there is none."""
    line = stream.readline()
    length = 0
    while (header := stream.readline()).strip():
        name, _, value = header.decode().partition(":")
        length = int(value) if name.lower() == "content-length" else length
    stream.read(length)
    return line or None


class Server:
    """Answers each connection's first request with the same bytes, or the same generator's, and closes it."""

    def __init__(self, chunks):
        self._chunks = chunks
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                if read_request(stream):
                    self.requests += 1
                    self._send(connection)

    def _send(self, connection):
        try:
            for chunk in self._chunks():
                connection.sendall(chunk)
        except OSError:
            pass  # the client had enough

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def answering(*chunks, generator=None):
    server = Server(generator or (lambda: chunks))
    try:
        yield server
    finally:
        server.close()


class BadNetwork(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        checkout = cls.enterClassContext(Checkout({"caller": FUNCTION}))
        cls.bundle = checkout.built("caller")

    def call(self, url, event=None, **environment):
        """Calls once with that endpoint; checks that the process serves on. What the handler returned."""
        variables = {**ENVIRONMENT, "AWS_ENDPOINT_URL": url, **environment}
        function = self.enterContext(LocalLambda(self.bundle, variables))
        invocation = function.invoke(event or {})
        self.assertIsNone(invocation.error)
        self.assertIsNone(function.invoke(event or {}).error)
        self.peak = function.peak()
        return invocation.result

    def assert_error(self, result, *in_text):
        self.assertNotIn("output", result)
        for text in in_text:
            self.assertIn(text, result["text"])
        self.assertNotIn("very-SECRET", result["text"])
        self.assertEqual("DescribeInstances", result["operation"])

    def test_that_is_none(self):
        """A good answer, to know that the others fail for their own reason."""
        with answering(answer(GOOD)) as server:
            result = self.call(server.url)
        self.assertEqual("r-0", result["output"]["Reservations"][0]["ReservationId"])

    def test_an_error_of_aws(self):
        with answering(answer(REFUSED, "403 Forbidden")) as server:
            result = self.call(server.url)
        self.assert_error(result, "UnauthorizedOperation", "You may not.")
        self.assertEqual(403, result["status"])
        self.assertEqual("r-2", result["request_id"])

    def test_xml_that_ends_early(self):
        for at in (1, 60, 120, len(GOOD) - 5):
            with answering(answer(GOOD[:at])) as server:
                self.assert_error(self.call(server.url), "XML")

    def test_an_answer_of_nothing(self):
        with answering(answer(b"")) as server:
            self.assert_error(self.call(server.url))

    def test_a_connection_that_ends_early(self):
        with answering(answer(GOOD[:100], length=len(GOOD))) as server:
            self.assert_error(self.call(server.url))

    def test_malformed_xml(self):
        for body in (b"<a><b></a>", b"{}", b"\x00\xff\xfe", b"<a>&nope;</a>", GOOD.replace(b"item", b"\xe9tem")):
            with answering(answer(body)) as server:
                self.assert_error(self.call(server.url))

    def test_entities_that_multiply(self):
        levels = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
        body = f'<!DOCTYPE a [<!ENTITY e0 "x">{levels}]><a>&e9;</a>'
        with answering(answer(body.encode())) as server:
            self.assert_error(self.call(server.url))

    def test_xml_that_nests_without_end(self):
        with answering(answer(b"<a>" * 200_000)) as server:
            self.assert_error(self.call(server.url))

    def test_an_error_that_is_no_xml(self):
        with answering(answer(b"<html>nope", "403 Forbidden")) as server:
            result = self.call(server.url)
        self.assert_error(result)
        self.assertEqual(403, result["status"])

    def test_a_redirect_is_not_followed(self):
        with answering(answer(GOOD)) as target:
            for status in ("301 Moved Permanently", "302 Found", "307 Temporary Redirect"):
                with answering(answer(b"", status, Location=target.url)) as server:
                    self.assert_error(self.call(server.url))
            self.assertEqual(0, target.requests)

    def test_an_answer_of_200_megabytes(self):
        size = 200 * 1024 * 1024
        head = answer(b"", length=size)
        item = b"<item>" + b"x" * 1017 + b"</item>"

        def endless():
            yield head + b"<DescribeInstancesResponse><reservationSet>"
            for _ in range(size // (len(item) * 64)):
                yield item * 64

        with answering(generator=endless) as server:
            self.assert_error(self.call(server.url))
        self.assertLess(self.peak, 100 * 1024 * 1024)

    def test_what_is_no_http(self):
        for text in (b"SSH-2.0-OpenSSH_9.2\r\n", b"", b"HTTP/1.1 abc\r\n\r\n"):
            with answering(text) as server:
                self.assert_error(self.call(server.url))

    def test_nobody_there(self):
        self.assert_error(self.call("http://127.0.0.1:1"), "127.0.0.1")

    def test_a_server_that_says_nothing_until_the_deadline(self):
        silence = threading.Event()
        self.addCleanup(silence.set)

        def silent():
            silence.wait(60)
            yield b""

        with answering(generator=silent) as server:
            variables = {**ENVIRONMENT, "AWS_ENDPOINT_URL": server.url}
            function = self.enterContext(LocalLambda(self.bundle, variables))
            invocation = function.invoke({}, timeout=2)
            self.assertIsNone(invocation.error)
            self.assert_error(invocation.result, "deadline")

    def test_no_credentials(self):
        with tempfile.TemporaryDirectory() as home:
            missing = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": home}
            result = self.call("http://127.0.0.1:1", **missing)
        self.assert_error(result, "AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS", ".aws")

    def test_credentials_of_a_profile_and_the_query_protocol(self):
        identity = (
            b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
            b"<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        )
        with tempfile.TemporaryDirectory() as home, answering(answer(identity)) as server:
            Path(home, ".aws").mkdir()
            Path(home, ".aws", "credentials").write_text(
                "[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = very-SECRET\n"
            )
            profile = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": home, "AWS_PROFILE": "work"}
            event = {"service": "sts", "operation": "get_caller_identity"}
            result = self.call(server.url, event, **profile)
        self.assertEqual("123456789012", result["output"]["Account"])


if __name__ == "__main__":
    tap.main()
