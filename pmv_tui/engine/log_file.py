"""The engine's log file, which says in words when it cannot be written."""

import logging
import sys
from contextlib import suppress
from logging.handlers import QueueListener, RotatingFileHandler
from pathlib import Path

from pmv_tui.engine.lasting import LastingThread

BYTES = 1_000_000
FILES = 5


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
    trouble : why the last record could not be written; empty where it could.

    Raises
    ------
    OSError : the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=BYTES, backupCount=FILES, encoding="utf-8")
        self.trouble = ""
        self._failed = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        self._failed = False
        super().emit(record)
        if not self._failed:
            self.trouble = ""

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
        self.trouble = f"{self.baseFilename} cannot be written: {error.strerror}"
