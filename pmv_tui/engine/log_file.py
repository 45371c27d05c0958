"""The engine's log file, which says in words when it cannot be written."""

import copy
import errno
import logging
import os
import sys
import time
from contextlib import suppress
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path

from pmv_tui.engine.lasting import LastingThread

PATIENCE = 3.0
"""Seconds after which a write that has not ended is told."""

BYTES = 1_000_000
FILES = 5


class LogQueue(QueueHandler):
    """Hands records to the log's thread, a traceback as lines of their own."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Make texts of what may change before the record is written."""
        # QueueHandler's own makes one text of both, of which the log would make one line.
        record = copy.copy(record)
        record.msg, record.args = record.getMessage(), None
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        return record


class LogListener(QueueListener):
    """Hands records to the log's handlers, in a thread that no record can end."""

    def start(self) -> None:
        """Start the thread."""
        self._thread = LastingThread("log", self._monitor)  # type: ignore[attr-defined]
        self._thread.start()


class LogFile(RotatingFileHandler):
    """Writes the log; what a full disk refuses is left out, and the engine goes on.

    Used by the log's thread; `trouble` may be read by any.

    Parameters
    ----------
    path : older files stand beside it, with .1 and so on behind its name.

    Attributes
    ----------
    hangs : whether the thread was left behind in a write that did not end.

    Raises
    ------
    OSError : the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=BYTES, backupCount=FILES, encoding="utf-8")
        self._trouble = ""
        self._failed = False
        self._writing_since: float | None = None
        self.hangs = False

    @property
    def trouble(self) -> str:
        """Why the log cannot be written; empty where it can."""
        since = self._writing_since
        if since is not None and time.monotonic() - since > PATIENCE:
            return (
                f"{self.baseFilename} is not written, its disk does not answer; see that it is "
                "mounted and its server runs"
            )
        return self._trouble

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        self._failed = False
        self._writing_since = time.monotonic()
        self._leave_what_is_gone()
        super().emit(record)
        self._writing_since = None
        if not self._failed:
            self._trouble = ""

    def _leave_what_is_gone(self) -> None:
        """Let go of a file that was removed or moved away: the next record begins another."""
        if self.stream is None:
            return
        try:
            there = os.path.samestat(os.fstat(self.stream.fileno()), os.stat(self.baseFilename))  # noqa: PTH116
        except OSError:
            there = False
        if not there:
            with suppress(OSError):
                self.stream.close()
            self.stream = None  # then the handler opens it

    def close(self) -> None:
        """Close the file; what could not be written is given up."""
        with suppress(OSError):
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Keep why a record could not be written, in place of a traceback for each."""
        error = sys.exception()
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        self._failed = True
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        remedy = "make room" if full else "see that it is there and this user may write to it"
        self._trouble = f"{self.baseFilename} cannot be written: {error.strerror}; {remedy}"
