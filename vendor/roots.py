#!/usr/bin/env python3
"""roots.py CERTDATA FOLDER: the roots that Mozilla trusts to vouch for web servers, as PEM.

Writes FOLDER/ca-bundle.pem (all of them) and FOLDER/amazon-roots.pem (those of Amazon and Starfield, which
every AWS endpoint's certificate goes back to). CERTDATA is NSS's certdata.txt: objects of `NAME TYPE VALUE`
lines, a certificate and the trust in it being two objects with the same issuer and serial number.
"""
import base64
import hashlib
import re
import sys

ORGANIZATION = bytes.fromhex("060355040a")  # X.520: 2.5.4.10, as DER


def read_objects(lines):
    """Yields each object as a dict of attribute name to text or, for MULTILINE_OCTAL, bytes."""
    current = {}
    for line in lines:
        words = line.split(None, 2)
        if not words or not words[0].startswith("CKA_"):
            continue
        name, kind = words[0], words[1]
        if name == "CKA_CLASS":
            if current:
                yield current
            current = {}
        if kind == "MULTILINE_OCTAL":
            current[name] = read_octal(lines)
        else:
            current[name] = words[2].strip() if len(words) > 2 else ""
    yield current


def read_octal(lines):
    data = bytearray()
    for line in lines:
        if line.strip() == "END":
            return bytes(data)
        data.extend(int(octal, 8) for octal in re.findall(r"\\([0-7]{3})", line))
    sys.exit("roots.py: certdata.txt ends within a value")


def organization(subject):
    """The O= of a DER name. Its strings are shorter than 128 bytes, so the length is one byte."""
    at = subject.find(ORGANIZATION)
    if at < 0:
        return ""
    start = at + len(ORGANIZATION) + 2
    return subject[start:start + subject[start - 1]].decode("utf-8", "replace")


def identity(item):
    return item["CKA_ISSUER"], item["CKA_SERIAL_NUMBER"]


def pem(certificate):
    text = base64.b64encode(certificate["CKA_VALUE"]).decode()
    rows = [text[i:i + 64] for i in range(0, len(text), 64)]
    label = certificate["CKA_LABEL"].strip('"')
    return "\n".join(["# " + label, "-----BEGIN CERTIFICATE-----", *rows, "-----END CERTIFICATE-----", ""])


def main(certdata, folder):
    with open(certdata, encoding="utf-8") as file:
        objects = list(read_objects(iter(file)))
    trusted = {
        identity(item) for item in objects
        if item["CKA_CLASS"] == "CKO_NSS_TRUST"
        and item["CKA_TRUST_SERVER_AUTH"] == "CKT_NSS_TRUSTED_DELEGATOR"
    }
    roots = [
        item for item in objects
        if item["CKA_CLASS"] == "CKO_CERTIFICATE" and identity(item) in trusted
    ]
    roots.sort(key=lambda item: (item["CKA_LABEL"], hashlib.sha256(item["CKA_VALUE"]).digest()))
    amazon = [item for item in roots if re.match("Amazon|Starfield", organization(item["CKA_SUBJECT"]))]
    if len(roots) < 100 or len(amazon) < 4:
        sys.exit(f"roots.py: {len(roots)} roots, {len(amazon)} of Amazon: is this certdata.txt?")
    for name, chosen in ("ca-bundle.pem", roots), ("amazon-roots.pem", amazon):
        with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
            file.write("\n".join(map(pem, chosen)))
    print(f"{len(roots)} roots, {len(amazon)} of Amazon and Starfield")


main(*sys.argv[1:])
