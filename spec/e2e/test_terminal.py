"""Colours: for a terminal, unless NO_COLOR is set and not empty; the same in Lua and in Python."""

import os
import pty
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import tap
from local_lambda import EMULATOR
from project import BOOTSTRAP, ROOT

PAINTED = "\033[31mword\033[0m"
LUA = 'io.write(require("host.terminal").has_colours(1) and "\\27[31mword\\27[0m" or "word")'
PYTHON = 'print(__import__("colours").paint("word", 31), end="")'


class Colours(unittest.TestCase):
    def setUp(self):
        script = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="lualambda-")), "script.lua")
        script.write_text(LUA)
        self.programs = ([*EMULATOR, BOOTSTRAP, "run", script], [sys.executable, "-c", PYTHON])

    def shown(self, program, setting, stdout):
        plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        subprocess.run(program, env={**plain, **setting, "PYTHONPATH": str(ROOT / "scripts/lib")}, stdout=stdout, check=True)

    def on_a_terminal(self, program, setting):
        inner, outer = pty.openpty()
        self.shown(program, setting, outer)
        os.close(outer)
        with os.fdopen(inner, "rb") as screen:
            return os.read(screen.fileno(), 100).decode()

    def test_are_for_a_terminal(self):
        for program in self.programs:
            for setting, expected in (({}, PAINTED), ({"NO_COLOR": ""}, PAINTED), ({"NO_COLOR": "1"}, "word")):
                self.assertEqual(expected, self.on_a_terminal(program, setting), (program, setting))

    def test_are_not_for_a_file(self):
        for program in self.programs:
            with tempfile.TemporaryFile() as file:
                self.shown(program, {}, file)
                file.seek(0)
                self.assertEqual(b"word", file.read())


if __name__ == "__main__":
    tap.main()
