"""What botocore makes of random parameters and random answers, for differential_spec.lua.

An older botocore that lacks a service, a protocol or infinite numbers is compared in what it has.

Prints JSON lines: {"model": ..., "operation": ..., "case": "encode" | "decode" | "error", ...}.
Parameters and outputs hold {"$blob": base64}, {"$time": seconds} and {"$number": text} for what JSON
cannot say. The seed is fixed: the same botocore gives the same lines.
"""

import base64
import datetime
import json
import math
import random
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import botocore.awsrequest
import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.serialize

# Operations to sample from each service. The protocol is forced where a service speaks several.
SERVICES = [
    ("ec2", None, 16),
    ("sts", None, 3), ("iam", None, 4), ("cloudformation", None, 4), ("autoscaling", None, 4),
    ("rds", None, 3), ("sns", None, 3), ("elbv2", None, 3), ("sdb", None, 2), ("elasticache", None, 2),
    ("dynamodb", None, 5), ("ssm", None, 4), ("kms", None, 3), ("ecs", None, 4), ("events", None, 3),
    ("sqs", None, 3), ("stepfunctions", None, 3), ("kinesis", None, 3),
    ("lambda", None, 6), ("apigateway", None, 4), ("batch", None, 3), ("iot", None, 4), ("eks", None, 3),
    ("glacier", None, 4), ("lex-runtime", None, 2), ("mq", None, 3),
    ("s3", None, 16), ("route53", None, 6), ("cloudfront", None, 5), ("s3control", None, 4),
    ("cloudwatch", "smithy-rpc-v2-cbor", 8), ("arc-region-switch", "smithy-rpc-v2-cbor", 4),
]
SAMPLES = 3
KNOWN_PROTOCOLS = botocore.serialize.SERIALIZERS
HAS_INFINITY = hasattr(botocore.serialize.Serializer, "_handle_float")
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
ALPHABET = ["a", "b", "Z", "0", "-", "_", ".", " ", "/", "+", "&", "<", "é", "日", "\U0001f600"]


class Generator:
    """Random values along a shape."""

    def __init__(self, rng, answer):
        self.rng = rng
        self.answer = answer

    def text(self, shape):
        if shape.name == "ChecksumAlgorithm":
            return self.rng.choice(["CRC32", "CRC32C", "SHA1", "SHA256"])
        if shape.enum:
            return self.rng.choice(shape.enum)
        low = max(1, shape.metadata.get("min", 1))
        length = self.rng.randint(low, max(low, min(low + 8, shape.metadata.get("max", low + 8))))
        in_header = shape.serialization.get("location") in ("header", "headers")
        alphabet = ALPHABET[:7] if in_header else ALPHABET
        if shape.serialization.get("hostLabel"):
            alphabet = ALPHABET[:4]
        return "".join(self.rng.choice(alphabet) for _ in range(length))

    def number(self, shape):
        low = shape.metadata.get("min", -1000000)
        high = shape.metadata.get("max", 2 ** 50 if shape.type_name == "long" else 2 ** 31 - 1)
        if shape.type_name in ("float", "double"):
            if HAS_INFINITY and self.rng.random() < 0.1:
                return self.rng.choice([math.inf, -math.inf])
            return self.rng.randint(-1000000, 1000000) / 64
        return self.rng.randint(int(low), int(min(high, 2 ** 50)))

    def timestamp(self):
        seconds = self.rng.randint(0, 4 * 10 ** 9)
        micro = self.rng.choice([0, 0, 500000, 123000])
        return EPOCH + datetime.timedelta(seconds=seconds, microseconds=micro)

    def structure(self, shape, depth):
        if shape.is_document_type:
            return {"a": [1, "two", None, True, {"b": {}}], "c": []}
        names = sorted(shape.members)
        if shape.is_tagged_union:
            names = [self.rng.choice(names)]
        required = shape.required_members
        value = {}
        for name in names:
            member = shape.members[name]
            if member.serialization.get("eventstream"):
                continue
            wanted = name in required or shape.is_tagged_union
            if wanted or (depth < 6 and self.rng.random() < (0.6 if depth < 3 else 0.25)):
                value[name] = self.value(member, depth + 1)
        return value

    def list(self, shape, depth):
        low = shape.metadata.get("min", 0)
        count = max(low, self.rng.randint(0, 3) if depth < 6 else 0)
        return [self.value(shape.member, depth + 1) for _ in range(count)]

    def map(self, shape, depth):
        keys = {self.text(shape.key) for _ in range(self.rng.randint(0, 3) if depth < 6 else 0)}
        if shape.serialization.get("location") == "headers":
            keys = {"k" + str(i) for i in range(len(keys))}
        return {key: self.value(shape.value, depth + 1) for key in sorted(keys)}

    def value(self, shape, depth=0):
        kind = shape.type_name
        if kind in ("structure", "list", "map"):
            return getattr(self, kind)(shape, depth)
        if kind == "boolean":
            return self.rng.random() < 0.5
        if kind == "timestamp":
            return self.timestamp()
        if kind == "blob":
            return bytes(self.rng.randrange(256) for _ in range(self.rng.randint(0, 12)))
        if kind in ("integer", "long", "float", "double"):
            return self.number(shape)
        if shape.serialization.get("jsonvalue") and shape.serialization.get("location") == "header":
            return {"k": [1, "v"]}
        return self.text(shape)


