"""Named schedules and calendars from a local AWS, overrides that are written back: the bundle at work."""

import unittest

import scenario
import tap
from local_aws import LocalAws
from local_lambda import LocalLambda
from project import build, bundle_of

NAME = "auto-start-stop"
BUNDLE = bundle_of(NAME)
HOLIDAY = "\r\n".join([
    "BEGIN:VCALENDAR", "VERSION:2.0",
    "BEGIN:VEVENT", "DTSTART;VALUE=DATE:20200310", "RRULE:FREQ=YEARLY", "SUMMARY:Founder's", " Day", "END:VEVENT",
    "END:VCALENDAR", "",
])  # fmt: skip
BUCKET = "calendars"
SOURCES = {"SCHEDULES_PATH": "/start-stop/schedules", "HOLIDAYS": f"s3://{BUCKET}/company"}

# The tags of a running instance each, and the action and a part of the reason that they must bring at the
# event's time: Tuesday, 2026-03-10, 10:00 in New York and 15:00 in Berlin.
CASES = {
    "named": ({"schedule": "@evenings"}, "stopped", "should be stopped since 2026-03-09 23:00 -04:00"),
    "zoned": ({"schedule": "@evenings Asia/Kolkata"}, "none", "as it should be since 2026-03-10 18:00 +05:30"),
    "wrong": ({"schedule": "@wrong"}, "error", 'the schedule named "wrong" is "mon-fri 8-18": column 9: "8" is no time'),
    "unknown": ({"schedule": "@evening"}, "error", 'did you mean "@evenings"?'),
    "page": ({"schedule": "@late"}, "stopped", "should be stopped"),
    "plain": ({"start": "0 8 _ _ mon-fri", "stop": "0 9 _ _ mon-fri"}, "stopped", "since 2026-03-10 09:00 -04:00"),
    "holiday": ({"schedule": "weekdays 08:00-18:00", "holidays": "company"}, "stopped", "a holiday: Founder'sDay"),
    "plain-holiday": ({"schedule": "weekdays 08:00-18:00", "holidays": "dates"}, "stopped", "a holiday: Closed"),
    "no-calendar": ({"schedule": "always", "holidays": "compny"}, "error", 'did you mean "company"?'),
    "bad-calendar": ({"schedule": "always", "holidays": "bad"}, "error", 'calendar "bad": line 1: "soon" is no date'),
    "kept": ({"schedule": "never", "keep": "running +3h"}, "none", "as start-stop:keep has it until 2026-03-10 13:00"),
    "ended": ({"schedule": "never", "keep": "running until 2026-03-10T09:00"}, "stopped", "can be removed"),
    "loose": ({"schedule": "daily 20:00-22:00", "enforce": "no"}, "none", "not in the last 10 minutes"),
    "ignored": ({"schedule": "ignore"}, "none", "left alone, as its schedule says: ignore"),
}


def setUpModule():
    build(NAME)


def put_sources(aws):
    ssm = aws.client("ssm")
    texts = {"evenings": "daily 18:00-23:00", "wrong": "mon-fri 8-18", "late": "daily 22:00-23:00"}
    texts |= {f"other-{number}": "always" for number in range(12)}  # so that there are two pages
    for name, text in texts.items():
        ssm.put_parameter(Name=f"/start-stop/schedules/{name}", Value=text, Type="String")
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    files = {"company.ics": HOLIDAY, "dates.txt": "2026-03-10 Closed # for once\n", "bad.txt": "soon\n", "x.pdf": "x"}
    for name, text in files.items():
        s3.put_object(Bucket=BUCKET, Key=f"company/{name}", Body=text.encode())


def put_instances(aws):
    """Makes an instance for each case; the names by id."""
    ec2, names = aws.client("ec2"), {}
    for name, (tags, _, _) in CASES.items():
        (instance_id,) = scenario.run_instances(ec2, tags)
        names[instance_id] = name
    return names


class Sources(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.aws = cls.enterClassContext(LocalAws())
        cls.aws.forget()
        put_sources(cls.aws)
        cls.names = put_instances(cls.aws)
        cls.ids = {name: instance_id for instance_id, name in cls.names.items()}
        environment = {**cls.aws.environment(), **SOURCES}
        with LocalLambda(BUNDLE, environment) as function:
            cls.served = scenario.Served(cls.aws, function, kinds="ec2")
            cls.log = function.log_lines()
        with LocalLambda(BUNDLE, {**environment, "SCHEDULES_PATH": "", "HOLIDAYS": "s3://nowhere"}) as function:
            cls.without = scenario.Served(cls.aws, function, kinds="ec2")

    def tags(self, name):
        found = self.aws.client("ec2").describe_instances(InstanceIds=[self.ids[name]])
        return {tag["Key"]: tag["Value"] for tag in found["Reservations"][0]["Instances"][0]["Tags"]}

    def test_say_what_each_instance_is_to_do(self):
        self.assertIsNone(self.served.error)
        for instance_id, name in self.names.items():
            with self.subTest(name):
                _, action, reason = CASES[name]
                self.assertEqual(action, self.served.of(instance_id)[0], self.served.of(instance_id)[1])
                self.assertIn(reason, self.served.of(instance_id)[1])

    def test_that_are_wrong_are_logged_once(self):
        self.assertEqual(["bad"], [line["calendar"] for line in self.log if "calendar" in line])
        self.assertEqual(["wrong"], [line["schedule"] for line in self.log if "schedule" in line])

    def test_have_an_override_written_with_its_end(self):
        self.assertEqual("running until 2026-03-10T13:00:00-04:00", self.tags("kept")["start-stop:keep"])

    def test_that_are_missing_are_an_error_of_those_that_name_them(self):
        self.assertIsNone(self.without.error)
        self.assertEqual("none", self.without.of(self.ids["loose"])[0])
        for name, reason in {
            "named": 'there is no schedule named "evenings"',
            "holiday": "NoSuchBucket",
            "no-calendar": "NoSuchBucket",
        }.items():
            action, told = self.without.of(self.ids[name])
            self.assertEqual("error", action)
            self.assertIn(reason, told)


if __name__ == "__main__":
    tap.main()
