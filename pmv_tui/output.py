"""Where a process's descriptors 0, 1 and 2 lead, and what libraries print there.

SDKs, Qt and the C library print to these descriptors themselves, whatever Python's `sys.stdout` is:
in the TUI that would smear the screen, in the engine nobody would read it.
"""

import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from pmv_tui.untrusted import TokenBucket, printable

STREAMS = ("stdin", "stdout", "stderr")
"""By descriptor: 0, 1 and 2."""


def make_usable() -> None:
    """Open descriptors 0 to 2 where they are closed, and let Python's streams take any text.

    A closed one leads to /dev/null from here on. Otherwise the next file or socket that is opened
    would get its number, and with it whatever libraries print.
    """
    for descriptor, name in enumerate(STREAMS):
        try:
            os.fstat(descriptor)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != descriptor:
                os.dup2(nowhere, descriptor)
                os.close(nowhere)
            os.set_inheritable(descriptor, True)
        if getattr(sys, name) is None:
            mode = "w" if descriptor else "r"
            stream = os.fdopen(descriptor, mode, errors="backslashreplace", closefd=False)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
    if isinstance(sys.stdout, TextIOWrapper):  # a locale of few letters is no reason to fail
        sys.stdout.reconfigure(errors="replace")


def drop_unwritten() -> None:
    """Drop what cannot be written: the interpreter would try once more, and end with code 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)


BURST = 20
"""Lines reported at once, and ..."""

REFILL = 5.0
"""... seconds for each line after that: a library that prints for every frame must not bury what
else happened. How many were left out is reported."""

MAX_LENGTH = 400
"""Characters reported of a line."""

MAX_BYTES = 1_000_000
"""Of the file, above which what was read of it is dropped: it must not fill the disk."""

_READ_BYTES = 64 * 1024
_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


class LineBudget:
    """Lets so many lines through that they can still be read.

    Parameters
    ----------
    rest : says where the lines are that were left out.
    """

    def __init__(self, rest: str) -> None:
        self._rest = rest
        self._bucket = TokenBucket(BURST, REFILL)
        self._left_out = 0

    def pick(self, raw: Iterable[bytes]) -> list[str]:
        """Return the lines that may be reported now, fit to be shown; empty ones are dropped."""
        now = time.monotonic()
        lines = [line for each in raw if (line := fit_to_show(each))]
        notes = []
        if self._left_out and self._bucket.take(now):
            notes = [f"{self._left_out} more lines: {self._rest}"]
            self._left_out = 0
        picked = list(takewhile(lambda _: self._bucket.take(now), lines))
        self._left_out += len(lines) - len(picked)
        return notes + picked


class Printed:
    """Reads what is added to a file, line by line; never waits.

    Parameters
    ----------
    path : a file that exists.
    from_start : whether what it holds already is reported too.
    """

    def __init__(self, path: Path, *, from_start: bool) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._offset = 0 if from_start else os.fstat(self._descriptor).st_size
        self._begun = b""
        self._budget = LineBudget(f"see {path}")

    def new_lines(self) -> list[str]:
        """Return the lines that were added since the last look, fit to be shown.

        A line without an end is held back for one look.
        """
        data = self._read()
        *whole, rest = (self._begun + data).splitlines(keepends=True) or [b""]
        ended = rest.endswith((b"\n", b"\r")) or not data or len(rest) > _READ_BYTES
        self._begun = b"" if ended else rest
        return self._budget.pick([*whole, rest if ended else b""])

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _read(self) -> bytes:
        size = os.fstat(self._descriptor).st_size
        if size < self._offset:  # Somebody else who reads the file has emptied it.
            self._offset = 0
        # Of a flood only the end is worth reading.
        self._offset = max(self._offset, size - _READ_BYTES)
        data = os.pread(self._descriptor, _READ_BYTES, self._offset)
        self._offset += len(data)
        if self._offset > MAX_BYTES:
            os.ftruncate(self._descriptor, 0)
            self._offset = 0
        return data


def fit_to_show(raw: bytes) -> str:
    """Make one line of printable characters, of `MAX_LENGTH` at most, of what was printed."""
    text = _COLOURS.sub("", raw.decode(errors="replace"))
    text = printable(text, " ").strip()
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]} …"


class Diverted(NamedTuple):
    """What `diverted` hands over.

    Parameters
    ----------
    printed : reads what is printed.
    stdout, stderr : where descriptors 1 and 2 led before.
    """

    printed: Printed
    stdout: TextIOWrapper
    stderr: TextIOWrapper


def leads_to(descriptor: int, path: Path) -> bool:
    """Return whether a descriptor leads to a file."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


@contextmanager
def diverted(path: Path, *, from_start: bool) -> Iterator[Diverted]:
    """Let descriptors 1 and 2 lead to a file; at the block's end they lead where they did.

    Parameters
    ----------
    path : is made where it does not exist, mode 0600; what is printed is added to it.
    from_start : whether what it holds already is read too.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    before = [os.fdopen(os.dup(fd), "w", buffering=1, errors="replace") for fd in (1, 2)]
    printed = Printed(path, from_start=from_start)
    for descriptor in (1, 2):
        os.dup2(file, descriptor)
    os.close(file)
    try:
        yield Diverted(printed, *before)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, stream in zip((1, 2), before, strict=True):
            os.dup2(stream.fileno(), descriptor)
            stream.close()
        printed.close()


NO_TERMINAL = {"", "dumb", "unknown"}
"""Values of TERM that stand for a terminal whose cursor cannot be placed, or for none."""


def refusal() -> str:
    """Return why the TUI cannot be shown on this terminal, and what to do; empty where it can."""
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        return "the TUI needs a terminal; pmv-tui serve and pmv-tui status run without one"
    term = os.environ.get("TERM", "")
    if term in NO_TERMINAL:
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
