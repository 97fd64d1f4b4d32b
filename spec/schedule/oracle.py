"""Independent answers for differential_spec.lua: `oracle.py SUBJECT SEED ZONEINFO`.

Prints one question with its answer a line, fields separated by tabs, and at last a line `end`.
The same seed gives the same lines (with the same tzdata). Subjects:

zones   offset, daylight saving and date at times, and times of dates, of every zone: from Python's zoneinfo,
        and from the C library what zoneinfo does not tell (isdst)
rules   offsets by random POSIX TZ strings: from the C library (zoneinfo misreads the forms n and Jn)
crons   next and previous times of 5-field expressions in UTC: from croniter, where it agrees with crontab(5)
days    the days of expressions with L, W, # and years: by trying every day
clocks  the times of expressions around clock changes: by watching a clock minute by minute
events  the days of three years on which recurring events of an iCalendar take place: from dateutil
"""

import calendar
import datetime
import os
import random
import struct
import sys
import time
import warnings

try:
    import zoneinfo
except ImportError:
    sys.exit("error: Python 3.9 or newer is needed for zoneinfo: install python3")
try:
    import croniter
except ImportError:
    sys.exit("error: the Python module croniter is missing: install python3-croniter")
try:
    import dateutil.rrule
except ImportError:
    sys.exit("error: the Python module dateutil is missing: install python3-dateutil")

DAY = 86400
EPOCH = datetime.datetime(1970, 1, 1)
FIRST, LAST = 0, int((datetime.datetime(2101, 1, 1) - EPOCH).total_seconds())
DAY_NAMES = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


def emit(*fields):
    sys.stdout.write("\t".join(str(field) for field in fields) + "\n")


def naive(reading):
    return EPOCH + datetime.timedelta(seconds=reading)


def offset(zone, t):
    return round(datetime.datetime.fromtimestamp(t, zone).utcoffset().total_seconds())


def first_time(zone, reading):
    """The first time at which the clock shows a reading, or else the end of the gap that it lies in."""
    wanted = naive(reading)
    t = round(wanted.replace(tzinfo=zone, fold=0).timestamp())
    if t + offset(zone, t) == reading:
        return t
    low, high = reading - 26 * 3600, reading + 26 * 3600
    while high - low > 1:
        middle = (low + high) // 2
        if middle + offset(zone, middle) >= reading:
            high = middle
        else:
            low = middle
    return high


def stored_changes(data):
    """The times of change in the 64-bit block of a TZif file, and its footer."""

    def header(at):
        return struct.unpack(">6l", data[at + 20 : at + 44])

    isut, isstd, leap, times, types, chars = header(0)
    at = 44 + times * 5 + types * 6 + chars + leap * 8 + isstd + isut
    isut, isstd, leap, times, types, chars = header(at)
    at += 44
    changes = struct.unpack(">%dq" % times, data[at : at + times * 8])
    return list(changes), data[at + times * 9 + types * 6 + chars + leap * 12 + isstd + isut :]


def changes_of(zone, data):
    """All times of change from 1970 to 2100."""
    changes, footer = stored_changes(data)
    if b"," in footer:
        low = max(changes[-1] if changes else FIRST, FIRST)
        before = offset(zone, low)
        while low < LAST:
            high = low + 7 * DAY
            after = offset(zone, high)
            if after != before:
                left, right = low, high
                while right - left > 1:
                    middle = (left + right) // 2
                    left, right = (middle, right) if offset(zone, middle) == before else (left, middle)
                changes.append(right)
            low, before = high, after
    return sorted({t for t in changes if FIRST < t < LAST})


def zone_files(directory):
    for name in sorted(zoneinfo.available_timezones()):
        path = os.path.join(directory, name)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                yield name, file.read()


