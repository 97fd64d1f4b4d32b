"""The Lambda Runtime API at 127.0.0.1, as a function's process sees it.

    with RuntimeApi() as api:
        ...                      # start a process with AWS_LAMBDA_RUNTIME_API=api.address
        invocation = api.offer({"time": "2026-11-24T10:00:00Z"})
        invocation.done.wait(10)
        invocation.result, invocation.error

Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
"""

import base64
import json
import queue
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MAX_RESPONSE = 6 * 1024 * 1024 + 100  # bytes
FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


@dataclass
class Failure:
    """What a runtime posted as an error: its JSON, and the type that the header names."""

    report: dict
    header_type: str
    cause: str = None  # the JSON for X-Ray, as its header holds it


@dataclass
class Invocation:
    """An event on its way, and what came back for it."""

    body: bytes
    headers: dict
    timeout: float  # seconds, from the moment the function takes it
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    response: bytes = None  # as it was posted
    chunks: list = None  # the pieces of a streamed response, as they came
    content_type: str = None
    error: Failure = None
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def result(self):
        return None if self.response is None else json.loads(self.response)


class RuntimeApi:
    def __init__(self, function_name="function"):
        self.function_arn = FUNCTION_ARN + function_name
        self.init_error = None  # a Failure
        self.initialized = threading.Event()  # the function asked for its first event, or gave up
        self.extensions = []  # the names of those that registered
        self._waiting = queue.Queue()
        self._taken = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        self.address = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def offer(self, event, headers=None, timeout=60):
        """Queues an event, a value or the bytes of its body; further headers by their names."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        invocation = Invocation(body, headers or {}, timeout)
        self._waiting.put(invocation)
        return invocation

    def take(self):
        """The next event, as soon as there is one."""
        self.initialized.set()
        invocation = self._waiting.get()
        self._taken[invocation.request_id] = invocation
        return invocation

    def finish(self, request_id):
        """The invocation of that id, once; None for an id that waits for no answer."""
        return self._taken.pop(request_id, None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A function's process may end at any moment, and its connections with it."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path == "/2020-01-01/extension/event/next":
            return threading.Event().wait()  # there is none
        if self.path != "/2018-06-01/runtime/invocation/next":
            return self._answer(404, {"errorType": "NotFound", "errorMessage": self.path})
        api = self.server.api
        invocation = api.take()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + invocation.timeout) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": api.function_arn,
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
            **invocation.headers,
        }
        return self._send(200, invocation.body, headers)

    def do_POST(self):
        if self.path == "/2020-01-01/extension/register":
            return self._register_extension()
        chunks, trailers = self._read_body()
        body = b"".join(chunks)
        if self.path == "/2018-06-01/runtime/init/error":
            self.server.api.init_error = self._failure(body)
            self.server.api.initialized.set()
            return self._answer(202, {"status": "OK"})
        match = re.fullmatch(r"/2018-06-01/runtime/invocation/([^/]+)/(response|error)", self.path)
        if not match:
            return self._answer(404, {"errorType": "NotFound", "errorMessage": self.path})
        streamed = self.headers["Lambda-Runtime-Function-Response-Mode"] == "streaming"
        if len(body) > MAX_RESPONSE and not streamed:
            return self._answer(413, {"errorType": "RequestEntityTooLarge", "errorMessage": ""})
        invocation = self.server.api.finish(match[1])
        if not invocation:
            return self._answer(400, {"errorType": "InvalidRequestID", "errorMessage": match[1]})
        invocation.content_type = self.headers["Content-Type"]
        if match[2] == "response":
            invocation.response = body
            invocation.chunks = chunks if streamed else None
            invocation.error = self._midway_failure(trailers)
        else:
            invocation.error = self._failure(body)
        self._answer(202, {"status": "OK"})
        return invocation.done.set()

    def _register_extension(self):
        self._read_body()
        self.server.api.extensions.append(self.headers["Lambda-Extension-Name"])
        self._send(200, b"{}", {"Lambda-Extension-Identifier": str(uuid.uuid4())})

    def _read_body(self):
        """The pieces of the body, and the trailers' fields, names in lower case."""
        if self.headers["Transfer-Encoding"] != "chunked":
            return [self.rfile.read(int(self.headers["Content-Length"]))], {}
        chunks, trailers = [], {}
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while line := self.rfile.readline().strip():
            name, value = line.decode().split(": ", 1)
            trailers[name.lower()] = value
        return chunks, trailers

    def _failure(self, body):
        return Failure(
            json.loads(body),
            self.headers["Lambda-Runtime-Function-Error-Type"],
            self.headers["Lambda-Runtime-Function-XRay-Error-Cause"],
        )

    @staticmethod
    def _midway_failure(trailers):
        error_type = trailers.get("lambda-runtime-function-error-type")
        if error_type is None:
            return None
        body = base64.b64decode(trailers["lambda-runtime-function-error-body"])
        return Failure(json.loads(body), error_type)

    def _answer(self, status, value):
        self._send(status, json.dumps(value).encode(), {})

    def _send(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
