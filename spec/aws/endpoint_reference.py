"""Finds endpoints with botocore: one JSON object a line, for endpoint_botocore_spec.lua.

Usage: endpoint_reference.py MODELS SEED COUNT

MODELS is a botocore data directory, plain or compressed. A line is {"service", "params": what goes into the
service's rules, "expected": {"url", "properties", "headers"}, or null where there is no endpoint}, or {"error": why
there are none}.
"""

import gzip
import json
import random
import sys
from pathlib import Path

try:
    from botocore.endpoint_provider import EndpointProvider
    from botocore.exceptions import EndpointProviderError
except ImportError as error:
    print(json.dumps({"error": f"needs botocore (python3-botocore, or pip install botocore): {error}"}))
    sys.exit(1)

REGIONS = (
    "us-east-1 eu-central-1 cn-north-1 us-gov-west-1 us-iso-east-1 us-isob-east-1 eu-isoe-west-1 us-isof-south-1"
    " xx-new-1 aws-global"
).split()
URLS = ["http://localhost:5000", "https://beta.example.com/path", "https://10.0.0.1:80", "http://x.com/a/b/"]
ACCOUNT = "123456789012"
VALUES = {
    "Bucket": [
        "my-bucket",
        "my.bucket",
        "My_Bucket",
        "a",
        "192.168.1.1",
        "bücket",
        "arn:bad",
        "bucket--usw2-az1--x-s3",
        "ab--use1-az4--xa-s3",
        f"arn:aws:s3:us-west-2:{ACCOUNT}:accesspoint:point",
        f"arn:aws:s3::{ACCOUNT}:accesspoint:many.mrap",
        f"arn:aws:s3-object-lambda:us-west-2:{ACCOUNT}:accesspoint/lambda",
        f"arn:aws:s3-outposts:us-west-2:{ACCOUNT}:outpost:op-01234567890123456:accesspoint:reports",
    ],
    "AccountId": [ACCOUNT, "bad_account"],
    "AccountIdEndpointMode": ["preferred", "disabled", "required"],
    "EndpointId": ["abc123.456def", "bad_id!"],
    "OperationType": ["control", "data"],
    "ResourceArn": [f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t", "t"],
    "ResourceArnList": [[f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t"], ["t"]],
    "StreamARN": [f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s", "x"],
}
# Half of the cases are for these, whose rules look at more than the region.
RICH = "s3 s3 s3 s3control dynamodb kinesis events sts iam cloudfront-keyvaluestore".split()


def read(path):
    packed = path.with_name(path.name + ".gz")
    return json.loads(path.read_text() if path.exists() else gzip.decompress(packed.read_bytes()))


def random_value(chance, name, definition):
    built_in = definition.get("builtIn")
    if built_in == "AWS::Region":
        return chance.choice(REGIONS)
    if built_in == "SDK::Endpoint":
        return chance.choice(URLS) if chance.random() < 0.25 else None
    if definition["type"].lower() == "boolean":
        return chance.choice([True, False, None])
    return chance.choice(VALUES.get(name, ["value"]) + [None])


def evaluate(rules, params):
    fixed = {name: tuple(value) if isinstance(value, list) else value for name, value in params.items()}
    try:
        endpoint = rules.evaluate(fixed)
    except EndpointProviderError:
        return None
    return endpoint and {"url": endpoint.url, "properties": endpoint.properties, "headers": endpoint.headers}


def main(models, seed, count):
    chance = random.Random(seed)
    partitions = read(models / "partitions.json")
    services = sorted(folder.name for folder in models.iterdir() if folder.is_dir())
    known = {}
    for _ in range(count):
        service = chance.choice(RICH if chance.random() < 0.5 else services)
        if service not in known:
            newest = max((models / service).iterdir())
            ruleset = read(newest / "endpoint-rule-set-1.json")
            known[service] = ruleset["parameters"], EndpointProvider(ruleset, partitions).ruleset
        definitions, rules = known[service]
        params = {name: random_value(chance, name, definition) for name, definition in definitions.items()}
        params = {name: value for name, value in params.items() if value is not None}
        print(json.dumps({"service": service, "params": params, "expected": evaluate(rules, params)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
