"""The TUI, or another program, in a pseudo-terminal that is read as fast as it is written."""

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pexpect
import psutil

from benchmarks.rig import PATIENCE, Rig

COLUMNS, ROWS = 120, 30

HALF_BLOCK = "▀"
"""What pictures in a terminal are made of."""


class Terminal:
    """A program at work, its output read by a thread and counted.

    Parameters
    ----------
    command : the program and its arguments.
    environment : its own.
    columns, rows : of the terminal.

    Attributes
    ----------
    received : bytes that it wrote so far.
    process : the program's.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], columns: int, rows: int
    ) -> None:
        self.received = 0
        self._begin = time.monotonic()
        self._output = b""
        self._arrived = threading.Condition()
        program, *arguments = command
        self._child: pexpect.spawn[bytes] = pexpect.spawn(
            program, arguments, env=dict(environment), dimensions=(rows, columns)
        )
        self.process = psutil.Process(self._child.pid)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def shows(self, text: str) -> float:
        """Wait until it has written a text; give the seconds since its command was given."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: text.encode() in self._output, PATIENCE):
                raise TimeoutError(f"the TUI did not show {text!r}")
        return time.monotonic() - self._begin

    def press(self, keys: str) -> None:
        """Type."""
        self._child.send(keys)

    def close(self) -> None:
        """End it; a TUI detaches, and the engine goes on."""
        self.process.terminate()
        self._reader.join()
        self._child.close()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._child.fileno(), 65536)
            except OSError:
                return  # the terminal's other side is closed
            with self._arrived:
                self.received += len(data)
                # What is looked for is shown in the beginning.
                self._output = (self._output + data)[:1_000_000]
                self._arrived.notify_all()


@contextmanager
def showing(
    command: Sequence[str], environment: Mapping[str, str], columns: int, rows: int
) -> Iterator[Terminal]:
    """Run a program in a terminal for the length of a block."""
    terminal = Terminal(command, environment, columns, rows)
    try:
        yield terminal
    finally:
        terminal.close()


@contextmanager
def attached(rig: Rig, columns: int = COLUMNS, rows: int = ROWS) -> Iterator[Terminal]:
    """Attach a TUI to a rig for the length of a block."""
    environment = {**rig.environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with showing(rig.command(), environment, columns, rows) as terminal:
        yield terminal


def settle(terminal: Terminal) -> None:
    """Wait until a TUI shows its rig, and has done what it does once in the beginning."""
    terminal.shows("plugged")
    time.sleep(1.0)
