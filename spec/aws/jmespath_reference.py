"""Evaluates random JMESPath expressions with Python's jmespath: one JSON object a line, for
jmespath_python_spec.lua.

Usage: jmespath_reference.py SEED COUNT

A line is {"expression": …, "data": …, "result": …}, or "failed": true in place of the result, or
{"error": why there are none}. Not there: what the specification leaves open (the order of an object's
members is made that of their names), and what this implementation answers with an exception of Python's, or
otherwise than the specification: a slice after an index, which it takes for no projection.
"""

import json
import random
import re
import sys

try:
    from jmespath import parser, visitor
    from jmespath.exceptions import JMESPathError
except ImportError as error:
    print(json.dumps({"error": f"needs jmespath (python3-jmespath, or pip install jmespath): {error}"}))
    sys.exit(1)

NAMES = ["a", "b", "c", "d", "ä b"]
STRINGS = ["", "a", "ab", "b", "ä", "äb𝄞", "7", "-3.5", "1e2", "x'`\"\\y"]
NUMBERS = [2, 3, -2, 10, 0.5, 2.5, -7.25]  # neither 0 nor 1, which Python takes for False and True
AN_INDEX, A_SLICE = re.compile(r"\[-?\d+\]$"), re.compile(r"\[-?\d*:")
COMPARATORS = ["==", "!=", "<", "<=", ">", ">="]
FUNCTIONS = {
    "abs": "v", "avg": "v", "ceil": "v", "contains": "vv", "ends_with": "vv", "floor": "v", "join": "vv",
    "keys": "v", "length": "v", "map": "ev", "max": "v", "max_by": "ve", "merge": "vo", "min": "v",
    "min_by": "ve", "not_null": "vv", "reverse": "v", "sort": "v", "sort_by": "ve", "starts_with": "vv",
    "sum": "v", "to_array": "v", "to_number": "v", "type": "v", "values": "v",
}  # fmt: skip


class Ordered(visitor.TreeInterpreter):
    def visit(self, node, *arguments, **options):
        result = super().visit(node, *arguments, **options)
        return dict(sorted(result.items())) if isinstance(result, dict) else result


class Source:
    def __init__(self, seed):
        self.chance = random.Random(seed)

    def pick(self, options):
        return self.chance.choice(options)

    def data(self, depth):
        kind = self.pick("sn0bllloooo" if depth > 0 else "sn0b")
        if kind == "s":
            return self.pick(STRINGS)
        if kind == "n":
            return self.pick(NUMBERS)
        if kind == "0":
            return None
        if kind == "b":
            return self.pick([True, False])
        if kind == "l" and self.chance.random() < 0.4:  # all of one type, as sort and sum want it
            return [self.pick(pool) for pool in [self.pick([STRINGS, NUMBERS])] * self.chance.randrange(5)]
        if kind == "l" and self.chance.random() < 0.4:
            return [self.object(depth, required=["a"]) for _ in range(self.chance.randrange(5))]
        if kind == "l":
            return [self.data(depth - 1) for _ in range(self.chance.randrange(5))]
        return self.object(depth, required=[])

    def object(self, depth, required):
        names = sorted(set(required + self.chance.sample(NAMES, self.chance.randrange(len(NAMES) + 1))))
        members = {name: self.data(depth - 1) for name in names}
        members.update({name: self.pick(NUMBERS) for name in required if depth < 4})
        return members

    def name(self):
        name = self.pick(NAMES)
        return name if name.isascii() else json.dumps(name, ensure_ascii=self.chance.random() < 0.5)

    def literal(self):
        value = self.data(self.pick([0, 0, 1, 2]))
        if isinstance(value, str) and self.chance.random() < 0.5 and "\\" not in value:
            return "'" + value.replace("'", "\\'") + "'"
        return "`" + json.dumps(value, ensure_ascii=False).replace("`", "\\`") + "`"

    def bracket(self, depth):
        number = lambda: str(self.chance.randrange(-4, 5))
        maybe = lambda: self.pick(["", number()])
        kind = self.pick(["index", "slice", "step", "star", "star", "flatten", "filter", "filter"])
        if kind == "index":
            return f"[{number()}]"
        if kind == "slice":
            return f"[{maybe()}:{maybe()}]"
        if kind == "step":
            return f"[{maybe()}:{maybe()}:{self.pick(['', '1', '-1', '2', '-2'])}]"
        if kind == "star":
            return "[*]"
        if kind == "flatten":
            return "[]"
        return f"[?{self.condition(depth - 1)}]"

    def condition(self, depth):
        if depth > 0 and self.chance.random() < 0.7:
            return f"{self.expression(depth - 1)} {self.pick(COMPARATORS)} {self.expression(depth - 1)}"
        return self.expression(depth)

    def multi_select(self, depth):
        parts = [self.expression(depth - 1) for _ in range(self.chance.randrange(1, 4))]
        if self.chance.random() < 0.5:
            return "[" + ", ".join(parts) + "]"
        return "{" + ",".join(f"{self.name()}: {part}" for part in parts) + "}"

    def argument(self, kind, depth):
        if kind == "o":
            return "`" + json.dumps(self.object(1, [])).replace("`", "\\`") + "`"
        return ("&" if kind == "e" else "") + self.expression(depth)

    def call(self, depth):
        name = self.pick(sorted(FUNCTIONS))
        arguments = [self.argument(kind, depth - 1) for kind in FUNCTIONS[name]]
        return f"{name}({', '.join(arguments)})"

    def operand(self, depth):
        kind = self.pick(["name"] * 6 + ["@", "*", "literal", "bracket", "multi", "call", "call", "(", "!"])
        if depth <= 0 or kind == "name":
            return self.pick([self.name(), self.name(), self.name(), "@", self.literal()])
        if kind in "@*":
            return kind
        if kind == "literal":
            return self.literal()
        if kind == "bracket":
            return self.bracket(depth)
        if kind == "multi":
            return self.multi_select(depth)
        if kind == "call":
            return self.call(depth)
        if kind == "(":
            return f"({self.expression(depth - 1)})"
        return "!" + self.operand(depth - 1)

    def after_dot(self, depth):
        return self.pick([self.name, self.name, lambda: "*", lambda: self.multi_select(depth), lambda: self.call(depth)])()

    def chain(self, depth):
        text = self.operand(depth)
        while self.chance.random() < 0.6:
            more = self.bracket(depth) if self.chance.random() < 0.5 else "." + self.after_dot(depth)
            if not AN_INDEX.search(text) or not A_SLICE.match(more):
                text += more
        return text

    def expression(self, depth):
        text = self.chain(depth)
        while depth > 0 and self.chance.random() < 0.25:
            space = self.pick(["", " ", "\n"])
            text += space + self.pick(["|", "||", "&&", *COMPARATORS]) + space + self.chain(depth - 1)
        return text


def evaluate(expression, data):
    """The line for an expression, or None where the answer is an exception of Python's."""
    line = {"expression": expression, "data": data}
    try:
        parsed = parser.Parser().parse(expression)
        return {**line, "result": Ordered().visit(parsed.parsed, data)}
    except JMESPathError:
        return {**line, "failed": True}
    except (TypeError, ValueError, AttributeError):
        return None


def main():
    source = Source(int(sys.argv[1]))
    count = int(sys.argv[2])
    while count > 0:
        line = evaluate(source.expression(source.pick([1, 2, 3])), source.object(4, NAMES[:1]))
        if line:
            print(json.dumps(line))
            count -= 1


main()
