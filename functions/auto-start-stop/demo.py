"""Shows the function at work on a fleet of the local AWS, and checks every line that it shows.

`scripts/demo auto-start-stop` runs it.
"""

import argparse
import os
import signal
import sys
import textwrap
import time
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "spec"))

import scenario  # noqa: E402
from local_lambda import Ended, LocalLambda  # noqa: E402

LOG = HERE.parent.parent / "build" / "demo.log"
COLUMNS = {"what": 12, "tags": 32, "before": 10, "what was done, or why not": 48, "after": 10}
KINDS = {"ec2": [], "rds": ["DB instance"], "aurora": ["DB cluster"], "autoscaling": ["group"]}  # a second line
NOT_LISTED = "not looked at: it has no tag"
WIDTH = sum(COLUMNS.values()) + 2 * (len(COLUMNS) - 1)
BOLD, RED, GREEN, YELLOW, GREY = 1, 31, 32, 33, 90
COLOURS = {"started": GREEN, "stopped": YELLOW, "error": RED}


def paint(text, colour):
    if colour is None or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{colour}m{text}\033[0m"


@contextmanager
def step(name):
    print(f"{name:<40}", end="", flush=True)
    start = time.monotonic()
    yield
    print(f"{time.monotonic() - start:6.1f} s")


def print_row(*cells):
    """Prints a row; a cell is its lines and their colour."""
    for at in range(max(len(lines) for lines, _ in cells)):
        texts = (
            paint(f"{lines[at] if at < len(lines) else '':<{width}}", colour)
            for (lines, colour), width in zip(cells, COLUMNS.values())
        )
        print("  ".join(texts).rstrip())


def print_resource(served, resource_id, resource):
    action, reason = served.of(resource_id)
    what = f"{action}: {reason}" if action in COLOURS else reason or NOT_LISTED
    colour = COLOURS.get(action, GREY)
    print_row(
        ([resource.name, *KINDS[resource.kind]], None),
        ([f"{key:<9} {value}" for key, value in resource.tags.items()] or ["(none)"], GREY),
        ([served.before[resource_id]], None),
        (textwrap.wrap(what, COLUMNS["what was done, or why not"]), colour),
        ([served.after[resource_id]], colour),
    )


def print_wrong(lines):
    for line in lines:
        print(paint(f"  WRONG: {line}", RED))
    return len(lines)


def show_first(served, fleet):
    """Prints the fleet as a table; returns how much is not as it should be."""
    wrong = 0
    print(f"\nThe trigger of {scenario.EVENT['time']}:\n")
    print_row(*(([name], BOLD) for name in COLUMNS))
    print("  ".join("─" * width for width in COLUMNS.values()))
    for resource_id, resource in fleet.items():
        print_resource(served, resource_id, resource)
        wrong += print_wrong(served.differences(resource_id, resource))
    print()
    print(textwrap.fill(f"The requests that changed something: {', '.join(served.changes())}.", WIDTH))
    return wrong


def show_second(served, fleet):
    """Says whether the fleet was left as it was; returns how much is not as it should be."""
    print(f"The same trigger once more: {', '.join(served.actions)}.")
    wrong = [
        f"{resource.name}: {difference}"
        for resource_id, resource in fleet.items()
        for difference in served.differences(resource_id, scenario.settled(resource))
    ]
    wrong += [f"{action} should not have been asked for" for action in served.changes()]
    if not wrong:
        print(f"It changed nothing: all {len(fleet)} are as they were.")
    return print_wrong(wrong)


def serve(aws, function):
    served = scenario.Served(aws, function)
    if served.error:
        raise Ended(f"The function failed: {served.error['errorMessage']}")
    return served


def run(bundle):
    """Runs the demo; returns how much is not as it should be."""
    with step("starting moto, the local AWS"):
        from local_aws import LocalAws  # which imports moto, and that takes a while

        aws = LocalAws()
    with aws, LocalLambda(bundle, {**aws.environment(), "TARGETS": scenario.TARGETS}) as function:
        try:
            with step(f"creating {len(scenario.FLEET)} instances, databases and groups"):
                fleet = scenario.create(aws)
                aws.refuse(scenario.refused)
            with step("serving the event"):
                first = serve(aws, function)
            with step("serving it once more"):
                second = serve(aws, function)
        finally:
            LOG.write_text(function.log())
    return show_first(first, fleet) + show_second(second, fleet)


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo auto-start-stop", description=__doc__.splitlines()[0])
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


if __name__ == "__main__":
    main()
