"""Shows the function at work on volumes and instances of the local AWS, and checks every line that it shows.

`scripts/demo ebs-snapshots` runs it.
"""

import sys
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "spec"))

import scenario  # noqa: E402
from show import GREEN, GREY, RED, YELLOW, Table, checked, main, print_wrong, stage, step  # noqa: E402

COLUMNS = {"what": 11, "tags": 42, "what is left": 14, "what the last run said": 50}
TABLE = Table(COLUMNS)
NOT_LISTED = "not looked at: it has no tag"


def left(aws, source_id, source):
    """The days of which snapshots and copies are left, a line each."""
    home = sorted(set(scenario.days_of(aws, source_id)), reverse=True)
    abroad = scenario.days_of(aws, source_id, scenario.ABROAD)
    lines = [f"{day[5:]}{f' × {source.volumes}' if source.volumes else ''}" for day in home]
    return lines + [f"{day[5:]} copy" for day in abroad] or ["(none)"]


def colour_of(outcomes):
    actions = {outcome["action"] for outcome in outcomes}
    return RED if "error" in actions else YELLOW if "kept" in actions else GREEN if outcomes else GREY


def show_sources(aws, served, sources):
    """Prints the sources as a table; returns how much is not as it should be."""
    wrong = 0
    print(f"\nAfter runs on {len(scenario.EVENTS)} days from {scenario.EVENTS[0]['time'][:10]} to {scenario.EVENT['time']}:\n")
    TABLE.head()
    for source_id, source in sources.items():
        outcomes = served.of(source_id)
        said = [line for each in outcomes for line in textwrap.wrap(f"{each['action']}: {each['reason']}", 50)]
        TABLE.row(
            ([source.name, *(["instance"] if source.volumes else [])], None),
            ([f"{key:<9} {value}" for key, value in source.tags.items()] or ["(none)"], GREY),
            (left(aws, source_id, source), None),
            (said or [NOT_LISTED], colour_of(outcomes)),
        )
        wrong += print_wrong(scenario.differences(aws, served, source_id, source))
    return wrong


def show_rest(aws, served, others):
    """Says what the last run changed, and what became of a snapshot without the mark."""
    wrong = [f"{action} should not have been asked for" for action in served.changes()]
    if others not in scenario.held():
        wrong.append(f"{others}, which somebody else had made, is gone")
    if not wrong:
        print(f"\nThe last run changed nothing: {', '.join(served.actions)}.")
        print(f"{others}, which somebody else had made of a volume with tags, is still there.")
    return print_wrong(wrong)


def run(bundle):
    """Runs the demo; returns how much is not as it should be."""
    with stage(bundle) as (aws, function):
        ec2 = aws.client("ec2")
        others = ec2.create_snapshot(VolumeId=scenario.make_volume(ec2, {"keep": "1"}))["SnapshotId"]
        with step(f"serving events on {len(scenario.EVENTS)} days"):
            sources, served = scenario.play(aws, function)
            checked(served)
        return show_sources(aws, served, sources) + show_rest(aws, served, others)


if __name__ == "__main__":
    main("ebs-snapshots", __doc__.splitlines()[0], run)
