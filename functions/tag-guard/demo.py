"""Shows the function at work on new instances and volumes of the local AWS, and checks every line that it shows.

`scripts/demo tag-guard` runs it.
"""

import sys
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "spec"))

import scenario  # noqa: E402
from show import GREEN, GREY, RED, YELLOW, Table, checked, main, print_wrong, stage, step  # noqa: E402

TABLE = Table({"what": 10, "tags": 28, "said first": 44, "two hours later": 18, "a day later": 32})
COLOURS = {"none": GREEN, "exempt": GREY, "warned": YELLOW, "reported": YELLOW}


def lines_of(tags):
    return [f"{key.removeprefix('tag-guard:')} {value}" for key, value in tags.items()] or ["(none)"]


def owner_did(then):
    if then == "stop":
        return ["stopped by hand"]
    if not then:
        return [""]
    return ["put off in the tag"] if scenario.STOP_AFTER in then else ["tags corrected"]


def show_resources(aws, story):
    """Prints the resources as a table; returns how much is not as it should be."""
    wrong = 0
    print(f"\nNew at {scenario.START:%Y-%m-%d %H:%M} UTC, and watched for a day:\n")
    TABLE.head()
    for each in scenario.RESOURCES:
        id = story.ids[each.name]
        first = story.first[each.name].outcomes[id]
        state, _ = scenario.describe(aws, id)
        TABLE.row(
            ([each.name, each.kind], None),
            (lines_of(each.tags), GREY),
            (textwrap.wrap(f"{first['action']}: {first['reason']}", 44), COLOURS.get(first["action"], RED)),
            (owner_did(each.then), None),
            ([state, *(lines_of(marks) if (marks := scenario.marks(aws, id)) else [])], RED if state == "stopped" else GREEN),
        )
        wrong += print_wrong(story.differences(each))
    return wrong


def show_messages(story):
    """Prints the last message; returns how much is not as it should be."""
    sent = scenario.messages()
    news = ("warned", "reported", "stopped", "released")
    expected = sum(any(run.counts[each] for each in news) for run in story.runs)
    print(f"\n{len(story.runs)} runs sent {len(sent)} messages to the topic, the last of them:\n")
    print(textwrap.indent("\n".join((f"Subject: {sent[-1][0]}", "", sent[-1][1])), "  "))
    wrong = [] if len(sent) == expected else [f"there should be {expected}"]
    if story.runs[-1].changes():
        wrong.append(f"the last run should change nothing, not {story.runs[-1].changes()}")
    return print_wrong(wrong)


def run(bundle):
    """Runs the demo; returns how much is not as it should be."""
    with stage(bundle, TOPIC_ARN=scenario.TOPIC) as (aws, function):
        scenario.make_topic(aws)
        with step("serving the events of a day"):
            story = scenario.Story(aws, function).tell()
            for served in story.runs:
                checked(served)
        return show_resources(aws, story) + show_messages(story)


if __name__ == "__main__":
    main("tag-guard", __doc__.splitlines()[0], run)
