"""What a server may send: headers and bodies without end, to an AWS call and as the Runtime API."""

import socketserver
import subprocess
import tempfile
import threading
import unittest
from contextlib import suppress
from pathlib import Path

import tap
from project import function_of

MB = 1 << 20
ONE_HEADER = b"X-Long: " + b"x" * MB + b"\r\n"
MANY_HEADERS = b"".join(b"X-%d: y\r\n" % i for i in range(10000))
OK = b"HTTP/1.1 200 OK\r\n"

ANSWERS = {
    "/long-header": [OK, ONE_HEADER, b"Content-Length: 0\r\n\r\n"],
    "/many-headers": [OK, MANY_HEADERS, b"Content-Length: 0\r\n\r\n"],
    "/headers-without-end": [OK] + [b"X-Same: y\r\n" * 1000] * 1000,
    "/gigabyte": [OK, b"Content-Length: 1073741824\r\n\r\n"] + [b" " * MB] * 1024,
    "/gigabyte-of-chunks": [OK, b"Transfer-Encoding: chunked\r\n\r\n"]
    + [b"100000\r\n" + b" " * MB + b"\r\n"] * 1024,
    "/compressed": [OK, b"Content-Encoding: gzip\r\nContent-Length: 8\r\n\r\n\x1f\x8b\x08\0bomb"],
}


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class Answerer(socketserver.StreamRequestHandler):
    """Answers every request with what is known by its path, or, as the Runtime API, by the test."""

    def handle(self):
        with suppress(OSError):  # the other side has had enough
            while line := self.rfile.readline():
                self.server.asked.append(line)
                while self.rfile.readline().strip():
                    pass
                for piece in self.server.answer or ANSWERS[line.split()[1].decode()]:
                    self.wfile.write(piece)
                    self.server.sent += len(piece)


class Case(unittest.TestCase):
    def server(self, answer=None):
        server = Server(("127.0.0.1", 0), Answerer)
        server.answer, server.asked, server.sent = answer, [], 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        server.address = f"127.0.0.1:{server.server_address[1]}"
        return server


HANDLER = """
local http = require "host.http"
local protocol = require "aws.protocol"
local model = {
  metadata = { protocol = "ec2" }, operations = { Do = { name = "Do", output = { shape = "Out" } } },
  shapes = { Out = { type = "structure", members = { text = { shape = "Text" } } }, Text = { type = "string" } },
}
return function(event)
  local response, err = http.request {
    method = "GET", url = event.url, direct = true, sink = event.sink and protocol.sink(model, "Do") or nil,
  }
  return { status = response and response.status, body = response and #response.body,
    encoding = response and response.headers["content-encoding"], kind = err and err.kind }
end
"""


class ACall(Case):
    def setUp(self):
        self.function = self.enterContext(function_of({"handler.lua": HANDLER}))
        self.there = self.server()

    def call(self, path, **more):
        invocation = self.function.invoke({"url": f"http://{self.there.address}{path}", **more})
        self.assertIsNone(invocation.error)
        return invocation.result

    def assert_small(self, most):
        self.assertLess(self.function.peak(), most * MB)

    def test_refuses_a_header_of_a_megabyte_and_headers_without_number(self):
        for path in ("/long-header", "/many-headers", "/headers-without-end"):
            result = self.call(path)
            self.assertEqual("protocol", result["kind"], path)
        self.assert_small(16)

    def test_refuses_a_body_of_a_gigabyte(self):
        for path in ("/gigabyte", "/gigabyte-of-chunks"):
            result = self.call(path)
            self.assertIn(result["kind"], ("too_large", "memory"), path)
        self.assert_small(128)

    def test_refuses_a_gigabyte_that_is_decoded_as_it_comes(self):
        result = self.call("/gigabyte", sink=True)
        self.assertIn(result["kind"], ("too_large", "sink"))
        self.assert_small(32)
        self.assertLess(self.there.sent, 200 * MB)

    def test_neither_asks_for_compression_nor_unpacks_any(self):
        self.assertEqual({"status": 200, "body": 8, "encoding": "gzip"}, self.call("/compressed"))


class TheRuntimeApi(Case):
    def run_program(self, *answer):
        """What the program says when this is the Runtime API's answer to everything."""
        server = self.server(list(answer))
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "handler.lua").write_text("return function() return 1 end")
            done = subprocess.run(
                ["build/bootstrap"],
                env={"AWS_LAMBDA_RUNTIME_API": server.address, "LAMBDA_TASK_ROOT": folder, "_HANDLER": "handler"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=120,
            )
        self.assertEqual(1, done.returncode)
        return done.stdout

    def test_may_send_neither_a_long_header_nor_many(self):
        for headers in (ONE_HEADER, MANY_HEADERS, b"X-Same: y\r\n" * 65):
            said = self.run_program(OK, headers, b"Content-Length: 0\r\n\r\n")
            self.assertIn("its answer is no HTTP/1.1", said)

    def test_may_send_no_event_of_a_gigabyte(self):
        said = self.run_program(OK, b"Content-Length: 1073741824\r\n\r\n")
        self.assertIn("its answer is no HTTP/1.1", said)


if __name__ == "__main__":
    tap.main()
