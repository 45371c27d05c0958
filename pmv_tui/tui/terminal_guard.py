"""Keeps the terminal for the TUI alone, from before it is imported until it has ended."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pmv_tui.printed import Printed, diverted

_NAMES_OF_NOTHING = {"", "dumb", "unknown"}
"""Values of TERM that stand for a terminal whose cursor cannot be placed, or for none."""


def refusal() -> str:
    """Say why the TUI cannot be shown on this terminal, and what to do; empty where it can."""
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        return "the TUI needs a terminal; pmv-tui serve and pmv-tui status run without one"
    term = os.environ.get("TERM", "")
    if term in _NAMES_OF_NOTHING:
        return (
            f"TERM={term}: such a terminal has no place for the TUI. If it can do more, name it: "
            "TERM=xterm-256color pmv-tui; else pmv-tui status, plug and so on steer the engine"
        )
    return ""


@contextmanager
def guarded_terminal(path: Path) -> Iterator[Printed]:
    """Let only Python's own streams reach the terminal; the rest of the process prints to a file.

    Textual draws through `sys.__stderr__`, and libraries print to descriptors 1 and 2.

    Parameters
    ----------
    path : of the file. Where several TUIs share it, each reads what all of them print.
    """
    streams = sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__
    with diverted(path, from_start=False) as away:
        sys.stdout = sys.__stdout__ = away.stdout  # type: ignore[misc]  # as Textual draws there
        sys.stderr = sys.__stderr__ = away.stderr  # type: ignore[misc]
        try:
            yield away.printed
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            sys.stdout, sys.stderr = streams[:2]
            sys.__stdout__, sys.__stderr__ = streams[2:]  # type: ignore[misc]
