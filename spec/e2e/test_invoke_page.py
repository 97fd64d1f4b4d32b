"""The page of scripts/invoke-local, in a headless Chromium."""

import json
import tempfile
import unittest
from pathlib import Path

import tap
from browser import Browser
from local_aws import LocalAws
from local_loop import Checkout, LocalLoop

HANDLER = """\
local aws = require "aws"
local log = require "lambda.log"
return function(event)
  log.info("looking at " .. tostring(event.n))
  log.warn("<b>careful</b>", { why = "<i>it</i>" })
  print("printed")
  if event.fail then error("<img src=x onerror='document.title = 1'>") end
  local sqs = aws.client("sqs")
  local queue = assert(sqs:create_queue { QueueName = "q" })
  assert(sqs:send_message { QueueUrl = queue.QueueUrl, MessageBody = "<u>body</u>" })
  local _, err = sqs:get_queue_url { QueueName = "none" }
  log.error("no queue: " .. err.code)
  return { html = "<script>document.title = 2</script>", n = event.n }
end
"""
REQUIREMENTS = 'return { aws = { sqs = { "CreateQueue", "SendMessage", "GetQueueUrl" } } }'
EVENTS = {"events/fail.json": '{"fail":true}', "events/one.json": '{"n":1}'}


class ThePage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        aws = cls.enterClassContext(LocalAws())
        files = {"handler.lua": HANDLER, "requirements.lua": REQUIREMENTS, **EVENTS}
        checkout = cls.enterClassContext(Checkout({"shown": files}))
        cls.loop = cls.enterClassContext(LocalLoop(checkout, "shown", **aws.environment()))
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.browser.open(self.loop.url + "/")
        self.browser.wait_for_text("#name", "shown")

    def tearDown(self):
        self.assertEqual([], self.browser.complaints())
        self.assertEqual("shown · invoke-local", self.browser.run("return document.title"))

    def invoke(self, event, verdict):
        self.browser.choose("#pick", event)
        self.browser.click("#invoke")
        self.browser.wait_for_text("#verdict", verdict)

    def test_begins_with_the_events_beside_the_function(self):
        self.assertEqual(["fail", "one", "{}"], self.browser.texts("#pick > option"))
        self.assertIn("sqs", self.browser.texts("#pick optgroup option"))
        self.browser.choose("#pick", "one")
        self.assertEqual({"n": 1}, json.loads(self.browser.value("#event")))
        self.assertIn("timeout 60 s · 128 MB · AWS: http://127.0.0.1:", self.browser.text("#facts"))

    def test_shows_the_result_as_text(self):
        self.invoke("one", "succeeded")
        result = json.loads(self.browser.text("#result"))
        self.assertEqual({"html": "<script>document.title = 2</script>", "n": 1}, result)
        self.assertRegex(self.browser.text("#measures"), r"\d of 128 MB$")

    def test_takes_an_edited_event(self):
        self.browser.type("#event", '{"n": 42}')
        self.browser.click("#invoke")
        self.browser.wait_for_text("#result", '"n": 42')

    def test_refuses_an_event_that_is_no_json(self):
        before = self.loop.log().count("START")
        self.browser.type("#event", '{"n": ')
        self.browser.click("#invoke")
        self.browser.wait_for_text("#problem", "This is no JSON")
        self.assertEqual(before, self.loop.log().count("START"))

    def test_shows_an_error_with_its_trace(self):
        self.invoke("fail", "Error")
        self.assertIn("<img src=x onerror=", self.browser.text("#result"))
        self.assertIn("handler.lua:7", self.browser.text("#result"))
        self.assertEqual(0, self.browser.shown("#calls-section"))

    def test_shows_the_log_by_level(self):
        self.invoke("one", "succeeded")
        self.assertEqual({"PLATFORM 3", "INFO 2", "WARN 1", "ERROR 1"}, set(self.browser.texts("#levels label")))
        self.assertEqual(7, self.browser.shown("#log .line"))
        self.assertIn('<b>careful</b> {"why":"<i>it</i>"}', self.browser.text("#log"))
        self.browser.run("""
            for (const label of document.querySelectorAll("#levels label"))
              if (!label.textContent.startsWith("ERROR")) label.querySelector("input").click();
        """)
        self.assertEqual(1, self.browser.shown("#log .line"))
        self.assertIn("no queue", self.browser.text("#log"))

    def test_shows_the_aws_calls_in_time(self):
        self.invoke("one", "succeeded")
        self.assertEqual(["sqs.CreateQueue", "sqs.SendMessage", "sqs.GetQueueUrl"], self.browser.texts(".call .name"))
        self.assertEqual("3 calls, 1 failed", self.browser.text("#calls-facts"))
        bars = self.browser.run("""
            return [...document.querySelectorAll(".bar")].map((bar) => {
              const box = bar.getBoundingClientRect(), track = bar.parentElement.getBoundingClientRect();
              return [box.left, box.right, track.left, track.right];
            });
        """)
        self.assertEqual(sorted(bars), bars)  # one after the other
        for left, right, first, last in bars:
            self.assertTrue(first <= left < right <= last + 3)
        self.browser.click(".call:nth-of-type(2)")
        self.assertIn("<u>body</u>", self.browser.text(".detail"))

    def test_shows_what_other_clients_invoke(self):
        answer = self.loop.client().invoke(FunctionName="shown", Payload=b'{"n":"from boto3"}')
        mine = f"#recent [data-id='{answer['ResponseMetadata']['RequestId']}']"
        self.browser.wait(lambda: self.browser.shown(mine), "the invocation")
        self.browser.click(mine)
        self.browser.wait_for_text("#result", "from boto3")
        self.assertIn("from boto3", self.browser.value("#event"))

    def test_fits_a_narrow_window_and_a_dark_one(self):
        self.browser.resize(420, 900)
        self.invoke("one", "succeeded")
        width = self.browser.run("return [document.documentElement.scrollWidth, innerWidth]")
        self.assertLessEqual(width[0], width[1])
        self.browser.resize(1280, 900)
        light = self.browser.run("return getComputedStyle(document.body).backgroundColor")
        with Browser(dark=True) as browser, tempfile.TemporaryDirectory() as folder:
            browser.open(self.loop.url + "/")
            dark = browser.run("return getComputedStyle(document.body).backgroundColor")
            browser.screenshot(Path(folder, "page.png"))
            self.assertEqual(b"\x89PNG", Path(folder, "page.png").read_bytes()[:4])
        self.assertNotEqual(light, dark)


if __name__ == "__main__":
    tap.main()