def plain(value, shape=None):
    """A value in the marked form of the lines."""
    kind = shape.type_name if shape is not None else None
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.timezone.utc)
        return {"$time": (value - EPOCH).total_seconds()}
    if isinstance(value, (bytes, bytearray)):
        return {"$blob": base64.b64encode(value).decode()}
    if kind in ("float", "double") and not isinstance(value, bool):
        return {"$number": repr(float(value))}
    if isinstance(value, dict):
        if kind == "structure" and not shape.is_document_type:
            return {k: plain(v, shape.members.get(k)) for k, v in value.items()}
        return {k: plain(v, shape.value if kind == "map" else None) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v, shape.member if kind == "list" else None) for v in value]
    return value


# ---- answers -----------------------------------------------------------------------------------


def iso(value):
    return botocore.serialize.create_serializer("query", False)._timestamp_iso8601(value)


def scalar_text(shape, value):
    kind = shape.type_name
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamp":
        return iso(value)
    if kind == "blob":
        return base64.b64encode(value).decode()
    if kind in ("float", "double") and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(value)


def in_body(shape):
    return shape.serialization.get("location") not in ("header", "headers", "statusCode")


def member_tag(name, shape):
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        inner = shape.member.serialization.get("name")
        if inner:
            return inner
    return shape.serialization.get("name", name)


def xml_value(shape, value, tag, out):
    kind, flat = shape.type_name, shape.serialization.get("flattened")
    if kind == "structure":
        attributes, inner = "", []
        for name, item in value.items():
            member = shape.members[name]
            if member.serialization.get("xmlAttribute"):
                attribute = member.serialization["name"]
                prefix = attribute.partition(":")[0] if ":" in attribute else None
                if prefix:
                    attributes += f' xmlns:{prefix}="http://example.com/{prefix}"'
                attributes += f" {attribute}={quoteattr(item)}"
            elif in_body(member):
                xml_value(member, item, member_tag(name, member), inner)
        out.append(f"<{tag}{attributes}>\n  {''.join(inner)}</{tag}>\n")
    elif kind == "list":
        item_tag = tag if flat else shape.member.serialization.get("name", "member")
        inner = []
        for item in value:
            xml_value(shape.member, item, item_tag, inner)
        out.append("".join(inner) if flat else f"<{tag}>{''.join(inner)}</{tag}>")
    elif kind == "map":
        inner = []
        for key, item in value.items():
            pair = []
            xml_value(shape.key, key, shape.key.serialization.get("name", "key"), pair)
            xml_value(shape.value, item, shape.value.serialization.get("name", "value"), pair)
            entry = tag if flat else "entry"
            inner.append(f"<{entry}>{''.join(pair)}</{entry}>")
        out.append("".join(inner) if flat else f"<{tag}>{''.join(inner)}</{tag}>")
    else:
        out.append(f"<{tag}>{escape(scalar_text(shape, value))}</{tag}>")


def xml_body(shape, value, tag):
    out = []
    xml_value(shape, value, tag, out)
    return "".join(out)


def body_members(shape, value):
    return {k: v for k, v in value.items() if in_body(shape.members[k])}


def header_text(shape, value):
    if shape.type_name == "timestamp" and "timestampFormat" not in shape.serialization:
        value = value.replace(microsecond=0)
        return botocore.serialize.create_serializer("query", False)._timestamp_rfc822(value)
    if shape.type_name == "list":
        return ", ".join(header_text(shape.member, item) for item in value)
    if shape.serialization.get("jsonvalue"):
        return base64.b64encode(json.dumps(value).encode()).decode()
    return scalar_text(shape, value)


