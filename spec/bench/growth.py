"""How time and memory grow: decoding 10 to 50,000 instances, and 10 to 10,000 tasks in flight. Two charts."""

import instances
from chart import line_chart
from workshop import BUILD, BUNDLE, HERE, lines, say, write

PAGE = 1000  # EC2 gives no more instances at once
FLEETS = (10, 100, 1000, 10000, 50000)
TASKS = (10, 100, 1000, 10000)


def _figures(program, *arguments):
    return [float(line) for line in lines(BUNDLE / "bootstrap", "run", HERE / program, *arguments)]


def decode():
    """For each size of fleet the best microseconds an instance, and the peak of memory in kB."""
    rows = []
    for count in FLEETS:
        say(f"growth: {count:,} instances")
        page = write("page.xml", "".join(instances.answer(0, min(count, PAGE))))
        pages, rounds = max(1, count // PAGE), max(1, min(10, 5000 // count))
        *times, peak = _figures("decode.lua", page, rounds, pages)
        rows.append({"instances": count, "us_each": min(times) / count, "peak_kb": peak})
    return rows


def tasks():
    """For each number of tasks in flight the best microseconds a task of two runs, and kB resident meanwhile."""
    rows = []
    for count in TASKS:
        say(f"growth: {count:,} tasks")
        runs = [_figures("tasks.lua", count) for _ in range(2)]
        rows.append({"tasks": count, "us_each": min(time for time, _ in runs) / count,
                     "resident_kb": min(size for _, size in runs)})
    return rows


def measure():
    found = {"decode": decode(), "tasks": tasks()}
    write("decode.svg", line_chart(
        "Decoding DescribeInstances, in pages of 1,000 at most", "instances", "µs of processor time an instance; MB at the peak", {
            "µs an instance": [(row["instances"], row["us_each"]) for row in found["decode"]],
            "MB at the peak": [(row["instances"], row["peak_kb"] / 1024) for row in found["decode"]]}))
    write("tasks.svg", line_chart(
        "Tasks in flight", "tasks", "µs of processor time a task; MB resident", {
            "µs a task": [(row["tasks"], row["us_each"]) for row in found["tasks"]],
            "MB resident": [(row["tasks"], row["resident_kb"] / 1024) for row in found["tasks"]]}))
    print(f"\ncharts: {BUILD.name}/decode.svg, {BUILD.name}/tasks.svg")
    return found
