#!/usr/bin/env python3
"""zones.py ZONEINFO FILE: the compiled time zones of a folder, in one file.

A line for each name, `NAME OFFSET LENGTH`, sorted; an empty line; and then the contents of the zones (RFC 9636),
which OFFSET counts from, each once however many names it has.
"""
import sys
from pathlib import Path


def main(folder, target):
    places = {}  # contents → where they are
    lines, end = [], 0
    for path in sorted(path for path in Path(folder).rglob("*") if path.is_file()):
        contents = path.read_bytes()
        if contents not in places:
            places[contents] = end
            end += len(contents)
        lines.append(f"{path.relative_to(folder)} {places[contents]} {len(contents)}\n")
    Path(target).write_bytes("".join(lines).encode() + b"\n" + b"".join(places))


main(*sys.argv[1:])
