"""scripts/plan-schedule: its text, its page in a headless Chromium, its picture, and what it says of bad input."""

import json
import os
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import tap
from browser import Browser
from local_aws import LocalAws
from project import ROOT

PLAN = Path(__file__).resolve().parent.parent / "plan"
SAMPLE, PRICES = PLAN / "instances.json", PLAN / "prices.json"
AT = "2026-03-27T07:00 Europe/Berlin"
EVIL = "</script><script>document.title = 'taken'</script><img src=x onerror='document.title = 1'>\"'&"
ROWS = 1000
SVG = "{http://www.w3.org/2000/svg}"


SCRIPT = [ROOT / "scripts" / "plan-schedule"]
# The same without a look at whether the program is built, which takes longer than the plan.
DIRECT = [ROOT / "build" / "bootstrap", "run", ROOT / "scripts" / "lib" / "plan.lua", ROOT, PLAN.parent.name]


def run(*arguments, stdin=None, command=DIRECT, **variables):
    environment = {**os.environ, "AWS_LAMBDA_LOG_LEVEL": "FATAL", **variables}
    command = [*command, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, input=stdin, env=environment)


def instance(number, state="running", name=None, **tags):
    listed = [{"Key": f"start-stop:{key}", "Value": value} for key, value in tags.items()]
    listed += [{"Key": "Name", "Value": name}] if name else []
    return {
        "InstanceId": f"i-{number:017x}", "InstanceType": "m5.large", "State": {"Name": state}, "Tags": listed,
    }  # fmt: skip


def answer(*instances):
    return json.dumps({"Reservations": [{"Instances": list(instances)}]})


OFFICE = "mon-fri 08:00-18:00 Europe/Berlin"


class TheText(unittest.TestCase):
    def test_has_errors_and_conflicts_first(self):
        done = run("--file", SAMPLE, "--at", AT, command=SCRIPT)
        self.assertEqual((3, ""), (done.returncode, done.stderr))
        lines = done.stdout.splitlines()
        self.assertEqual("From Fri 2026-03-27 07:00 +01:00 to Fri 2026-04-03 08:00 +02:00, a trigger every 10 minutes", lines[0])
        self.assertEqual("1 other without a tag: left alone", lines[2])
        self.assertEqual("Errors and conflicts", lines[4])
        self.assertRegex(lines[5], r'^  error     i-0a1b2c3d4e5f60005 \(typo\), .*"frl" is no day; did you mean "fri"')
        self.assertRegex(lines[6], r"^  conflict  i-0a1b2c3d4e5f60003 \(demo\): start-stop:keep holds up the stop at")

    def test_tells_what_happens_when_and_why(self):
        text = run("--file", SAMPLE, "--at", AT).stdout
        self.assertIn("i-0a1b2c3d4e5f60001 (web)  ec2 m5.large, Europe/Berlin, runs 50.0 h of 168.0 h\n", text)
        self.assertIn("  Mon 2026-03-30 08:00 +02:00  start    stopped, but should be running since 2026-03-30 08:00 +02:00", text)
        self.assertIn("  Sun 2026-03-29 03:00 +02:00  clock    Europe/Berlin is set forward by 60 min", text)

    def test_is_fine_without_errors(self):
        done = run("--file", "-", "--days", "1", stdin=answer(instance(1, schedule=OFFICE)))
        self.assertEqual((0, ""), (done.returncode, done.stderr))

    def test_heeds_the_functions_variables(self):
        of = answer(instance(1, schedule="mon-fri 08:00-18:00"))
        done = run("--file", "-", "--at", "2026-11-23T07:55Z", "--env", "PERIOD_MINUTES=30", stdin=of, TIMEZONE="UTC")
        self.assertIn("a trigger every 30 minutes", done.stdout)
        self.assertIn("Mon 2026-11-23 08:25 +00:00  start", done.stdout)

    def test_takes_the_other_kinds_and_resources(self):
        tags = [{"Key": "start-stop:schedule", "Value": OFFICE}]
        for kind, document in {
            "rds": {"DBInstances": [{"DBInstanceIdentifier": "it", "DBInstanceStatus": "available", "TagList": tags}]},
            "aurora": {"DBClusters": [{"DBClusterIdentifier": "it", "Status": "stopped", "TagList": tags}]},
            "autoscaling": {"AutoScalingGroups": [{
                "AutoScalingGroupName": "it", "MinSize": 0, "MaxSize": 2, "DesiredCapacity": 1, "Tags": tags,
            }]},
            "ec2": {"resources": [{"kind": "ec2", "id": "it", "state": "running", "tags": tags}]},
        }.items():  # fmt: skip
            done = run("--file", "-", "--at", AT, stdin=json.dumps(document))
            self.assertEqual((0, ""), (done.returncode, done.stderr))
            self.assertIn(f"it  {kind}, Europe/Berlin, runs 50.0 h of 168.0 h", done.stdout)

    def test_lists_what_is_there_without_touching_it(self):
        with LocalAws() as aws:
            ec2 = aws.client("ec2")
            tag = {"Key": "start-stop:schedule", "Value": "never"}
            specification = [{"ResourceType": "instance", "Tags": [tag]}]
            made = ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, TagSpecifications=specification)
            before = len(aws.calls)
            done = run("--live", "--days", "1", **aws.environment())
            self.assertEqual((0, ""), (done.returncode, done.stderr))
            self.assertIn(made["Instances"][0]["InstanceId"], done.stdout)
            self.assertIn("stop     running, but should be stopped always", done.stdout)
            self.assertEqual({"DescribeInstances"}, {call.action for call in aws.calls[before:]})


