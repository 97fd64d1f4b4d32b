"""Colours of what a script prints, where a person sees it."""

import os
import sys


def paint(text, colour):
    """By the same rule as host/lib/host/terminal.lua."""
    if colour is None or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{colour}m{text}\033[0m"
