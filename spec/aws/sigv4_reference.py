"""Signs random requests with botocore: one JSON object a line, for sigv4_botocore_spec.lua.

Usage: sigv4_reference.py SEED COUNT

A line is {"kind": "sign" | "presign", "request": what aws.sigv4 takes, "expected": what it should answer},
or {"error": why there are none}. The requests avoid what botocore leaves to its caller: a query that is not
encoded yet, and headers that only some of its versions sign.
"""

import json
import random
import sys
from datetime import datetime, timezone
from types import SimpleNamespace
from urllib.parse import quote

try:
    from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError as error:
    print(json.dumps({"error": f"needs botocore (python3-botocore, or pip install botocore): {error}"}))
    sys.exit(1)

UNRESERVED = "abcXYZ019-._~"
RESERVED = "!$&'()*+,;=:@"
OTHER = '"<>[]^`{|}\\äßé漢𝄞 %'
SEGMENTS = ["", ".", "..", "...", ".a", "a", "%20", "%2F", "%2f", "%", "%zz", "A%41"]


def text(chance, alphabet, most):
    return "".join(chance.choice(alphabet) for _ in range(chance.randrange(most + 1)))


def random_path(chance):
    segments = [
        chance.choice(SEGMENTS) if chance.random() < 0.5 else text(chance, UNRESERVED + RESERVED + OTHER, 6)
        for _ in range(chance.randrange(7))
    ]
    return "/" + "/".join(segments)


def encoded(chance, least):
    return quote(text(chance, UNRESERVED, least) + text(chance, UNRESERVED + RESERVED + OTHER + "/?#", 4), safe="-_.~")


def random_query(chance):
    pieces = []
    for _ in range(chance.randrange(6)):
        name = encoded(chance, 2)
        value = encoded(chance, 2)
        if chance.random() < 0.2 and name:
            pieces.append(name)
        else:
            pieces.append(f"{name}={value}")
        if chance.random() < 0.2:
            pieces.append(f"{name}={encoded(chance, 2)}")
    chance.shuffle(pieces)
    return "&".join(pieces)


def plain_query(chance):
    """What survives that botocore takes a query apart and puts it together: each name once, with a value."""
    return "&".join(f"{name}{number}={encoded(chance, 3)}" for number, name in enumerate(text(chance, "bca", 4)))


def random_headers(chance):
    headers = {}
    for number in range(chance.randrange(5)):
        name = chance.choice(["X-Amz-Meta-", "x-amz-meta-", "Content-", "A", "My-Header"]) + str(number)
        values = [text(chance, UNRESERVED + RESERVED + OTHER + "  \t\"", 12) for _ in range(chance.choice([1, 1, 1, 2, 3]))]
        headers[name] = values
    for name in ("User-Agent", "Expect", "X-Amzn-Trace-Id"):
        if chance.random() < 0.2:
            headers[name] = ["unsigned"]
    return headers


def random_request(chance, query):
    host = chance.choice(["example.amazonaws.com", "localhost:5000", "s3.eu-central-1.amazonaws.com"])
    path = random_path(chance)
    headers = {chance.choice(["Host", "host", "HOST"]): [host], **random_headers(chance)}
    credentials = {
        "access_key": "AKID" + text(chance, "ABCDEFG234567", 16),
        "secret_key": text(chance, UNRESERVED + "/+", 80),
    }
    if chance.random() < 0.5:
        credentials["session_token"] = "t" + text(chance, UNRESERVED + "/+=", 100)
    return {
        "method": chance.choice(["GET", "POST", "PUT", "DELETE", "HEAD"]),
        "path": path + ("?" + query if query or chance.random() < 0.2 else ""),
        "headers": headers,
        "body": text(chance, UNRESERVED + RESERVED + OTHER + "\n", 200),
        "region": chance.choice(["us-east-1", "cn-north-1", "us-gov-west-1", "x"]),
        "service": chance.choice(["ec2", "service", "execute-api"]),
        "time": chance.randrange(253402300800),
        "credentials": credentials,
    }


def botocore_request(request):
    host = next(values[0] for name, values in request["headers"].items() if name.lower() == "host")
    made = AWSRequest(
        method=request["method"], url="https://" + host + request["path"], data=request["body"].encode()
    )
    for name, values in request["headers"].items():
        for value in values:
            made.headers[name] = value
    made.context["timestamp"] = datetime.fromtimestamp(request["time"], timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    return made


def run_stages(signer_class, request, made, **options):
    given = request["credentials"]
    credentials = Credentials(given["access_key"], given["secret_key"], given.get("session_token"))
    signer = signer_class(credentials, request["service"], request["region"], **options)
    signer._modify_request_before_signing(made)
    canonical_request = signer.canonical_request(made)
    string_to_sign = signer.string_to_sign(made, canonical_request)
    signer._inject_signature_to_request(made, signer.signature(string_to_sign, made))
    return {"canonical_request": canonical_request, "string_to_sign": string_to_sign}


def sign(chance):
    request = random_request(chance, random_query(chance))
    made = botocore_request(request)
    if chance.random() < 0.5:
        expected = run_stages(SigV4Auth, request, made)
    else:
        unsigned = chance.random() < 0.5
        made.context["client_config"] = SimpleNamespace(s3={"payload_signing_enabled": not unsigned})
        request.update(service="s3", double_encode=False, normalize=False)
        expected = run_stages(S3SigV4Auth, request, made)
        request["headers"]["X-Amz-Content-SHA256"] = [made.headers["X-Amz-Content-SHA256"]]
    expected["authorization"] = made.headers["Authorization"]
    return request, expected


def presign(chance):
    request = random_request(chance, plain_query(chance))
    request.update(body="", expires=chance.randrange(1, 604801))
    made = botocore_request(request)
    if chance.random() < 0.5:
        expected = run_stages(SigV4QueryAuth, request, made, expires=request["expires"])
    else:
        request.update(service="s3", double_encode=False, normalize=False, payload_hash="UNSIGNED-PAYLOAD")
        expected = run_stages(S3SigV4QueryAuth, request, made, expires=request["expires"])
    expected["path"] = made.url[len("https://") :]
    expected["path"] = expected["path"][expected["path"].index("/") :]
    return request, expected


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    chance = random.Random(seed)
    for _ in range(count):
        kind, make = chance.choice([("sign", sign), ("sign", sign), ("presign", presign)])
        request, expected = make(chance)
        request["headers"] = {
            name: values[0] if len(values) == 1 and chance.random() < 0.8 else values
            for name, values in request["headers"].items()
        }
        print(json.dumps({"kind": kind, "request": request, "expected": expected}))


main()
