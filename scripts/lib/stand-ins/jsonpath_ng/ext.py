"""Paths of plain names, such as `$.detail.amount`: all that EventBridge's targets use by themselves."""

from typing import NamedTuple


class Match(NamedTuple):
    value: object


class Path(NamedTuple):
    names: list

    def find(self, data):
        for name in self.names:
            if not isinstance(data, dict) or name not in data:
                return []
            data = data[name]
        return [Match(data)]


def parse(path):
    root, *names = path.split(".")
    if root != "$":
        raise NotImplementedError(path)
    return Path(names)
