"""The log on the terminal of `serve`, or wherever its stderr leads: perhaps nobody reads there."""

import logging
import os
from contextlib import suppress
from queue import Full, Queue

from pmv_tui.engine.lasting import LastingThread

KEPT = 1000
"""Lines that wait for a reader; what comes then is left out."""

END_TIMEOUT = 1.0
"""Seconds that the last lines are given to be read."""


class TerminalLog(logging.Handler):
    """Writes records by a thread of its own: a terminal that was stopped with ctrl+s, or a pager
    that nobody scrolls, holds up neither the log file nor the engine's end.

    Parameters
    ----------
    descriptor : where to write.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._lines: Queue[str | None] = Queue(KEPT)
        self._left_out = 0
        # It writes to the descriptor: a file object's lock, held by a thread that hangs, would make
        # Python abort at its end.
        self._thread = LastingThread("terminal", self._run)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Have a record written; never waits."""
        try:
            self._lines.put_nowait(self.format(record))
        except Full:
            self._left_out += 1

    def close(self) -> None:
        """End the thread, or leave it behind where nobody reads."""
        with suppress(Full):
            self._lines.put_nowait(None)
            self._thread.join(END_TIMEOUT)
        super().close()

    def _run(self) -> None:
        told = 0
        try:
            while (line := self._lines.get()) is not None:
                self._write(line)
                left_out = self._left_out
                if left_out > told and self._lines.empty():
                    self._write(
                        f"({left_out - told} lines left out, as nobody read; the log has them)"
                    )
                    told = left_out
        except OSError:
            # The reader is gone, and nobody else is there to be told; the log file has it all.
            return

    def _write(self, line: str) -> None:
        data = f"{line}\n".encode(errors="replace")
        while data:
            data = data[os.write(self._descriptor, data) :]
