"""Which snapshots are kept, by the plainest program: `keep_reference.py SEED COUNT`.

Prints a case a line: zone, now, the rules, all times (newest first), and those kept; separated by tabs.
"""

import random
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"]
AGES = {"h": 3600, "d": 86400, "w": 604800, "y": 31536000}
NAMES = {
    "hourly": lambda t: (t.utcoffset(), t.strftime("%Y-%m-%d %H")),
    "daily": lambda t: t.strftime("%Y-%m-%d"),
    "weekly": lambda t: t.strftime("%G-%V"),
    "monthly": lambda t: t.strftime("%Y-%m"),
    "yearly": lambda t: t.strftime("%Y"),
}


def kept(rules, times, now, zone):
    keep = set(times[:1])
    for number, word in rules:
        if word in AGES:
            keep |= {t for t in times if now - t < number * AGES[word]}
        elif word in NAMES:
            newest = {}  # name → the newest time of that name
            for t in sorted(times):
                newest[NAMES[word](datetime.fromtimestamp(t, timezone.utc).astimezone(zone))] = t
            keep |= set(sorted(newest.values())[-number:])
        else:
            keep |= set(sorted(times)[-number:])
    return keep


def case(choose):
    name = choose.choice(ZONES)
    start = datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(days=choose.randrange(700))
    step = choose.choice([1800, 3600, 21600, 43200, 86400, 250000])
    now = t = int(start.timestamp())
    times = []
    for _ in range(choose.randrange(60)):
        times.append(t)
        t -= step * choose.choice([1, 1, 1, 2, 5]) + choose.choice([0, 0, 600])
    words = [choose.choice(["", *AGES, *NAMES]) for _ in range(choose.randrange(1, 5))]
    rules = [(choose.randrange(1, 12), word) for word in words]
    text = ",".join(f"{number} {word}".strip() for number, word in rules)
    keep = kept(rules, times, now, ZoneInfo(name))
    return [name, now, text, " ".join(map(str, times)), " ".join(str(t) for t in times if t in keep)]


def main():
    choose = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        print(*case(choose), sep="\t")


if __name__ == "__main__":
    main()
