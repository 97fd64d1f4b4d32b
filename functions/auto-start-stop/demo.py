"""Shows the function at work on a fleet of the local AWS, and checks every line that it shows.

`scripts/demo auto-start-stop` runs it.
"""

import sys
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "spec"))

import scenario  # noqa: E402
from show import GREEN, GREY, RED, YELLOW, Table, checked, main, print_wrong, stage, step  # noqa: E402

COLUMNS = {"what": 12, "tags": 32, "before": 10, "what was done, or why not": 48, "after": 10}
TABLE = Table(COLUMNS)
KINDS = {"ec2": [], "rds": ["DB instance"], "aurora": ["DB cluster"], "autoscaling": ["group"]}  # a second line
NOT_LISTED = "not looked at: it has no tag"
WIDTH = sum(COLUMNS.values()) + 2 * (len(COLUMNS) - 1)
COLOURS = {"started": GREEN, "stopped": YELLOW, "error": RED}


def print_resource(served, resource_id, resource):
    action, reason = served.of(resource_id)
    what = f"{action}: {reason}" if action in COLOURS else reason or NOT_LISTED
    colour = COLOURS.get(action, GREY)
    TABLE.row(
        ([resource.name, *KINDS[resource.kind]], None),
        ([f"{key:<9} {value}" for key, value in resource.tags.items()] or ["(none)"], GREY),
        ([served.before[resource_id]], None),
        (textwrap.wrap(what, COLUMNS["what was done, or why not"]), colour),
        ([served.after[resource_id]], colour),
    )


def show_first(served, fleet):
    """Prints the fleet as a table; returns how much is not as it should be."""
    wrong = 0
    print(f"\nThe trigger of {scenario.EVENT['time']}:\n")
    TABLE.head()
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


def run(bundle):
    """Runs the demo; returns how much is not as it should be."""
    with stage(bundle, TARGETS=scenario.TARGETS) as (aws, function):
        with step(f"creating {len(scenario.FLEET)} instances, databases and groups"):
            fleet = scenario.create(aws)
            aws.refuse(scenario.Refusals(fleet))
        with step("serving the event"):
            first = checked(scenario.Served(aws, function))
        with step("serving it once more"):
            second = checked(scenario.Served(aws, function))
    return show_first(first, fleet) + show_second(second, fleet)


if __name__ == "__main__":
    main("auto-start-stop", __doc__.splitlines()[0], run)