def zones(rng, directory):
    seen = set()
    for name, data in zone_files(directory):
        zone = zoneinfo.ZoneInfo(name)
        changes = [] if data in seen else changes_of(zone, data)
        times = [t + d for t in changes for d in (-1, 0)]
        times += [rng.randrange(FIRST, LAST) for _ in range(5 if data in seen else 40)]
        seen.add(data)
        os.environ["TZ"] = name
        time.tzset()
        emit("zone", name)
        for t in times:
            there = datetime.datetime.fromtimestamp(t, zone)
            emit("at", t, there.strftime("%Y-%m-%d %H:%M:%S"), there.isoweekday() % 7 + 1,
                 time.localtime(t).tm_isdst, round(there.utcoffset().total_seconds()))
        readings = [rng.randrange(FIRST, LAST) for _ in range(5)]
        for t in changes:
            # an edge of the gap or fold, or some reading inside
            low, high = sorted((t + offset(zone, t - 1), t + offset(zone, t)))
            readings.append(rng.choice([low - 1, low, rng.randint(low, high), high - 1, high]))
        for reading in readings:
            emit("utc", naive(reading).strftime("%Y\t%m\t%d\t%H\t%M\t%S"), first_time(zone, reading))


def random_rule(rng, first_month):
    """A rule for a change within four months, or a week before or after them."""
    form = rng.choice("JnM")
    if form == "M":
        date = "M%d.%d.%d" % (rng.randrange(first_month, first_month + 4), rng.randint(1, 5), rng.randrange(7))
    else:
        first = (first_month - 1) * 30 + 3
        date = form.strip("n") + str(rng.randrange(first, first + 120))
    if rng.random() < 0.3:
        return date
    hours = rng.choice([rng.randint(0, 24), rng.randint(-167, 167)])
    return "%s/%d:%02d" % (date, hours, rng.choice([0, 30]))


def random_offset(rng):
    return "%s%d%s" % (rng.choice(["", "-", "+"]), rng.randint(0, 14), rng.choice(["", ":30", ":45:15"]))


def rules(rng, _):
    for _ in range(400):
        standard, daylight = rng.choice([("AAA", "BBB"), ("<+03>", "<-0230>"), ("Longer", "<A-1+>")])
        text = standard + random_offset(rng) + daylight + rng.choice(["", random_offset(rng)])
        # Never near each other or the New Year, where the C library's one year at a time is not the whole truth.
        changes = [random_rule(rng, 2), random_rule(rng, 8)]
        rng.shuffle(changes)
        text += "," + ",".join(changes)
        os.environ["TZ"] = text
        time.tzset()
        for _ in range(50):
            t = rng.randrange(FIRST, LAST)
            there = time.localtime(t)
            emit(text, t, there.tm_gmtoff, there.tm_isdst)


