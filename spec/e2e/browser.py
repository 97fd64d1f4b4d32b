"""A headless Chromium, spoken to over WebDriver.

    with Browser() as browser:
        browser.open("http://127.0.0.1:9001/")
        browser.click("#invoke")
        browser.wait_for_text("#verdict", "succeeded")
        browser.screenshot("/tmp/page.png")

Elements are named by CSS selectors. Source: W3C WebDriver.
"""

import base64
import json
import os
import re
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PATIENCE = 60  # seconds, on any machine
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # what the standard calls a reference to an element


class Problem(Exception):
    """What the browser refused."""


class Browser:
    def __init__(self, width=1280, height=900, dark=False):
        self._arguments = ["--headless=new", f"--window-size={width},{height}", "--disable-gpu",
                           "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking"]
        if os.geteuid() == 0:
            self._arguments.append("--no-sandbox")  # as root it has none
        if dark:
            self._arguments.append("--blink-settings=preferredColorScheme=0")
        self._cleanup = ExitStack()

    def __enter__(self):
        with ExitStack() as stack:
            home = stack.enter_context(TemporaryDirectory(prefix="lualambda-browser-", ignore_cleanup_errors=True))
            self._driver = f"http://127.0.0.1:{self._start_driver(stack, home)}"
            options = {"args": [*self._arguments, f"--user-data-dir={home}/profile"]}
            capabilities = {
                "browserName": "chrome",
                "goog:chromeOptions": options,
                "goog:loggingPrefs": {"browser": "ALL"},
            }
            session = self._send("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
            self._session = f"/session/{session['sessionId']}"
            stack.callback(self._send, "DELETE", self._session)
            self._cleanup = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._cleanup.close()

    @staticmethod
    def _start_driver(stack, home):
        """Starts chromedriver, whose end is the browser's too; its port."""
        log = Path(home, "driver.log")
        with log.open("wb") as output:
            driver = subprocess.Popen(
                ["chromedriver", "--port=0"],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "HOME": home, "TMPDIR": home},
                start_new_session=True,
            )
        stack.callback(driver.wait)
        stack.callback(lambda: os.killpg(driver.pid, signal.SIGKILL))
        end = time.monotonic() + PATIENCE
        while not (started := re.search(r"successfully on port (\d+)", log.read_text(errors="replace"))):
            if driver.poll() is not None or time.monotonic() > end:
                raise Problem("chromedriver did not start:\n" + log.read_text(errors="replace"))
            time.sleep(0.05)
        return int(started[1])

    def _send(self, method, path, value=None):
        body = None if value is None else json.dumps(value).encode()
        request = Request(self._driver + path, body, {"Content-Type": "application/json"}, method=method)
        try:
            with urlopen(request, timeout=2 * PATIENCE) as answer:
                return json.load(answer)["value"]
        except HTTPError as error:
            with error:
                problem = json.load(error)["value"]
            raise Problem(f"{problem['error']}: {problem['message']}") from None

    def _ask(self, method, path, value=None):
        return self._send(method, self._session + path, value)

    def _element(self, selector):
        found = self._ask("POST", "/element", {"using": "css selector", "value": selector})
        return f"/element/{found[ELEMENT]}"

    def open(self, url):
        """Opens a page, and waits until it is loaded."""
        self._ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """Runs a function's body in the page; what it returns."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def click(self, selector):
        self._ask("POST", self._element(selector) + "/click", {})

    def type(self, selector, text):
        """Replaces what a field holds, as a person would."""
        element = self._element(selector)
        self._ask("POST", element + "/clear", {})
        self._ask("POST", element + "/value", {"text": text})

    def choose(self, selector, label):
        """Chooses an option of a list by what it shows."""
        script = """
            const list = document.querySelector(arguments[0]);
            const option = [...list.options].find((each) => each.text === arguments[1]);
            if (!option) return false;
            list.value = option.value;
            list.dispatchEvent(new Event("change", { bubbles: true }));
            return true;
        """
        if not self.run(script, selector, label):
            raise Problem(f"{selector} has no option {label!r}")

    def text(self, selector):
        """The text of an element as the page shows it."""
        return self._ask("GET", self._element(selector) + "/text")

    def texts(self, selector):
        """Those of all elements, the hidden ones' too."""
        script = "return [...document.querySelectorAll(arguments[0])].map((each) => each.textContent)"
        return self.run(script, selector)

    def value(self, selector):
        """What a field holds."""
        return self.run("return document.querySelector(arguments[0]).value", selector)

    def shown(self, selector):
        """How many elements can be seen."""
        script = """
            return [...document.querySelectorAll(arguments[0])].filter((each) => each.checkVisibility()).length
        """
        return self.run(script, selector)

    def wait(self, holds, what):
        """Waits for what `holds()` gives, once that is true."""
        end = time.monotonic() + PATIENCE
        while not (value := holds()):
            if time.monotonic() > end:
                raise Problem(f"waited {PATIENCE} s for {what}")
            time.sleep(0.05)
        return value

    def wait_for_text(self, selector, text):
        self.wait(lambda: text in self.text(selector), f"{text!r} in {selector}")

    def complaints(self):
        """What the page's console has said since last asked: errors, and what its policy forbade."""
        return [entry["message"] for entry in self._ask("POST", "/se/log", {"type": "browser"})]

    def resize(self, width, height):
        self._ask("POST", "/window/rect", {"width": width, "height": height})

    def screenshot(self, file):
        """Writes what the window shows, as PNG."""
        Path(file).write_bytes(base64.b64decode(self._ask("GET", "/screenshot")))
