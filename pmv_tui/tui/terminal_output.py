"""Writes to a terminal that may be slow, stalled or gone; whoever draws never waits for it."""

import os
import select
import threading
from collections import deque
from collections.abc import Callable

MAX_WAITING = 64 * 1024
"""Bytes that may wait for the terminal before it counts as behind: a full screen or two. Then
nothing more is worth sending until it has caught up, and the screen is painted anew."""

CHUNK = 4096
"""Bytes a write: as much as a terminal takes at once."""

PATIENCE = 2.0
"""Seconds that a terminal is given to take the last of what was written."""


class TerminalOutput:
    """A thread that writes, so that only it waits.

    Parameters
    ----------
    descriptor : of the terminal.
    keyboard : descriptor of where its keys are read.
    caught_up : called, in the thread, when a terminal that was behind reads again: something was
        left out, and all is to be painted anew.
    gone : called once, in the thread, when the terminal is closed.
    """

    def __init__(
        self,
        descriptor: int,
        keyboard: int,
        caught_up: Callable[[], object],
        gone: Callable[[], object],
    ) -> None:
        self._descriptor = descriptor
        self._keyboard = keyboard
        self._caught_up = caught_up
        self._gone = gone
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._behind = self._closing = False
        self._lock = threading.Lock()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name="terminal-output", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        """Have a text written, unless the terminal is behind; returns at once."""
        data = text.encode(errors="replace")
        with self._lock:
            self._behind = self._behind or self._size > MAX_WAITING
            if self._behind:
                return
            self._waiting.append(data)
            self._size += len(data)
        os.eventfd_write(self._wake, 1)

    def forget(self) -> None:
        """Leave out what still waits for a terminal that is behind; what follows is written."""
        with self._lock:
            if self._behind:
                self._waiting.clear()
                self._size = 0
                self._behind = False

    def close(self) -> None:
        """Write what waits, then end the thread; one that the terminal holds up is left behind."""
        self._closing = True
        os.eventfd_write(self._wake, 1)
        self._thread.join(PATIENCE)
        if not self._thread.is_alive():
            os.close(self._wake)

    def _run(self) -> None:
        """Write until closed; nothing is asked for while nothing is to be done."""
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        poll.register(self._keyboard, 0)  # Its end alone.
        while not (self._closing and not self._waiting):
            poll.register(self._descriptor, select.POLLOUT if self._waiting else 0)
            happened = dict(poll.poll())
            if self._wake in happened:
                os.eventfd_read(self._wake)
            state = happened.get(self._descriptor, 0)
            gone = self._keyboard in happened or bool(state & ~select.POLLOUT)
            if gone or (state and not self._write_some()):
                if not self._closing:
                    self._gone()
                return

    def _write_some(self) -> bool:
        """Write a part of what waits; False where the terminal is gone."""
        with self._lock:
            data = self._waiting.popleft() if self._waiting else b""
            self._size -= len(data)
        for start in range(0, len(data), CHUNK):
            try:
                _write_all(self._descriptor, data[start : start + CHUNK])
            except OSError:
                return False
        with self._lock:
            back = self._behind and not self._waiting
            self._behind = self._behind and not back
        if back:
            self._caught_up()
        return True


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