class BadInput(unittest.TestCase):
    def refused(self, expected, *arguments, status=1, **options):
        done = run(*arguments, **options)
        self.assertEqual((status, ""), (done.returncode, done.stdout))
        self.assertEqual(1, done.stderr.count("\n"), done.stderr)
        self.assertIn(expected, done.stderr)

    def test_a_file_of_another_shape(self):
        for document, expected in {
            "{": "it is no JSON",
            "7": "it is no object",
            "{}": "has none of Reservations, DBInstances",
            '{"Reservations": 7}': "Reservations is no list",
            '{"Reservations": [{"Instances": [{}]}]}': "Reservations[0].Instances[0].InstanceId is missing",
            '{"Reservations": [{"Instances": [{"InstanceId": "i"}]}]}': "Instances[0].State.Name is missing",
            '[{"InstanceId": "i", "State": {"Name": "running"}, "Tags": [7]}]': "Tags[0] is no { Key, Value }",
            '{"resources": [{"id": "i", "state": 7}]}': "resources[0].state is no string",
        }.items():
            self.refused(expected, "--file", "-", stdin=document)

    def test_no_file(self):
        self.refused("/none.json: No such file", "--file", "/none.json")
        self.refused("/none/page.html.part: No such file", "--file", SAMPLE, "--html", "/none/page.html")

    def test_times_and_zones(self):
        for time, expected in {
            "2026-03-29T02:30 Europe/Berlin": "does not exist in Europe/Berlin: the clock goes forward to 2026-03-29 03:00 +02:00",
            "2026-03-29T03:30 Europe/Berln": 'unknown time zone "Europe/Berln"; did you mean Europe/Berlin?',
            "2026-02-29T03:30": 'there is no "2026-02-29T03:30"',
            "tomorrow": '"tomorrow" is no date and time; for example: ',
        }.items():
            self.refused(expected, "--file", SAMPLE, "--at", time)
        self.refused("TIMEZONE", "--file", SAMPLE, "--env", "TIMEZONE=Nowhere")

    def test_prices(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "prices.json")
            for text, expected in {
                "x": "it is no JSON",
                '{"m5.large": 1}': "hourly is missing",
                '{"hourly": {"m5.large": "1"}}': 'hourly["m5.large"] is no price',
            }.items():
                file.write_text(text)
                self.refused(expected, "--file", SAMPLE, "--prices", file)

    def test_a_type_without_a_price_is_named_and_left_out(self):
        done = run("--file", SAMPLE, "--at", AT, "--prices", PRICES)
        self.assertRegex(done.stderr, r"^plan-schedule: \S+prices.json has no price for t3.micro, of 1 instance: .*\n$")
        self.assertIn("saves about 41.93 USD against always running", done.stdout)

    def test_arguments(self):
        self.refused('unknown option --lve; did you mean "live"?', "--lve", "x", status=2)
        self.refused("give --file FILE or --live", status=2)
        self.refused("not both", "--live", "--file", "x", status=2)
        self.refused("--days takes a whole number from 1 to 366, not '0'", "--days", "0", status=2)
        self.refused("--env takes NAME=VALUE", "--env", "x", status=2)
        self.refused("name a function that can be planned", "--function", "none", status=2, command=SCRIPT)
        self.assertIn("Usage: scripts/plan-schedule", run("--help").stdout)


