"""What the functions' demos share: how they print, and how they end."""

import argparse
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from colours import paint
from local_lambda import Ended, LocalLambda

LOG = Path(__file__).resolve().parent.parent.parent / "build" / "demo.log"
BOLD, RED, GREEN, YELLOW, GREY = 1, 31, 32, 33, 90


@contextmanager
def step(name):
    """Names what takes a while, and says how long it took."""
    print(f"{name:<40}", end="", flush=True)
    start = time.monotonic()
    yield
    print(f"{time.monotonic() - start:6.1f} s")


class Table:
    """A table whose rows are printed as they come; `columns` are widths by heading."""

    def __init__(self, columns):
        self.columns = columns

    def head(self):
        self.row(*(([name], BOLD) for name in self.columns))
        print("  ".join("─" * width for width in self.columns.values()))

    def row(self, *cells):
        """Prints a row; a cell is its lines and their colour."""
        for at in range(max(len(lines) for lines, _ in cells)):
            texts = (
                paint(f"{lines[at] if at < len(lines) else '':<{width}}", colour)
                for (lines, colour), width in zip(cells, self.columns.values())
            )
            print("  ".join(texts).rstrip())


def print_wrong(lines):
    """Prints what is not as it should be; returns how much that is."""
    for line in lines:
        print(paint(f"  WRONG: {line}", RED))
    return len(lines)


@contextmanager
def stage(bundle, **environment):
    """The local AWS, and the function served from its bundle; LOG has its log afterwards."""
    with step("starting moto, the local AWS"):
        from local_aws import LocalAws  # which imports moto, and that takes a while

        aws = LocalAws()
    with aws, LocalLambda(bundle, {**aws.environment(), **environment}) as function:
        try:
            yield aws, function
        finally:
            LOG.write_text(function.log())


def checked(served):
    """An event served, unless the function failed: then nothing is left to be shown."""
    if served.error:
        raise Ended(f"The function failed: {served.error['errorMessage']}")
    return served


def main(name, description, run):
    """Runs a demo from its command line. `run(bundle)` returns how much was not as it should be."""
    parser = argparse.ArgumentParser(prog=f"scripts/demo {name}", description=description)
    parser.add_argument("bundle", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--verbose", action="store_true", help="show what the function logs, too")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        wrong = run(options.bundle)
    except Ended as problem:
        sys.exit(f"\n{problem}\nThe function's log: {LOG}")
    except KeyboardInterrupt:
        sys.exit(130)
    if wrong or options.verbose:
        print(f"\nWhat the function logged:\n{LOG.read_text()}")
    print(f"\n{f'{wrong} things are not' if wrong else 'All is'} as it should be. The function's log: {LOG}")
    sys.exit(1 if wrong else 0)
