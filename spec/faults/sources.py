"""Where a process may have its credentials from. Each source gives other ones whenever it is asked: their session
tokens are `token-1`, `token-2` and so on."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from misbehave import http

KEYS = {"AccessKeyId": "AKIDROLE", "SecretAccessKey": "very-SECRET"}
ROLE = "arn:aws:iam::123456789012:role/r"
NO_INSTANCE = {"AWS_EC2_METADATA_DISABLED": "true"}

PROCESS = """#!/bin/sh
number=$(($(cat {count}) + 1))
echo $number > {count}
echo '{{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "very-SECRET", "SessionToken": "token-'$number'"}}'
"""


def of_container(url):
    return {**NO_INSTANCE, "AWS_CONTAINER_CREDENTIALS_FULL_URI": url}


def of_instance(url, seconds=60):
    """Asked for that long, where it answers on a slow machine, too."""
    return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": url, "AWS_METADATA_SERVICE_TIMEOUT": str(seconds)}


def patient_of_instance(url):
    """With more time than the one second that an instance has: this machine may be busy."""
    return {**of_instance(url), "AWS_METADATA_SERVICE_TIMEOUT": "20"}


def document(token, seconds=3600):
    """What a container's endpoint or an instance's metadata answers."""
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
    return http(json.dumps({**KEYS, "Token": token, "Expiration": ends}).encode())


def metadata(request, token=lambda: "token"):
    """All that an instance's metadata answers."""
    if request.method == "PUT":
        return http(b"a-token")
    return document(token()) if request.target.endswith("/role") else http(b"role")


@dataclass
class Source:
    environment: dict
    given: object = None  # called: how many it has given
    refused: object = lambda: None  # called when AWS refuses what it gave


class Tokens:
    def __init__(self):
        self.count = 0

    def next(self):
        self.count += 1
        return f"token-{self.count}"


def _of_server(environment_of, answer_of):
    """A source that is a place of the server: `answer_of` makes its answer of a request and of what gives a token."""
    def source(server, _):
        tokens = Tokens()
        place = server.place(lambda request: answer_of(request, tokens.next))
        return Source(environment_of(place.url), lambda: tokens.count)
    return source


def _sts(request, token):
    action = "AssumeRoleWithWebIdentity" if b"WebIdentityToken" in request.body else "AssumeRole"
    keys = "".join(f"<{name}>{value}</{name}>" for name, value in {**KEYS, "SessionToken": token()}.items())
    result = f"<{action}Result><Credentials>{keys}</Credentials></{action}Result>"
    return http(f"<{action}Response>{result}</{action}Response>".encode())


container = _of_server(of_container, lambda _, token: document(token()))
instance = _of_server(patient_of_instance, metadata)


def role(server, folder):
    profiles = Path(folder, "role")
    profiles.write_text(f"[default]\nrole_arn = {ROLE}\nsource_profile = base\n"
                        "[profile base]\naws_access_key_id = A\naws_secret_access_key = very-SECRET\n")
    return _of_server(lambda url: {**NO_INSTANCE, "AWS_CONFIG_FILE": str(profiles), "AWS_ENDPOINT_URL_STS": url},
                      _sts)(server, folder)


def web_identity(server, folder):
    token = Path(folder, "identity")
    token.write_text("who I am")
    return _of_server(lambda url: {**NO_INSTANCE, "AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ROLE_ARN": ROLE,
                                   "AWS_ENDPOINT_URL_STS": url}, _sts)(server, folder)


def process(_, folder):
    program, count, profiles = (Path(folder, f"process{end}") for end in (".sh", ".count", ""))
    program.write_text(PROCESS.format(count=count))
    count.write_text("0")
    profiles.write_text(f"[default]\ncredential_process = sh {program}\n")
    return Source({**NO_INSTANCE, "AWS_CONFIG_FILE": str(profiles)}, lambda: int(count.read_text()))


def file(_, folder):
    """A file of keys that something else writes anew when they have ended."""
    tokens, keys = Tokens(), Path(folder, "keys")

    def write():
        keys.write_text("[default]\naws_access_key_id = A\naws_secret_access_key = very-SECRET\n"
                        f"aws_session_token = {tokens.next()}\n")

    write()
    return Source({**NO_INSTANCE, "AWS_SHARED_CREDENTIALS_FILE": str(keys)}, lambda: tokens.count, write)


RENEWABLE = {
    "container": container, "instance": instance, "role": role, "web identity": web_identity, "process": process,
    "file": file,
}
