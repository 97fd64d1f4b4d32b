"""bootstrap repl, typed at over a pseudo terminal: with libedit, and where it is missing."""

import fcntl
import os
import pty
import re
import select
import signal
import stat
import subprocess
import tempfile
import termios
import time
import unittest
from pathlib import Path

import tap
from local_aws import LocalAws
from local_lambda import EMULATOR
from project import BOOTSTRAP

PATIENCE = 30  # seconds until a condition counts as one that will never come true
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x07")
TAB, UP, CTRL_A, CTRL_C, CTRL_D = "\t", "\x1b[A", "\x01", "\x03", "\x04"


class Console:
    """The console on a terminal of its own."""

    def __init__(self, home, *arguments, **environment):
        self.seen = ""
        inner, outer = pty.openpty()
        fcntl.ioctl(outer, termios.TIOCSWINSZ, b"\x18\x00\xa0\x00\x00\x00\x00\x00")  # 24 lines of 160
        self._fd = inner
        self._process = subprocess.Popen(
            [*EMULATOR, BOOTSTRAP, "repl", *arguments],
            stdin=outer,
            stdout=outer,
            stderr=outer,
            env={
                "AWS_EC2_METADATA_DISABLED": "true",
                "HOME": home,
                "LC_ALL": "C.UTF-8",
                "NO_COLOR": "1",
                "TERM": "xterm",
                **environment,
            },
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(outer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
        os.close(self._fd)

    def _receive(self, seconds):
        if not select.select([self._fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # the other end is closed
            data = b""
        self.seen += ESCAPES.sub("", data.decode(errors="replace"))
        return data != b""

    def expect(self, text):
        """Waits until the text has come after what was expected before."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.seen:
            if time.monotonic() > deadline:
                raise AssertionError(f"never came: {text!r}; there was {self.seen!r}")
            if not self._receive(0.1) and self._process.poll() is not None and text not in self.seen:
                raise AssertionError(f"ended before {text!r}; there was {self.seen!r}")
        at = self.seen.index(text) + len(text)
        before, self.seen = self.seen[: at - len(text)], self.seen[at:]
        return before

    def type(self, text):
        os.write(self._fd, text.encode())

    def enter(self, text):
        """Types a line at the prompt, and waits for the next prompt; what came in between."""
        self.type(text + "\r")
        self.expect("\n")
        return self.expect("\n> ") if text else self.expect("> ")

    def status(self, meanwhile=""):
        """The exit status, once it has ended; until then something may be typed again and again."""
        deadline = time.monotonic() + PATIENCE
        while self._process.poll() is None and time.monotonic() < deadline:
            self._receive(0.1)
            self.type(meanwhile)
        return self._process.returncode

    def wait_until_busy(self):
        """Waits until it has computed for a while, whatever else the machine does."""
        ticks = Path("/proc", str(self._process.pid), "stat")
        begin = int(ticks.read_text().split()[13])
        deadline = time.monotonic() + PATIENCE
        while int(ticks.read_text().split()[13]) < begin + 20 and time.monotonic() < deadline:
            time.sleep(0.02)


class Case(unittest.TestCase):
    missing = False  # libedit

    def setUp(self):
        self.home = self.enterContext(tempfile.TemporaryDirectory())

    def console(self, *arguments, **environment):
        if self.missing:
            # What the loader finds first is no library.
            Path(self.home, "libedit.so.2").write_bytes(b"")
            environment["LD_LIBRARY_PATH"] = self.home
        console = self.enterContext(Console(self.home, *arguments, **environment))
        console.expect("> ")
        return console

    def history(self):
        return Path(self.home, ".local/state/lualambda/history")


class Entries:
    """What works with libedit and without."""

    def test_values_are_printed(self):
        console = self.console()
        self.assertEqual("2", console.enter("1 + 1").strip())
        self.assertEqual('{ a = { 1, "two" } }', console.enter('= { a = { 1, "two" } }').strip())
        self.assertEqual("1\r\nnil", console.enter("1, nil").strip())
        console.type("x = 5\r")
        console.expect("> ")
        self.assertEqual("10", console.enter("x * 2").strip())

    def test_an_entry_of_several_lines_goes_on(self):
        console = self.console()
        console.type("for i = 1, 2 do\r")
        console.expect("\n>> ")
        console.type("print('line ' .. i)\r")
        console.expect("\n>> ")
        self.assertEqual("line 1\r\nline 2", console.enter("end").strip())

    def test_errors_are_shown_with_their_text_and_the_next_entry_runs(self):
        console = self.console()
        self.assertEqual("repl:1: of purpose", console.enter("do error 'of purpose' end").strip())
        self.assertIn("unexpected symbol near ')'", console.enter("x = )"))
        self.assertIn("A: b", console.enter("error(require('aws.error').new { code = 'A', message = 'b' })"))
        self.assertEqual("2", console.enter("1 + 1").strip())

    def test_ctrl_c_stops_an_entry_that_spins_and_one_that_waits(self):
        console = self.console()
        for entry in (
            "print 'begun' while true do end",
            "print 'begun' while true do pcall(function() while true do end end) end",
            "print 'begun' task.sleep(100000)",
            "print 'begun' string.gsub('x', 'x', function() task.sleep(100000) end)",
        ):
            with self.subTest(entry):
                console.type(entry + "\r")
                console.expect("\nbegun")
                console.type(CTRL_C)
                console.expect("interrupted\r\n> ")
                self.assertEqual("2", console.enter("1 + 1").strip())

    def test_ctrl_c_drops_what_is_typed(self):
        console = self.console()
        console.type("for i = 1, 2 do\r")
        console.expect(">> ")
        console.type("abc")
        console.expect("abc")
        console.type(CTRL_C)
        console.expect("\n> ")
        self.assertEqual("2", console.enter("1 + 1").strip())

    def test_tasks_go_on_while_the_prompt_waits(self):
        console = self.console()
        console.type("t = task.spawn(function() task.sleep(0.1) print('from ' .. 'behind') return 7 end)\r")
        console.expect("from behind")
        self.assertIn("true\r\n7", console.enter("t:join()"))

    def test_a_task_that_fails_is_told(self):
        console = self.console()
        console.type("t = task.spawn(function() error 'alone' end)\r")
        console.expect("a task has failed:\r\nrepl:1: alone")

    def test_ctrl_d_ends_it(self):
        console = self.console()
        console.type(CTRL_D)
        self.assertEqual(0, console.status())

    def test_modules_of_a_folder_are_found(self):
        Path(self.home, "tool.lua").write_text("return { answer = 42 }\n")
        console = self.console(self.home)
        self.assertEqual("42", console.enter("require('tool').answer").strip())


class WithLibedit(Entries, Case):
    def test_tab_completes(self):
        console = self.console()
        for typed, shown in (
            ("tostri", "tostring"),
            ("string.form", "string.format"),
            ("aws.client('dynamodbs", "aws.client('dynamodbstreams"),
            ("aws.client('sts'):get_caller", "aws.client('sts'):get_caller_identity"),
        ):
            with self.subTest(typed):
                console.type(typed)
                console.expect(typed)
                console.type(TAB)
                console.expect(shown[len(typed) :])
                console.type(CTRL_C)
                console.expect("\n> ")

    def test_an_entry_completed_by_tab_is_what_runs(self):
        console = self.console()
        console.type("math.ma" + TAB)
        console.expect("x")
        self.assertEqual("9", console.enter("(3, 9)").strip())

    def test_history_is_there_again_and_its_owners_alone(self):
        console = self.console()
        console.enter("40 + 2")
        console.enter(" 'a secret after a space'")
        console.type(CTRL_D)
        self.assertEqual(0, console.status())
        self.assertEqual("40 + 2\n", self.history().read_text())
        self.assertEqual(0o600, stat.S_IMODE(self.history().stat().st_mode))
        console = self.console()
        console.type(UP)
        console.expect("40 + 2")
        self.assertEqual("42", console.enter("").strip())

    def test_a_line_can_be_edited(self):
        console = self.console()
        console.type("+ 1" + CTRL_A + "41")
        self.assertEqual("42", console.enter(" ").strip().splitlines()[-1])

    def test_calls_of_aws_wait_and_others_run(self):
        aws = self.enterContext(LocalAws())
        console = self.console(**aws.environment())
        console.type("sts = aws.client 'sts'\r")
        console.expect("> ")
        self.assertIn('Account = "123456789012"', console.enter("sts:get_caller_identity()"))
        console.type("t = task.spawn(function() print((sts:get_caller_identity()).Arn) end)\r")
        console.expect("arn:aws:")

    def test_what_aws_refuses_is_printed_as_the_value_that_it_is(self):
        console = self.console()
        self.assertIn("nil\r\nsts GetCallerIdentity: NoRegion: ", console.enter("aws.client('sts'):get_caller_identity()"))


class WithoutLibedit(Entries, Case):
    missing = True

    def test_one_line_says_what_to_install(self):
        Path(self.home, "libedit.so.2").write_bytes(b"")
        console = self.enterContext(Console(self.home, LD_LIBRARY_PATH=self.home))
        said = console.expect("> ")
        self.assertEqual(1, len(said.splitlines()))
        self.assertIn("apt-get install libedit2", said)
        self.assertFalse(self.history().exists())


class Piped(Case):
    def run_with(self, text):
        return subprocess.run(
            [*EMULATOR, BOOTSTRAP, "repl"], input=text, capture_output=True, text=True, timeout=PATIENCE, env={"HOME": self.home}
        )

    def test_input_that_is_no_terminal_has_no_prompts(self):
        process = self.run_with("x = 20\nfor i = 1, 2 do\n  x = x + i\nend\nx\n= x + 1")
        self.assertEqual((0, "23\n24\n", ""), (process.returncode, process.stdout, process.stderr))

    def test_the_end_of_input_ends_it(self):
        self.assertEqual((0, ""), (self.run_with("").returncode, self.run_with("for i = 1, 2 do").stdout))


class Interrupted(Case):
    def test_a_second_ctrl_c_ends_what_cannot_be_stopped(self):
        console = self.console()
        console.type("print 'begun' string.find(('a'):rep(60), ('a?'):rep(60) .. ('a'):rep(60) .. 'b')\r")
        console.expect("\nbegun")
        console.wait_until_busy()
        console.type(CTRL_C)
        self.assertEqual(-signal.SIGINT, console.status(meanwhile=CTRL_C))


if __name__ == "__main__":
    tap.main()