def bound_headers(shape, value):
    headers = {}
    for name, item in value.items():
        member = shape.members[name]
        location = member.serialization.get("location")
        header = member.serialization.get("name", name)
        if header.lower().startswith("x-amz-checksum-"):
            continue  # would have to be true
        if location == "header" and item != []:
            headers[header] = header_text(member, item)
        elif location == "headers":
            headers.update({header + k: v for k, v in item.items()})
    return headers


def json_tree(shape, value):
    serializer = botocore.serialize.create_serializer("json", False)
    holder = {}
    serializer._serialize(holder, value, shape, "value")
    return holder["value"]


def rest_answer(protocol, shape, value):
    headers, body = bound_headers(shape, value), b""
    payload = shape.serialization.get("payload")
    inner, content = shape, body_members(shape, value)
    if payload:
        inner, content = shape.members[payload], value.get(payload)
    if content is None or inner.serialization.get("eventstream"):
        return headers, body
    if payload and inner.type_name in ("blob", "string"):
        return headers, content if isinstance(content, bytes) else content.encode()
    if protocol == "rest-json":
        return headers, json.dumps(json_tree(inner, content)).encode()
    return headers, xml_body(inner, content, inner.serialization.get("name", inner.name)).encode()


def answer_of(protocol, operation, value):
    shape = operation.output_shape
    if protocol.startswith("rest-"):
        return rest_answer(protocol, shape, value)
    if protocol == "json":
        return {}, json.dumps(json_tree(shape, value)).encode()
    if protocol == "smithy-rpc-v2-cbor":
        serializer = botocore.serialize.create_serializer(protocol, False)
        return {}, serializer._serialize_body_params(value, shape)
    wrapper = shape.serialization.get("resultWrapper")
    inner = xml_body(shape, value, wrapper or operation.name + "Response")
    if wrapper:
        inner = (f'<{operation.name}Response xmlns="http://example.com/">{inner}'
                 f"<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{operation.name}Response>")
    return {}, inner.encode()


def error_answer(protocol, operation, shape, code, value):
    """An error in the protocol's own form, with the members of `shape`."""
    headers, message = {}, 'no "such" <thing>'
    if protocol == "ec2":
        body = (f"<Response><Errors><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
                f"</Errors><RequestID>req-1</RequestID></Response>")
        return headers, body.encode()
    if protocol in ("query", "rest-xml"):
        members = "".join(
            xml_body(shape.members[k], v, member_tag(k, shape.members[k]))
            for k, v in value.items() if in_body(shape.members[k]) and k.lower() != "message")
        body = (f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}"
                f"</Message>{members}</Error><RequestId>req-1</RequestId></ErrorResponse>")
        return headers, body.encode()
    content = body_members(shape, value)
    headers["x-amzn-RequestId"] = "req-1"
    if protocol == "smithy-rpc-v2-cbor":
        serializer = botocore.serialize.create_serializer(protocol, False)
        head = bytearray(serializer._serialize_body_params(content, shape))
        assert head[0] >> 5 == 5 and head[0] & 31 < 22
        for key, text in (("__type", "com.example#" + code),):
            head[0] += 1
            serializer._serialize_type_string(head, key, None, None)
            serializer._serialize_type_string(head, text, None, None)
        return headers, bytes(head)
    tree = json_tree(shape, content)
    if protocol == "rest-json":
        headers.update({k: v for k, v in bound_headers(shape, value).items() if k.lower() != "x-amzn-errortype"})
        headers["X-Amzn-Errortype"] = code + ":http://example.com/errors"
    else:
        tree["__type"] = "com.example#" + code
    return headers, json.dumps(tree).encode()


# ---- the lines ---------------------------------------------------------------------------------


def pruned(model, operation, protocol):
    """The model with one operation and the shapes that it reaches."""
    kept = {}

    def keep(name):
        if name in kept:
            return
        shape = {k: v for k, v in model["shapes"][name].items() if k not in ("documentation", "pattern")}
        kept[name] = shape
        if "members" in shape:
            shape["members"] = {
                k: {a: b for a, b in ref.items() if a != "documentation"}
                for k, ref in shape["members"].items()}
        for ref in list(shape.get("members", {}).values()) + [shape[k] for k in ("member", "key", "value") if k in shape]:
            keep(ref["shape"])

    definition = {k: v for k, v in model["operations"][operation].items() if not k.startswith("documentation")}
    for ref in [definition.get("input"), definition.get("output"), *definition.get("errors", [])]:
        if ref:
            keep(ref["shape"])
    metadata = dict(model["metadata"], protocols=[protocol])
    return {"metadata": metadata, "operations": {operation: definition}, "shapes": kept}


