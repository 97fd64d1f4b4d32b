"""The local AWS: moto, served over real HTTP at 127.0.0.1.

    with LocalAws() as aws:
        aws.client("ec2").run_instances(...)
        aws.calls          # what was asked of it, in order

Its state is the process's: one at a time. As a program it serves until it is ended.
"""

import argparse
import io
import json
import os
import sys
import threading
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode
from urllib.request import Request, urlopen

# Moto's list of public images makes each RunInstances ten times slower, and nobody here needs it.
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

import boto3  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402

REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIALOCAL", "AWS_SECRET_ACCESS_KEY": "local"}


class Call(NamedTuple):
    """A request of the query protocols: its action, and its parameters with their values."""

    action: str
    parameters: dict


REFUSAL = """<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors>
<RequestID>00000000-0000-0000-0000-000000000000</RequestID></Response>"""


class _Recorder:
    """A layer before moto that notes what is asked of it, and may change it or refuse it."""

    def __init__(self, application):
        self.application = application
        self.calls = []
        self.refuses = None  # Call → boolean, or an error's code and message
        self.page_size = None

    def __call__(self, environ, start_response):
        if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
            return self.application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        parameters = dict(parse_qsl(body.decode(), keep_blank_values=True))
        call = Call(parameters.get("Action", ""), parameters)
        self.calls.append(call)
        refused = self.refuses and self.refuses(call)
        if refused:
            error = refused if isinstance(refused, tuple) else ("OperationNotPermitted", "refused by the test")
            start_response("400 Bad Request", [("Content-Type", "text/xml")])
            return [REFUSAL.format(*error).encode()]
        if self.page_size and "MaxResults" in parameters:
            body = urlencode({**parameters, "MaxResults": self.page_size}).encode()
        environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
        return self.application(environ, start_response)


class _SilentHandler(WSGIRequestHandler):
    def log(self, *_):
        pass


class LocalAws:
    def __init__(self, port=0, verbose=False):
        self._recorder = _Recorder(DomainDispatcherApplication(create_backend_app))
        handler = WSGIRequestHandler if verbose else _SilentHandler
        self._server = make_server("127.0.0.1", port, self._recorder, True, request_handler=handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self.calls = self._recorder.calls

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def serve(self):
        self._server.serve_forever()

    def environment(self):
        """The variables that point an AWS client here."""
        return {**CREDENTIALS, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": self.endpoint}

    def client(self, service, region=REGION):
        """boto3's client of a service of this AWS."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    def refuse(self, refuses):
        """Answers the calls for which `refuses(call)` holds with EC2's error OperationNotPermitted, or what it says."""
        self._recorder.refuses = refuses

    def limit_pages(self, size):
        """Gives no more than so many results a page, whatever is asked for."""
        self._recorder.page_size = size

    def forget(self):
        """Drops everything that was created."""
        urlopen(Request(f"{self.endpoint}/moto-api/reset", method="POST")).close()

    def user(self, policy):
        """Makes a user who may do what a policy says; the variables of the credentials."""
        iam = self.client("iam")
        iam.create_user(UserName="function")
        iam.put_user_policy(UserName="function", PolicyName="function", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName="function")["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    @contextmanager
    def enforcing_iam(self):
        """Checks signatures and policies meanwhile."""
        self._allow_without_policies("0")
        try:
            yield
        finally:
            self._allow_without_policies("inf")

    def _allow_without_policies(self, calls):
        headers = {"Content-Type": "text/plain"}
        urlopen(Request(f"{self.endpoint}/moto-api/reset-auth", calls.encode(), headers)).close()


def main():
    parser = argparse.ArgumentParser(prog="local-aws run", description="Serves moto at 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    aws = LocalAws(parser.parse_args().port, verbose=True)
    print(aws.endpoint, flush=True)
    try:
        aws.serve()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