class ThePage(unittest.TestCase):
    INSTANCES = [
        instance(1, "stopped", "office", schedule=OFFICE),
        instance(2, "stopped", "kept", schedule=OFFICE, keep="running until 2026-03-28T12:00"),
        instance(3, "running", EVIL, schedule="always", keep=EVIL),
        instance(4, "running", "abroad", schedule="always", timezone="Asia/Kolkata"),
    ]

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.browser = cls.enterClassContext(Browser())
        cls.small = cls.page("small", cls.INSTANCES)
        schedules = [OFFICE, "daily 22:00-06:00", "mon-fri 08:00-12:00+13:00-17:00 America/New_York"]
        cls.large = cls.page("large", [
            instance(i, "stopped", f"worker {i}", schedule=schedules[i % 3]) for i in range(ROWS)
        ])  # fmt: skip

    @classmethod
    def page(cls, name, instances):
        file = cls.folder / f"{name}.html"
        done = run("--file", "-", "--at", AT, "--html", file, "--prices", PRICES, stdin=answer(*instances))
        assert done.returncode in (0, 3), done.stderr
        return file

    def open(self, file):
        self.browser.open(file.as_uri())

    def tearDown(self):
        self.assertEqual([], self.browser.complaints())
        self.assertEqual("Start and stop plan", self.browser.run("return document.title"))

    def test_shows_every_value_as_text(self):
        self.open(self.small)
        self.assertEqual(EVIL, self.browser.texts(".row .name")[0])
        self.assertEqual(0, self.browser.run("return document.images.length"))
        self.browser.click(".row")
        self.assertIn(EVIL, self.browser.texts("#detail h2")[0])
        self.assertIn(f"start-stop:keep = {EVIL}", self.browser.texts("#detail .tags span"))
        self.assertEqual(2, self.browser.run("return document.scripts.length"))

    def test_shows_states_overrides_and_changes_of_the_clock(self):
        self.open(self.small)
        count = "return document.querySelectorAll(`.row[data-id='i-${arguments[0]}'] i.${arguments[1]}`).length"
        for number, marks in {
            1: {"running": 5, "stopped": 6, "override": 0, "clock": 1, "error": 0},
            2: {"running": 5, "override": 1, "clock": 1},
            3: {"running": 1, "error": 1},
            4: {"running": 1, "stopped": 0, "clock": 0},
        }.items():
            for mark, expected in marks.items():
                self.assertEqual(expected, self.browser.run(count, f"{number:017x}", mark), (number, mark))
        where = self.browser.run("""
            const mark = document.querySelector(`[data-id='i-${arguments[0]}'] i.clock`);
            return [parseFloat(mark.style.left), mark.title];
        """, f"{1:017x}")  # fmt: skip
        self.assertAlmostEqual(43 / 168 * 100, where[0], places=3)
        self.assertEqual("Europe/Berlin is set forward by 60 min at Sun 2026-03-29 03:00 +02:00", where[1])

    def test_tells_hours_and_saving(self):
        self.open(self.small)
        self.assertIn("4 resources", self.browser.text("#totals"))
        self.assertIn("1 with an error", self.browser.text("#totals"))
        self.assertRegex(self.browser.text("#totals"), r"about \d+\.\d\d USD saved")
        self.browser.type("#filter", "office")
        self.browser.click(".row")
        self.assertIn("runs 50.0 h of 168.0 h · saves 11.33 USD", self.browser.text("#detail .top"))
        self.assertIn("stopped, but should be running since 2026-03-30 08:00 +02:00", self.browser.text("#detail"))

    def test_filters(self):
        self.open(self.large)
        self.browser.type("#filter", "000004d new_york")
        self.assertEqual("1 of 1000", self.browser.text("#count"))
        self.browser.type("#filter", "nobody")
        self.assertEqual("Nothing matches.", self.browser.text("#nothing"))
        self.open(self.small)
        self.browser.choose("#which", "With errors or conflicts")
        self.assertEqual(2, self.browser.shown(".row"))
        self.browser.choose("#which", "Always running")
        self.assertEqual(2, self.browser.shown(".row"))

    def test_draws_only_the_rows_in_sight(self):
        self.open(self.large)
        height = self.browser.run("return document.getElementById('rows').offsetHeight")
        self.assertEqual(ROWS * 40, height)
        self.assertLess(self.browser.run("return document.querySelectorAll('.row').length"), 60)
        self.browser.run("document.getElementById('scroll').scrollTop = 1e9")
        last = f".row[data-id='i-{ROWS - 1:017x}']"
        self.browser.wait(lambda: self.browser.shown(last), "the last row")
        self.assertLess(self.browser.run("return document.querySelectorAll('.row').length"), 60)

    def test_fits_a_narrow_window_and_a_dark_one(self):
        self.open(self.small)
        self.browser.resize(420, 900)
        width = self.browser.run("return [document.documentElement.scrollWidth, innerWidth]")
        self.assertLessEqual(width[0], width[1])
        self.browser.resize(1280, 900)
        light = self.browser.run("return getComputedStyle(document.body).backgroundColor")
        with Browser(dark=True) as browser:
            browser.open(self.small.as_uri())
            self.assertNotEqual(light, browser.run("return getComputedStyle(document.body).backgroundColor"))

    def test_shows_holidays(self):
        tags = instance(1, "stopped", "free", schedule=OFFICE, holidays="off")
        with LocalAws() as aws:
            s3 = aws.client("s3")
            s3.create_bucket(Bucket="calendars")
            s3.put_object(Bucket="calendars", Key="off.txt", Body=b"2026-03-30 <b>Closed</b>\n")
            file = Path(self.enterContext(tempfile.TemporaryDirectory()), "page.html")
            page, at = ["--html", file, "--env", "HOLIDAYS=s3://calendars"], ["--at", AT]
            done = run("--file", "-", *at, *page, stdin=answer(tags), **aws.environment())
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.open(file)
        titles = "return [...document.querySelectorAll('.row i.holiday')].map((each) => each.title)"
        day = "Mon 2026-03-30 00:00 +02:00 to Tue 2026-03-31 00:00 +02:00"
        self.assertEqual([f"holiday, <b>Closed</b>: {day}"], self.browser.run(titles))

    def test_leaves_nothing_but_the_file(self):
        self.open(self.small)
        self.assertEqual({"small.html", "large.html"}, {file.name for file in self.folder.iterdir()})


class ThePicture(unittest.TestCase):
    def test_is_well_formed_and_has_a_row_for_each(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "plan.svg")
            of = answer(instance(1, name=EVIL, schedule=OFFICE), instance(2, name="n" * 80, schedule="always"))
            run("--file", "-", "--at", AT, "--svg", file, stdin=of)
            picture = ElementTree.parse(file).getroot()
        names = [each.text for each in picture.iter(f"{SVG}text") if each.get("class") == "name"]
        self.assertEqual([EVIL[:33] + "…", "n" * 33 + "…"], names)
        running = [each for each in picture.iter(f"{SVG}rect") if each.get("class") == "running"]
        self.assertEqual(5 + 1 + 1, len(running))  # and the legend's


if __name__ == "__main__":
    tap.main()