class Field:
    """A random field: its text, the set of values it means, and whether it starts with a star."""

    def __init__(self, rng, low, high, forms):
        form = rng.choice(forms)
        a, b = sorted((rng.randint(low, high), rng.randint(low, high)))
        step = rng.randint(2, max(2, (high - low) // 2))
        self.star = form.startswith("star")
        if form == "star":
            self.text, self.values = "*", range(low, high + 1)
        elif form == "star_step":
            self.text, self.values = "*/%d" % step, range(low, high + 1, step)
        elif form == "one":
            self.text, self.values = "%d" % a, [a]
        elif form == "list":
            self.text, self.values = "%d,%d" % (b, a), [a, b]
        elif form == "range":
            self.text, self.values = "%d-%d" % (a, b), range(a, b + 1)
        elif form == "range_step":
            self.text, self.values = "%d-%d/%d" % (a, b, step), range(a, b + 1, step)
        elif form == "from_step":
            self.text, self.values = "%d/%d" % (a, step), range(a, high + 1, step)
        self.values = set(self.values)


PLAIN = ["one", "one", "list", "range", "range_step", "from_step"]
ANY = PLAIN + ["star", "star", "star", "star_step"]


def february_ends_between(low, high):
    years = range(naive(low).year, naive(high).year + 1)
    return any(low <= calendar.timegm((year, 3, 1, 23, 59, 0)) and calendar.timegm((year, 2, 28, 0, 0, 0)) <= high
               for year in years)


def crons(rng, _):
    for _ in range(1000):
        minute, hour = Field(rng, 0, 59, ANY), Field(rng, 0, 23, ANY)
        month = Field(rng, 1, 12, ["star", "star", "star"] + PLAIN)
        # Only with one day field left free do croniter and crontab(5) agree on fields such as */2, 1-31, 5L.
        free = rng.choice(["day", "weekday", "neither"])
        if free == "neither":
            day, weekday = Field(rng, 1, 31, ["one", "list"]), Field(rng, 0, 6, ["one", "list"])
            texts = theirs = (day.text, weekday.text)
        elif free == "day":
            nth = "%d#%d" % (rng.randint(0, 6), rng.randint(1, 5))
            last = rng.randint(0, 6)
            texts, theirs = rng.choice([(nth, nth), ("%dL" % last, "L%d" % last)] + 4 * [None]) or (None, None)
            if not texts:
                texts = theirs = Field(rng, 0, 7, ANY).text
            texts, theirs = ("*", texts), ("*", theirs)
        else:
            texts = theirs = (rng.choice(["L", "L,15"] + 8 * [Field(rng, 1, 31, ANY).text]), "*")
        ours, theirs = ("%s %s %s %s %s" % (minute.text, hour.text, days[0], month.text, days[1])
                        for days in (texts, theirs))
        for _ in range(4):
            t = rng.randrange(FIRST, LAST)
            try:
                following = int(croniter.croniter(theirs, t).get_next(float))
                preceding = int(croniter.croniter(theirs, t).get_prev(float))
            except croniter.CroniterBadDateError:
                continue  # it looks no further than 50 years
            if not february_ends_between(preceding, following):  # where it errs by days
                emit(ours, t, following, preceding)


def nearest_workday(year, month, day):
    """The Monday to Friday of the month with the smallest distance from its day."""
    length = calendar.monthrange(year, month)[1]
    workdays = [d for d in range(1, length + 1) if calendar.weekday(year, month, d) < 5]
    return min(workdays, key=lambda d: abs(d - day)) if day <= length else None


def special_day(rng):
    """The text of a day-of-month field, and a test of dates for it."""
    form = rng.choice(["L", "LW", "W", "W", "plain"])
    if form == "L":
        return "L", lambda d: d.day == calendar.monthrange(d.year, d.month)[1]
    if form == "LW":
        return "LW", lambda d: d.day == nearest_workday(d.year, d.month, calendar.monthrange(d.year, d.month)[1])
    if form == "W":
        day = rng.randint(1, 31)
        return "%dW" % day, lambda d: d.day == nearest_workday(d.year, d.month, day)
    field = Field(rng, 1, 31, PLAIN + ["star", "star_step"])
    return field.text, lambda d: d.day in field.values


def special_weekday(rng, first):
    """The text of a day-of-week field that counts from `first` for Sunday, and a test of dates for it."""
    form = rng.choice(["last", "nth", "name", "plain"])
    weekday = rng.randrange(7)
    name = rng.choice([str(weekday + first), DAY_NAMES[weekday]])
    if form == "last":
        return name + "L", lambda d: d.isoweekday() % 7 == weekday and (d + datetime.timedelta(7)).month != d.month
    if form == "nth":
        nth = rng.randint(1, 5)
        return "%s#%d" % (name, nth), lambda d: d.isoweekday() % 7 == weekday and (d.day + 6) // 7 == nth
    if form == "name":
        return name.lower(), lambda d: d.isoweekday() % 7 == weekday
    field = Field(rng, first, first + 6, PLAIN[:-1] + ["star", "star_step"])
    return field.text, lambda d: d.isoweekday() % 7 + first in field.values


def days(rng, _):
    for _ in range(150):
        month = Field(rng, 1, 12, ["star", "star"] + PLAIN)
        start = rng.randint(1970, 2195)
        if rng.random() < 0.5:
            (day, day_test), (weekday, weekday_test) = special_day(rng), special_weekday(rng, 0)
            both = day.startswith("*") or weekday.startswith("*")
            expression, years = "0 12 %s %s %s" % (day, month.text, weekday), range(1970, 2200)
        else:
            (day, day_test), (weekday, weekday_test) = special_day(rng), special_weekday(rng, 1)
            if rng.random() < 0.5:
                day, day_test = "?", lambda d: True
            else:
                weekday, weekday_test = "?", lambda d: True
            both = True
            year, years = rng.choice([
                ("*", range(1970, 2200)),
                ("%d" % start, [start]),
                ("%d-%d" % (start, start + 2), range(start, start + 3)),
                ("%d/3" % start, range(start, 2200, 3)),
            ])
            expression = "cron(0 12 %s %s %s %s)" % (day, month.text, weekday, year)
        picked = []
        date = datetime.date(start, 1, 1)
        while date < datetime.date(start + 4, 1, 1):
            tests = day_test(date), weekday_test(date)
            if date.year in years and date.month in month.values and (all(tests) if both else any(tests)):
                picked.append(calendar.timegm(date.timetuple()) + DAY // 2)
            date += datetime.timedelta(1)
        emit(expression, calendar.timegm((start, 1, 1, 0, 0, 0)), calendar.timegm((start + 4, 1, 1, 0, 0, 0)),
             ",".join(map(str, picked)))


# A change of each kind is always watched: half an hour, two hours, a day; at midnight; daylight time in winter.
NOTABLE = [
    ("Australia/Lord_Howe", 2026), ("Antarctica/Troll", 2026), ("Pacific/Apia", 2011), ("Pacific/Kwajalein", 1993),
    ("America/Sao_Paulo", 2018), ("Africa/Casablanca", 2026), ("Europe/Dublin", 2026), ("Asia/Pyongyang", 2015),
    ("America/Caracas", 2007), ("Africa/Cairo", 2014), ("Antarctica/Casey", 2020), ("America/Nuuk", 2090),
    ("Europe/Berlin", 2026), ("America/New_York", 2026), ("Asia/Gaza", 2060), ("America/Havana", 2026),
]


def watched_changes(rng, directory):
    found = []
    for name, data in zone_files(directory):
        zone = zoneinfo.ZoneInfo(name)
        wanted = [year for notable, year in NOTABLE if notable == name]
        if not wanted and rng.random() > 0.05:
            continue
        changes = [t for t in changes_of(zone, data) if t > 3 * 365 * DAY and t % 60 == 0]
        for year in wanted:
            found += [(name, zone, t) for t in changes if naive(t + offset(zone, t - 1)).year == year]
        if changes:
            found.append((name, zone, rng.choice(changes)))
    return found


def clock_expression(rng, shown):
    """A random expression likely to fire around a reading, and a test of readings (in minutes) for it."""
    fixed = PLAIN if rng.random() < 0.6 else PLAIN + ["star", "star", "star_step"]
    minute = Field(rng, 0, 59, fixed)
    near = max(0, min(23, shown // 3600 % 24))
    hour = Field(rng, max(0, near - 2), min(23, near + 2), fixed)
    if hour.star:
        hour = Field(rng, 0, 23, ["star", "star_step"])
    if hour.text.find("/") > 0 and "-" not in hour.text and not hour.star:
        hour = Field(rng, 0, 23, ["from_step"])
    date = naive(shown)
    day, weekday = Field(rng, 1, 31, ["star"]), Field(rng, 0, 7, ["star"])
    if rng.random() < 0.4:
        day.text, day.values, day.star = "%d" % date.day, {date.day}, False
    if rng.random() < 0.3:
        weekday = Field(rng, 0, 6, PLAIN[:-1] + ["star_step"])

    def test(reading, dates={}):
        days, rest = divmod(reading, 1440)
        if days not in dates:
            that = EPOCH.date() + datetime.timedelta(days)
            picks = that.day in day.values, that.isoweekday() % 7 in weekday.values
            dates[days] = all(picks) if day.star or weekday.star else any(picks)
        return dates[days] and rest // 60 in hour.values and rest % 60 in minute.values

    text = "%s %s %s * %s" % (minute.text, hour.text, day.text, weekday.text)
    return text, minute.star or hour.star, test


def clocks(rng, directory):
    for name, zone, change in watched_changes(rng, directory):
        start, end = change - 36 * 3600, change + 36 * 3600
        watch = [(t, (t + offset(zone, t)) // 60) for t in range(start - DAY, end, 60)]
        for _ in range(5):
            text, follows_clock, test = clock_expression(rng, change + offset(zone, change - rng.randint(0, 1)))
            latest = watch[0][1]
            fired = []
            for t, reading in watch:
                if follows_clock:
                    due = test(reading)
                else:
                    # what the clock has reached since it last was ahead of all before; nothing while it catches up
                    due = any(test(passed) for passed in range(latest + 1, reading + 1))
                latest = max(latest, reading)
                if due and t >= start:
                    fired.append(t)
            emit(name, text, start, end, ",".join(map(str, fired)))


def some(rng, values):
    return ",".join(str(value) for value in rng.sample(values, rng.randint(1, min(3, len(values)))))


def signed(high):
    return [number for number in range(-high, high + 1) if number]


def recurrence(rng, start):
    """A random rule that has days for ever: for others, dateutil would look until the year 9999.

    Left out is where dateutil errs: it takes the days that 2MO,WE names by both, where the RFC has either; and
    of -52 and the like it forgets the days before the New Year.
    """
    names = [name[:2] for name in DAY_NAMES]
    frequency = rng.choice(["YEARLY", "YEARLY", "MONTHLY", "WEEKLY", "DAILY"])
    interval = rng.choice([1, 1, rng.randint(2, 5)])
    parts = []

    def maybe(chance, text):
        if rng.random() < chance:
            parts.append(text)

    kind = rng.choice(["plain", "month", "weekday", "numbered", "year"])
    if kind == "year" and frequency == "YEARLY":
        parts.append(rng.choice(["BYYEARDAY=" + some(rng, signed(365)), "BYWEEKNO=" + some(rng, list(range(-50, 0)) + list(range(1, 53)))]))
        if "WEEK" in parts[0]:
            maybe(0.5, "BYDAY=" + some(rng, names))
    else:
        months = kind != "plain" and (frequency != "MONTHLY" or interval == 1) and rng.random() < 0.5
        if months:
            parts.append("BYMONTH=" + some(rng, range(1, 13)))
        if kind == "numbered" and frequency in ("YEARLY", "MONTHLY"):
            high = 4 if frequency == "MONTHLY" or months else 40
            days = ["%d%s" % (rng.choice(signed(high)), rng.choice(names)) for _ in range(rng.randint(1, 3))]
            parts.append("BYDAY=" + ",".join(days))
        elif kind in ("weekday", "year"):
            parts.append("BYDAY=" + some(rng, names))
        if kind in ("month", "weekday") and frequency != "WEEKLY":
            maybe(0.5, "BYMONTHDAY=" + some(rng, signed(28)))
    if parts:
        maybe(0.2, "BYSETPOS=" + rng.choice(["1", "-1", "1,-1"]))
    maybe(0.3, "WKST=" + rng.choice(names))
    if interval > 1:
        parts.append("INTERVAL=%d" % interval)
    last = start + datetime.timedelta(rng.randint(0, 4000))
    maybe(0.6, rng.choice(["COUNT=%d" % rng.randint(1, 60), "UNTIL=" + last.strftime("%Y%m%d")]))
    rng.shuffle(parts)
    return ";".join(["FREQ=" + frequency] + parts)


def days_between(lines, first, last):
    """The days of an event, for which dateutil must not look for ever."""
    ends = ";UNTIL=" + last.strftime("%Y%m%d")
    bounded = [line + ends if line.startswith("RRULE") and "UNTIL" not in line else line for line in lines]
    return dateutil.rrule.rrulestr("\n".join(bounded), forceset=True).between(first, last, inc=True)


def events(rng, _):
    warnings.simplefilter("ignore", DeprecationWarning)  # for an UNTIL beside a COUNT
    for _ in range(250):
        start = datetime.datetime(rng.randint(1985, 2030), rng.randint(1, 12), rng.randint(1, 28))
        rule = recurrence(rng, start)
        first = datetime.datetime(start.year + rng.randint(0, 5), 1, 1)
        last = datetime.datetime(first.year + 3, 1, 1) - datetime.timedelta(1)
        lines = ["DTSTART:" + start.strftime("%Y%m%dT000000"), "RRULE:" + rule]
        days = days_between(lines, first, last)
        if days and rng.random() < 0.4:
            gone = rng.sample(days, min(len(days), 2))
            lines.append("EXDATE:" + ",".join(day.strftime("%Y%m%dT000000") for day in gone))
        if rng.random() < 0.3:
            lines.append("RDATE:" + (first + datetime.timedelta(rng.randrange(900))).strftime("%Y%m%dT000000"))
        numbers = sorted({(day - EPOCH).days for day in days_between(lines, first, last)})
        emit("|".join(lines), (first - EPOCH).days, (last - EPOCH).days, ",".join(map(str, numbers)))


def main():
    subject, seed, directory = sys.argv[1:]
    zoneinfo.reset_tzpath([directory])
    os.environ["TZDIR"] = directory
    {"zones": zones, "rules": rules, "crons": crons, "days": days, "clocks": clocks,
     "events": events}[subject](
        random.Random(seed), directory)
    emit("end")


main()