def encode_case(protocol, operation, params):
    serializer = botocore.serialize.create_serializer(protocol, False)
    request = serializer.serialize_to_request(params, operation)
    host_prefix = request.pop("host_prefix", None)
    botocore.awsrequest.prepare_request_dict(request, endpoint_url="https://host.example")
    prepared = botocore.awsrequest.create_request_object(request).prepare()
    path = prepared.url[len("https://host.example"):]
    body = prepared.body or b""
    if isinstance(body, str):
        body = body.encode()
    if protocol == "rest-xml" and body.startswith(b"<"):
        body = ElementTree.canonicalize(body.decode()).encode()
    headers = {k: (v.decode() if isinstance(v, bytes) else v) for k, v in request["headers"].items()}
    # An older botocore writes truth as Python does.
    headers = {k: v.lower() if v in ("True", "False") else v for k, v in headers.items()}
    return {
        "case": "encode",
        "params": plain(params, operation.input_shape),
        "expect": {
            "method": prepared.method, "path": path, "headers": headers,
            "body": base64.b64encode(body).decode(), "host_prefix": host_prefix,
        },
    }


def parsed(protocol, headers, body, status, shape):
    response = {
        "status_code": status, "body": body, "context": {},
        "headers": botocore.awsrequest.HeadersDict(headers),
    }
    return botocore.parsers.create_parser(protocol).parse(response, shape)


def decode_case(protocol, operation, value):
    headers, body = answer_of(protocol, operation, value)
    shape = operation.output_shape
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name == "blob":
        body = bytearray(body)  # which botocore takes for a stream, and does not read as text
    output = parsed(protocol, headers, body, 200, shape)
    output.pop("ResponseMetadata", None)
    return {
        "case": "decode", "status": 200, "headers": headers,
        "body": base64.b64encode(body).decode(), "expect": plain(output, shape),
    }


def error_case(protocol, operation, shape, value):
    code = shape.metadata.get("error", {}).get("code", shape.name)
    headers, body = error_answer(protocol, operation, shape, code, value)
    answer = parsed(protocol, headers, body, 400, None)
    detail = parsed(protocol, headers, body, 400, shape)
    detail.pop("ResponseMetadata", None)
    return {
        "case": "error", "status": 400, "headers": headers, "body": base64.b64encode(body).decode(),
        "expect": {
            "code": answer["Error"]["Code"], "message": answer["Error"].get("Message"),
            "request_id": answer["ResponseMetadata"].get("RequestId"), "detail": plain(detail, shape),
        },
    }


def cases(protocol, operation, rng):
    for _ in range(SAMPLES):
        if operation.input_shape is not None:
            yield encode_case(protocol, operation, Generator(rng, False).value(operation.input_shape))
        output = operation.output_shape
        if output is not None and not operation.has_event_stream_output:
            value = Generator(rng, True).value(output)
            payload = output.serialization.get("payload")
            if payload and payload not in value:
                value[payload] = Generator(rng, True).value(output.members[payload])
            yield decode_case(protocol, operation, value)
    for shape in operation.error_shapes[:2]:
        yield error_case(protocol, operation, shape, Generator(rng, True).value(shape))


def main():
    loader = botocore.loaders.Loader()
    rng = random.Random(20241124)
    print(json.dumps({"botocore": botocore.__version__}))
    available = loader.list_available_services("service-2")
    for service, forced, count in SERVICES:
        protocol = forced
        if service in available:
            document = loader.load_service_model(service, "service-2")
            model = botocore.model.ServiceModel(document, service)
            metadata = document["metadata"]
            if forced not in metadata.get("protocols", []):
                protocol = getattr(model, "resolved_protocol", metadata["protocol"])
        if service not in available or protocol not in KNOWN_PROTOCOLS:
            continue
        names = [n for n, definition in sorted(document["operations"].items())
                 if not definition.get("deprecated") and not model.operation_model(n).has_event_stream_input]
        for name in sorted(rng.sample(names, min(count, len(names)))):
            operation = model.operation_model(name)
            print(json.dumps({"service": service, "operation": name, "protocol": protocol,
                              "model": pruned(document, name, protocol),
                              "cases": list(cases(protocol, operation, rng))}))
    print(json.dumps({"complete": True}))


if __name__ == "__main__":
    main()
